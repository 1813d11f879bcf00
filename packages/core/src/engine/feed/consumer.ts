/** Consumers: each has a name, and a document that says how far it has read. */
import type { JsonObject, Kind, Repository, Stored, Write } from '../../repository/index.ts'
import { demandClaimKey } from '../transaction/claim-key.ts'
import type { Runtime } from '../transaction/runtime.ts'
import { lastOfWriter, placeAfterWriter, readEntries } from './entries.ts'
import { FeedFault } from './feed-fault.ts'
import { type Mark, type Marks, readState, stateWrite, youngMarks } from './feed-state.ts'
import { type Cursor, cursorBehind, type Place } from './place.ts'

/** The kind of the documents that hold consumers. */
export const consumerKind: Kind = 'change_consumer'

/** The text that leads to a consumer. Its document has an id of its own, because a deleted id is not used again. */
export const claimOfConsumer = (name: string): string => `change_consumer:${name}`

/** A consumer as it is stored. */
export interface StoredConsumer extends Cursor {
  readonly name: string
  /** The reader that continues it. */
  readonly reader: string
  /** The time of its last acknowledgement, in milliseconds since 1970. */
  readonly at: number
  /** Changes that it had not read were dropped at this time. */
  readonly lostAt?: number
}

export interface HeldConsumer {
  readonly document: string
  readonly version: number
  readonly body: StoredConsumer
}

/** The parts of an engine that readers use. */
export interface FeedSettings {
  readonly repository: Repository
  readonly runtime: Runtime
}

/** Without the key of the claims, a consumer would not be found, and be made once more. */
const demandKey = async ({ repository, runtime: { erasure } }: FeedSettings): Promise<void> => {
  if (erasure?.claims !== 'keyed') await demandClaimKey(repository, undefined)
}

/** Core wrote the document, so it is not checked again. */
const toHeld = ({ id, version, body }: Stored): HeldConsumer => ({
  document: id,
  version,
  body: body as unknown as StoredConsumer
})

export const findConsumer = async (repository: Repository, name: string): Promise<HeldConsumer | undefined> => {
  const [stored] = await repository.load([{ _tag: 'ByClaim', claim: claimOfConsumer(name) }])
  return stored && toHeld(stored)
}

export const consumerWrite = (
  { document, version }: Pick<HeldConsumer, 'document' | 'version'>,
  body: StoredConsumer
): Write => ({
  kind: consumerKind,
  id: document,
  expected: version,
  body: body as unknown as JsonObject,
  claim: version === 0 ? [claimOfConsumer(body.name)] : [],
  release: []
})

export async function* scanConsumers(repository: Repository): AsyncGenerator<HeldConsumer, void, undefined> {
  for await (const stored of repository.scan(consumerKind)) yield toHeld(stored)
}

/** Returns the cursor behind every entry that is there now. */
const cursorAtEnd = async (repository: Repository, dropped: Marks, now: number): Promise<Marks> => {
  const found: Array<readonly [writer: string, number: number, at: number]> = []
  await readEntries(repository, ({ writer, number, at }) => {
    found.push([writer, number, at])
    return placeAfterWriter(writer)
  })
  const marks = new Map<string, Mark>(youngMarks(Object.entries(dropped), now))
  for (const [writer, first, at] of found) {
    const last = first === 0 ? 0 : await lastOfWriter(repository, writer, first)
    // The last entry is not read for its time; the writer cannot have been silent for long before `now`.
    marks.set(writer, [last, Math.max(at, now)])
  }
  return Object.fromEntries(marks)
}

const contended = (): Error => new Error('other readers and writers keep changing the state of the feed')

/** The start of a new consumer: with everybody there is, or with what comes. */
export type Beginning = 'everybody' | 'now'

const create = async (
  { repository, runtime }: FeedSettings,
  { name, reader, beginning }: { readonly name: string; readonly reader: string; readonly beginning: Beginning }
): Promise<HeldConsumer | undefined> => {
  const state = await readState(repository)
  const now = runtime.clock()
  const marks = await cursorAtEnd(repository, state.dropped, now)
  const body: StoredConsumer = { name, reader, at: now, marks, ...(beginning === 'everybody' && { snapshot: '' }) }
  const held = { document: runtime.newId(), version: 0, body }
  const { _tag } = await repository.commit([consumerWrite(held, body), stateWrite(state, state.dropped)])
  return _tag === 'Committed' ? { ...held, version: 1 } : undefined
}

/**
 * Makes a reader the one that continues a consumer, which is made if it is new.
 *
 * @param place Acknowledges what an earlier reader delivered; one of an earlier consumer of this name does nothing.
 * @throws FeedFault if changes that it had not read were dropped; and errors of the store.
 */
export const takeConsumer = async (
  settings: FeedSettings,
  name: string,
  { beginning, place }: { readonly beginning: Beginning; readonly place?: Place | undefined }
): Promise<HeldConsumer> => {
  const { repository, runtime } = settings
  await demandKey(settings)
  const reader = runtime.newId()
  for (let attempt = 1; attempt <= runtime.attempts; attempt++) {
    const known = await findConsumer(repository, name)
    if (known?.body.lostAt !== undefined) throw new FeedFault('CHANGES_LOST')
    if (known === undefined) {
      const created = await create(settings, { name, reader, beginning })
      if (created !== undefined) return created
    } else {
      const isOwn = place !== undefined && place.document === known.document
      const now = runtime.clock()
      const body: StoredConsumer = isOwn
        ? { name, reader, at: now, ...cursorBehind(known.body, place, now) }
        : { ...known.body, reader }
      const { _tag } = await repository.commit([consumerWrite(known, body)])
      if (_tag === 'Committed') return { document: known.document, version: known.version + 1, body }
    }
    await runtime.backOff(attempt)
  }
  throw contended()
}

/** Deletes a consumer. Returns whether there was one. */
export const forgetConsumer = async (settings: FeedSettings, name: string): Promise<boolean> => {
  const { repository, runtime } = settings
  await demandKey(settings)
  for (let attempt = 1; attempt <= runtime.attempts; attempt++) {
    const known = await findConsumer(repository, name)
    if (known === undefined) return false
    const { document, version } = known
    const { _tag } = await repository.commit([
      {
        kind: consumerKind,
        id: document,
        expected: version,
        body: undefined,
        claim: [],
        release: [claimOfConsumer(name)]
      }
    ])
    if (_tag === 'Committed') return true
    await runtime.backOff(attempt)
  }
  throw contended()
}
