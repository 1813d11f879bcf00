/**
 * The messages between the threads. Lists are flat and contain only texts and numbers, because a structured clone of objects costs
 * several times as much; bodies cross as their stored texts.
 */
import { type CommitResult, type Manifest, type Recovery, type Reference, StoreFault } from '@userpoint/core/repository'
import type { CheckSource } from '../check.ts'
import type { TextDocument, TextWrite } from '../documents.ts'

type Cell = string | number | null
export type Cells = ReadonlyArray<Cell>

/** A call. Each is answered by one reply, in order. */
export type Call =
  | { readonly _tag: 'Open' }
  | { readonly _tag: 'Load'; readonly references: Cells }
  | { readonly _tag: 'Commit'; readonly writes: Cells }
  | { readonly _tag: 'Page'; readonly kind: string; readonly after: string; readonly size: number }
  | { readonly _tag: 'Purge' }
  | { readonly _tag: 'Damages' }
  | { readonly _tag: 'Held'; readonly after: number; readonly size: number }
  | { readonly _tag: 'Strays'; readonly from: number; readonly size: number }
  | { readonly _tag: 'Close' }

/** Documents, and for each reference the place of its document, or -1. */
export interface Loaded {
  readonly documents: Cells
  readonly places: ReadonlyArray<number>
}

/** The result of each call. */
export interface Answers {
  readonly Open: Manifest
  readonly Load: Loaded
  readonly Commit: CommitResult
  readonly Page: Cells
  readonly Purge: undefined
  readonly Damages: ReturnType<CheckSource['damages']>
  readonly Held: ReturnType<CheckSource['held']>
  readonly Strays: ReturnType<CheckSource['strays']>
  readonly Close: undefined
}

export type Reply =
  | { readonly _tag: 'Answer'; readonly answer: Answers[keyof Answers] }
  | { readonly _tag: 'Failed'; readonly error: SentError }

/** An error as a message: neither its class nor a driver's own fields cross. */
export interface SentError {
  readonly name: string
  readonly message: string
  readonly applied: false | undefined
  readonly recovery: Recovery | undefined
  readonly code: string | undefined
  readonly errcode: number | undefined
  readonly cause: SentError | undefined
}

/** References as a list: a claim, or a null, a kind and an id. */
export const packReferences = (references: ReadonlyArray<Reference>): Cells => {
  const cells: Cell[] = []
  for (const reference of references) {
    if (reference._tag === 'ByClaim') cells.push(reference.claim)
    else cells.push(null, reference.kind, reference.id)
  }
  return cells
}

export const unpackReferences = (cells: Cells): ReadonlyArray<Reference> => {
  const references: Reference[] = []
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at] as string | null
    if (cell === null) references.push({ _tag: 'ById', kind: cells[++at] as string, id: cells[++at] as string })
    else references.push({ _tag: 'ByClaim', claim: cell })
  }
  return references
}

export const packWrites = (writes: Iterable<TextWrite>): Cells => {
  const cells: Cell[] = []
  for (const { kind, id, expected, body, claim, release } of writes) {
    cells.push(kind, id, expected, body ?? null, claim.length, release.length)
    for (const text of claim) cells.push(text)
    for (const text of release) cells.push(text)
  }
  return cells
}

export const unpackWrites = (cells: Cells): ReadonlyArray<TextWrite> => {
  const writes: TextWrite[] = []
  for (let at = 0; at < cells.length; ) {
    const claims = at + 6
    const releases = claims + (cells[at + 4] as number)
    const end = releases + (cells[at + 5] as number)
    writes.push({
      kind: cells[at] as string,
      id: cells[at + 1] as string,
      expected: cells[at + 2] as number,
      body: (cells[at + 3] as string | null) ?? undefined,
      claim: cells.slice(claims, releases) as ReadonlyArray<string>,
      release: cells.slice(releases, end) as ReadonlyArray<string>
    })
    at = end
  }
  return writes
}

export const packDocuments = (documents: Iterable<TextDocument>): Cells => {
  const cells: Cell[] = []
  for (const { kind, id, version, body } of documents) cells.push(kind, id, version, body)
  return cells
}

export const unpackDocuments = (cells: Cells): ReadonlyArray<TextDocument> => {
  const documents: TextDocument[] = []
  for (let at = 0; at < cells.length; at += 4) {
    documents.push({
      kind: cells[at] as string,
      id: cells[at + 1] as string,
      version: cells[at + 2] as number,
      body: cells[at + 3] as string
    })
  }
  return documents
}

export const packLoaded = (found: ReadonlyArray<TextDocument | undefined>): Loaded => {
  const placed = new Map<TextDocument, number>()
  const places = found.map((document) => {
    if (document === undefined) return -1
    const known = placed.get(document)
    if (known !== undefined) return known
    placed.set(document, placed.size)
    return placed.size - 1
  })
  return { documents: packDocuments(placed.keys()), places }
}

export const unpackLoaded = ({ documents, places }: Loaded): ReadonlyArray<TextDocument | undefined> => {
  const unpacked = unpackDocuments(documents)
  return places.map((place) => unpacked[place])
}

type Fields = { readonly [Name in keyof SentError]?: unknown }

const textOr = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)

export const packError = (error: unknown): SentError => {
  const { name, message, applied, recovery, code, errcode, cause } = Object(error) as Fields
  return {
    name: textOr(name, 'Error'),
    message: textOr(message, ''),
    applied: applied === false ? false : undefined,
    recovery: typeof recovery === 'string' ? (recovery as Recovery) : undefined,
    code: typeof code === 'string' ? code : undefined,
    errcode: typeof errcode === 'number' ? errcode : undefined,
    cause: cause === undefined ? undefined : packError(cause)
  }
}

/** Rebuilds the error that was thrown: a fault is a fault again, and a driver's error has its code. */
export const unpackError = ({ name, message, applied, recovery, code, errcode, cause }: SentError): Error => {
  const inner = cause && { cause: unpackError(cause) }
  if (name === 'StoreFault') {
    return new StoreFault(message, {
      ...inner,
      code,
      ...(applied === false && { applied }),
      ...(recovery !== undefined && { recovery })
    })
  }
  const error = name === 'RangeError' ? new RangeError(message, inner) : new Error(message, inner)
  return Object.assign(error, { name }, code !== undefined && { code }, errcode !== undefined && { errcode })
}
