/**
 * A small correct store, in parts that can be broken one at a time. It is durable, concurrent in (simulated) processes
 * and can be dumped, so that every requirement applies to it: its disk outlives its handles, and keeps what was
 * overwritten until a purge.
 */
import type { Harness } from '@userpoint/conformance'
import {
  type ClaimsOf,
  type Flaw,
  type JsonObject,
  type Kind,
  type Reference,
  type Repository,
  type Stored,
  StoreFault,
  type Write
} from '@userpoint/core/repository'
import { type Disk, emptyDisk, type Row } from './disk.ts'
import { overLine, SimulatedLine } from './simulated-line.ts'
import { simulateProcess } from './simulated-process.ts'

export { type Disk, emptyDisk } from './disk.ts'

/** The functions that a broken store may replace. */
export interface Parts {
  readonly documentKey: (kind: Kind, id: string) => string
  readonly claimKey: (claim: string) => string
  readonly encode: (body: JsonObject) => string
  readonly decode: (text: string) => JsonObject
  readonly versionHolds: (found: number, expected: number) => boolean
  readonly versionAfter: (write: Write, before: Row | undefined) => number
  readonly isFree: (holder: string | undefined) => boolean
  readonly isOfKind: (kind: Kind, wanted: Kind) => boolean
  readonly order: (a: string, b: string) => number
  readonly comesAfter: (id: string, after: string) => boolean
}

export const correctParts: Parts = {
  documentKey: (kind, id) => `${kind} ${id}`,
  claimKey: (claim) => claim,
  encode: (body) => JSON.stringify(body),
  decode: (text) => JSON.parse(text) as JsonObject,
  versionHolds: (found, expected) => found === expected,
  versionAfter: (write) => write.expected + 1,
  isFree: (holder) => holder === undefined,
  isOfKind: (kind, wanted) => kind === wanted,
  order: (a, b) => (a < b ? -1 : 1),
  comesAfter: (id, after) => id > after
}

export const wouldLand = (disk: Disk, parts: Parts, writes: ReadonlyArray<Write>): boolean => {
  const freed = new Set(writes.flatMap(({ release }) => release.map(parts.claimKey)))
  const holder = (key: string): string | undefined => (freed.has(key) ? undefined : disk.claims.get(key))
  return writes.every(
    ({ kind, id, expected, claim }) =>
      parts.versionHolds(disk.rows.get(parts.documentKey(kind, id))?.version ?? 0, expected) &&
      claim.every((text) => parts.isFree(holder(parts.claimKey(text))))
  )
}

export const apply = (disk: Disk, parts: Parts, writes: ReadonlyArray<Write>): void => {
  for (const { release } of writes) {
    for (const claim of release) {
      disk.claims.delete(parts.claimKey(claim))
      disk.residue.push(claim)
    }
  }
  for (const write of writes) {
    const key = parts.documentKey(write.kind, write.id)
    const before = disk.rows.get(key)
    if (before !== undefined) disk.residue.push(before.text)
    if (write.body === undefined) disk.rows.delete(key)
    else {
      const { kind, id, body } = write
      disk.rows.set(key, { kind, id, version: parts.versionAfter(write, before), text: parts.encode(body) })
    }
    for (const claim of write.claim) disk.claims.set(parts.claimKey(claim), key)
  }
}

const read = (disk: Disk, parts: Parts, key: string | undefined): Stored | undefined => {
  const row = key === undefined ? undefined : disk.rows.get(key)
  return row && { kind: row.kind, id: row.id, version: row.version, body: parts.decode(row.text) }
}

export const find = (disk: Disk, parts: Parts, reference: Reference): Stored | undefined =>
  reference._tag === 'ById'
    ? read(disk, parts, parts.documentKey(reference.kind, reference.id))
    : read(disk, parts, disk.claims.get(parts.claimKey(reference.claim)))

/** The lock of another program, which keeps commits out. */
const foreignLock = 'another program'

/** Fails where another program has the lock, and where a body holds a refused text. */
const demandWelcome = (disk: Disk, writes: ReadonlyArray<Write>): void => {
  if (disk.locks.has(foreignLock)) throw new StoreFault('the lock is held', { applied: false, recovery: 'retry' })
  const texts = writes.map(({ body }) => JSON.stringify(body) ?? '')
  if ([...disk.refused].some((refused) => texts.some((text) => text.includes(refused)))) {
    throw new StoreFault('a constraint does not hold', { applied: false, recovery: 'none' })
  }
}

/** Yields what is wrong with a document whose claims are known. */
function* flawsOf({ kind, id }: Row, held: ReadonlySet<string>, wanted: ReadonlySet<string>): Generator<Flaw> {
  const missing = [...wanted].filter((claim) => !held.has(claim)).length
  const stray = [...held].filter((claim) => !wanted.has(claim)).length
  if (missing > 0) yield { _tag: 'MissingClaims', kind, id, count: missing }
  if (stray > 0) yield { _tag: 'StrayClaims', kind, id, count: stray }
}

function* check(disk: Disk, parts: Parts, claimsOf: ClaimsOf): Generator<Flaw> {
  const held = new Map([...disk.rows.keys()].map((key) => [key, new Set<string>()]))
  for (const [claim, key] of disk.claims) held.get(key)?.add(claim)
  for (const [key, row] of Array.from(disk.rows)) {
    const { kind, id, version } = row
    let claims: ReadonlyArray<string> | undefined
    try {
      claims = claimsOf({ kind, id, version, body: parts.decode(row.text) })
    } catch {
      yield { _tag: 'UnreadableDocument', kind, id }
    }
    if (claims === undefined) continue
    yield* flawsOf(row, held.get(key) ?? new Set(), new Set(claims.map(parts.claimKey)))
  }
}

/** A handle on a disk. */
export const createSmallRepository = (disk: Disk, parts: Parts = correctParts): Repository => ({
  manifest: { name: 'small', durable: true, concurrent: 'processes', overlapping: true },
  load: (references) => references.map((reference) => find(disk, parts, reference)),
  commit: (writes) => {
    demandWelcome(disk, writes)
    if (!wouldLand(disk, parts, writes)) return { _tag: 'Conflict' }
    apply(disk, parts, writes)
    return { _tag: 'Committed' }
  },
  *scan(kind, { after, limit = Number.POSITIVE_INFINITY } = {}) {
    const rows = [...disk.rows.entries()].filter(
      ([, row]) => parts.isOfKind(row.kind, kind) && (after === undefined || parts.comesAfter(row.id, after))
    )
    rows.sort(([, a], [, b]) => parts.order(a.id, b.id))
    let given = 0
    for (const [key] of rows) {
      const stored = read(disk, parts, key)
      if (stored === undefined) continue
      if (given === limit) return
      given += 1
      yield stored
    }
  },
  purge: () => {
    disk.residue.length = 0
  },
  check: (claimsOf) => check(disk, parts, claimsOf),
  close: () => {}
})

/** A store that breaks a law, and how. */
export interface BrokenStore {
  readonly name: string
  /** The requirement that must catch it. */
  readonly breaks: string
  readonly parts?: Partial<Parts>
  /** Wraps a correct handle; called for each handle on the disk. */
  readonly wrap?: (correct: Repository, disk: Disk) => Repository
  /** Returns a handle over a line. */
  readonly overLine?: (correct: Repository, line: SimulatedLine, disk: Disk) => Repository
  /** Returns the disk after closing and opening the store again. */
  readonly reopened?: (disk: Disk) => Disk
  readonly harness?: (harness: Harness) => Harness
}

const same = <A>(value: A): A => value

export const harnessOf = ({
  name,
  parts,
  wrap = same,
  overLine: connected = overLine,
  reopened = same,
  harness = same
}: Omit<BrokenStore, 'breaks'>): Harness =>
  harness({
    name,
    open: () => {
      let disk = emptyDisk()
      const handleOn = (seen: Disk) => wrap(createSmallRepository(seen, { ...correctParts, ...parts }), seen)
      const handle = () => handleOn(disk)
      return {
        repository: handle(),
        peer: handle,
        reopen: () => {
          disk = reopened(disk)
          return handle()
        },
        fork: () => simulateProcess(disk, handleOn),
        dump: () => {
          const all = JSON.stringify([[...disk.rows.values()], [...disk.claims], disk.residue])
          return [{ name: 'disk', bytes: new TextEncoder().encode(all) }]
        },
        refuse: (text) => void disk.refused.add(text),
        hinder: () => {
          disk.locks.add(foreignLock)
          return { repository: handle(), end: () => void disk.locks.delete(foreignLock) }
        },
        endpoint: () => {
          const line = new SimulatedLine()
          return { repository: connected(handle(), line, disk), line }
        },
        dispose: () => {}
      }
    }
  })
