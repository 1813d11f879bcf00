/**
 * The writers of the feed. A writer gives its entries the numbers 1, 2, 3 and so on. It commits one batch at a time, and a
 * number is taken only if its batch is committed, so a writer never leaves a gap. An engine has as many writers as it has
 * batches under way. A commit of unknown outcome ends its writer: its last entry is there or not, and none follows.
 */
import { E } from '../../fp.ts'
import type * as port from '../../repository/repository.ts'
import type { Indeterminate, StoreFailed } from './engine-error.ts'
import { changeKind, entryBody, type Told } from './feed-entry.ts'

/** The outcome of one commit. */
export type Committed = E.Either<StoreFailed | Indeterminate, port.CommitResult>

/** Adds the entry of a batch to it. */
export interface FeedWriter {
  /**
   * Commits a batch, with its entry if it changed a person.
   *
   * @param send Commits the batch with this further write.
   */
  readonly commit: (
    repository: port.Repository,
    told: Told,
    send: (entry: port.Write | undefined) => Promise<Committed>
  ) => Promise<Committed>
}

/** A writer. Only this process knows of it, so no two batches take one number. */
interface Writer {
  readonly id: string
  readonly since: number
  last: number
}

/** The longest that a writer is used, in milliseconds. A reader forgets a writer a day after its last entry. */
const longestUse = 3_600_000
const mostEntries = 9_999_999

/** Returns the id of an entry. Ids of one writer ascend with their numbers. */
export const entryId = (writer: string, number: number): string => `${writer}.${String(number).padStart(7, '0')}`

/** The number of the only entry of a writer. */
export const onlyEntry = 0

// A service may create an engine for each request, over one handle.
const idleOver = new WeakMap<port.Repository, Writer[]>()

const idleWriters = (repository: port.Repository): Writer[] => {
  const known = idleOver.get(repository)
  if (known !== undefined) return known
  const idle: Writer[] = []
  idleOver.set(repository, idle)
  return idle
}

const isFresh = ({ since, last }: Writer, now: number): boolean =>
  now - since < longestUse && now >= since && last < mostEntries

/** Returns the writer of an engine's entries. */
export const createFeedWriter = (handle: port.Repository, newId: () => string): FeedWriter => {
  const idle = idleWriters(handle)

  /** Takes a writer that is at rest, or makes one. Those that are used up are dropped. */
  const take = (now: number): Writer => {
    for (let known = idle.pop(); known !== undefined; known = idle.pop()) if (isFresh(known, now)) return known
    return { id: newId(), since: now, last: 0 }
  }

  const write = (id: string, body: port.Write['body']): port.Write => ({
    kind: changeKind,
    id,
    expected: 0,
    body,
    claim: [],
    release: []
  })

  return {
    commit: async (repository, told, send) => {
      // A trial over the store has another manifest.
      const body = repository.manifest === handle.manifest ? entryBody(told) : undefined
      if (body === undefined) return send(undefined)
      // The caller may roll its transaction back, and this process does not learn it.
      if (handle.manifest.purgedElsewhere === true) return send(write(entryId(newId(), onlyEntry), body))
      const writer = take(told.now)
      const number = writer.last + 1
      const committed = await send(write(entryId(writer.id, number), body))
      if (E.isRight(committed) && committed.right._tag === 'Committed') writer.last = number
      if (E.isRight(committed) || committed.left._tag !== 'Indeterminate') idle.push(writer)
      return committed
    }
  }
}
