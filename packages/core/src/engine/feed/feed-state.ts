/**
 * The state of the feed, one document: how far entries are dropped. A call that drops entries writes it, and so does
 * one that makes a consumer, so the two never pass each other.
 */
import type { Kind, Repository, Write } from '../../repository/index.ts'

const stateKind: Kind = 'change_feed'
const stateId = 'feed'

/** A number of a writer, and the time of that entry, in milliseconds since 1970. */
export type Mark = readonly [number: number, at: number]

export type Marks = { readonly [writer: string]: Mark }

// A writer is used for an hour. Clocks may differ by the rest.
const longestSilence = 25 * 3_600_000

/** Returns the marks of the writers that may still write. */
export const youngMarks = (
  marks: Iterable<readonly [string, Mark]>,
  now: number
): ReadonlyArray<readonly [string, Mark]> => [...marks].filter(([, [, at]]) => at > now - longestSilence)

/** The state as it was read. */
export interface FeedState {
  /** 0: there is no state yet. */
  readonly version: number
  /** The last entry that is dropped, of each writer that may still write. */
  readonly dropped: Marks
}

export const readState = async (repository: Repository): Promise<FeedState> => {
  const [stored] = await repository.load([{ _tag: 'ById', kind: stateKind, id: stateId }])
  // Core wrote the document, so it is not checked again.
  const { dropped } = (stored?.body ?? { dropped: {} }) as unknown as Pick<FeedState, 'dropped'>
  return { version: stored?.version ?? 0, dropped }
}

export const stateWrite = ({ version }: FeedState, dropped: Marks): Write => ({
  kind: stateKind,
  id: stateId,
  expected: version,
  body: { dropped },
  claim: [],
  release: []
})
