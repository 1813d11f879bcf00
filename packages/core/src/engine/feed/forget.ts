/**
 * Forgetting: entries that every consumer has acknowledged are dropped, and those that are too old. A consumer that had not read
 * them is marked in the same batch, so that it never goes on as if nothing were missing.
 */
import type { E } from '../../fp.ts'
import type { Repository, Write } from '../../repository/index.ts'
import { fromStore, type StoreFailed } from '../transaction/engine-error.ts'
import { changeKind } from '../transaction/feed-entry.ts'
import { entryId, onlyEntry } from '../transaction/feed-writer.ts'
import { leavesBytes, obligationKind, owedWrite } from '../transaction/obligation.ts'
import { consumerWrite, type FeedSettings, type HeldConsumer, scanConsumers } from './consumer.ts'
import { type Entry, placeAfterWriter, readEntries } from './entries.ts'
import { type FeedState, type Mark, readState, stateWrite, youngMarks } from './feed-state.ts'

/** The result of forgetting. */
export interface ForgetReport {
  /** The number of entries. Each tells of one batch. */
  readonly entries: number
  /** The names of the consumers that had not read all of them, and cannot go on. */
  readonly lost: ReadonlyArray<string>
}

const entriesPerBatch = 200

const hasRead = ({ body: { marks } }: HeldConsumer, { writer, number }: Entry): boolean =>
  (marks[writer]?.[0] ?? -1) >= number

/** Returns whether an entry names identifiers, whose bytes must not stay in the store's files. */
const namesIdentifiers = ({ people }: Entry): boolean =>
  people.some(({ taken, given }) => taken !== undefined || given !== undefined)

interface Round {
  readonly entries: ReadonlyArray<Entry>
  readonly losing: ReadonlyArray<HeldConsumer>
  /** There may be more. */
  readonly isCut: boolean
}

const chooseEntries = async (
  repository: Repository,
  consumers: ReadonlyArray<HeldConsumer>,
  oldest: number
): Promise<Round> => {
  const entries: Entry[] = []
  const losing = new Set<HeldConsumer>()
  let isCut = false
  await readEntries(repository, (entry) => {
    if (entries.length >= entriesPerBatch) {
      isCut = true
      // Behind all of them.
      return '~'
    }
    const behind = consumers.filter((consumer) => !hasRead(consumer, entry))
    if (behind.length > 0 && entry.at >= oldest) return placeAfterWriter(entry.writer)
    for (const consumer of behind) losing.add(consumer)
    entries.push(entry)
    return undefined
  })
  return { entries, losing: [...losing], isCut }
}

const deletionOf = ({ writer, number }: Entry): Write => ({
  kind: changeKind,
  id: entryId(writer, number),
  expected: 1,
  body: undefined,
  claim: [],
  release: []
})

const batchOf = (
  { repository }: Pick<FeedSettings, 'repository'>,
  { entries, losing }: Round,
  { state, now }: { readonly state: FeedState; readonly now: number }
): ReadonlyArray<Write> => {
  const dropped = new Map<string, Mark>(youngMarks(Object.entries(state.dropped), now))
  for (const { writer, number, at } of entries) if (number !== onlyEntry) dropped.set(writer, [number, at])
  const owes = leavesBytes(repository) && entries.some(namesIdentifiers)
  return [
    ...entries.map(deletionOf),
    ...losing.map((consumer) => consumerWrite(consumer, { ...consumer.body, lostAt: now })),
    stateWrite(state, Object.fromEntries(dropped)),
    // Only one batch replaces a version of the state, so the name is never used again.
    ...(owes ? [owedWrite(`change_feed.${state.version}`, now)] : [])
  ]
}

/**
 * Drops entries that every consumer has, and those before `keptFor` milliseconds.
 *
 * @throws Errors of the store.
 */
export const forgetEntries = async ({ repository, runtime }: FeedSettings, keptFor: number): Promise<ForgetReport> => {
  let dropped = 0
  const lost = new Set<string>()
  for (let attempt = 1; attempt <= runtime.attempts; ) {
    const state = await readState(repository)
    const consumers: HeldConsumer[] = []
    for await (const consumer of scanConsumers(repository))
      if (consumer.body.lostAt === undefined) consumers.push(consumer)
    const now = runtime.clock()
    const round = await chooseEntries(repository, consumers, now - keptFor)
    if (round.entries.length === 0) break
    const batch = batchOf({ repository }, round, { state, now })
    // Before the commit, whose outcome may stay unknown.
    if (batch.some(({ kind }) => kind === obligationKind)) runtime.onObligation()
    const { _tag } = await repository.commit(batch)
    if (_tag === 'Conflict') {
      // Another engine drops them, or a consumer acknowledged more.
      await runtime.backOff(attempt++)
      continue
    }
    dropped += round.entries.length
    for (const { body } of round.losing) lost.add(body.name)
    if (!round.isCut) break
  }
  return { entries: dropped, lost: [...lost] }
}

export const forgetChanges = (settings: FeedSettings, keptFor: number): Promise<E.Either<StoreFailed, ForgetReport>> =>
  fromStore('commit', () => forgetEntries(settings, keptFor))
