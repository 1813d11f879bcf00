/**
 * The moments of an engine. Each command gets the time and a moment. Each moment is later than all earlier ones, even if the
 * clock stands still or is set back, if an engine with a faster clock wrote a document, and after a restart. For that the store
 * keeps a limit: no engine has used a later moment. An engine starts after the limit, and raises it every few seconds, before
 * it commits.
 */
import { type Moment, momentOf } from '../../domain/moment.ts'
import { E } from '../../fp.ts'
import type * as port from '../../repository/repository.ts'
import { claimKeyId, claimKeyKind } from './claim-key.ts'
import { fromStore, type StoreFailed } from './engine-error.ts'

/** The kind of the one document that holds the limit. */
const clockKind: port.Kind = 'clock'
const clockId = 'moments'

/** Returns whether a store has the limit, which an engine raises before its first batch of people. */
export const hasMoments = async (repository: port.Repository): Promise<boolean> => {
  const [stored] = await repository.load([{ _tag: 'ById', kind: clockKind, id: clockId }])
  return stored !== undefined
}

// With a smaller reserve, the limit is written more often. With a larger one, a new engine is further ahead of the others.
const secondsReserved = 5
// About as many moments as an import uses in a second, in case the clock is behind the limit.
const momentsReserved = 100_000
// Other engines may raise the limit at the same time. Then it is usually high enough.
const attempts = 5
const contended = new Error('other engines keep changing the clock document')

export interface MomentSource {
  /** Returns a moment at this time of the clock, later than all before it. */
  readonly next: (now: number) => Moment
  /** Returns the time of the last command, without a look at the clock. */
  readonly time: () => number
  /** Makes all later moments later than this one. */
  readonly pass: (moment: Moment) => void
  /** Returns whether the limit has been read. */
  readonly isOpen: () => boolean
  /** Returns whether the store kept keyed claims when the limit was read. */
  readonly isKeyed: () => boolean
  /** Reads the limit, so that moments are later than those of all earlier engines. */
  readonly open: () => Promise<StoreFailed | undefined>
  /** Raises the limit in the store to the moments used so far. Does nothing for a trial. */
  readonly reserve: (repository: port.Repository) => Promise<StoreFailed | undefined>
}

/** The last moment and the limit of one handle, for all engines over it. */
interface Progress {
  last: Moment
  /** The limit in the store, as far as it is known. */
  limit: Moment
  isOpen: boolean
  isKeyed: boolean
  /** The time of the last command. */
  time: number
  /** Concurrent calls raise the limit together. */
  raising: Promise<StoreFailed | undefined> | undefined
}

// A service may create an engine for each request, over one handle.
const progressOf = new WeakMap<port.Repository, Progress>()

const progressOver = (repository: port.Repository | undefined): Progress => {
  const known = repository && progressOf.get(repository)
  if (known !== undefined) return known
  const [last, limit] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const progress: Progress = { last, limit, isOpen: false, isKeyed: false, time: 0, raising: undefined }
  if (repository !== undefined) progressOf.set(repository, progress)
  return progress
}

interface Limit {
  readonly version: number
  readonly limit: Moment
  /** The store keeps keyed claims. */
  readonly isKeyed: boolean
}

const readLimit = (repository: port.Repository): Promise<E.Either<StoreFailed, Limit>> =>
  fromStore('load', async () => {
    const [stored, mark] = await repository.load([
      { _tag: 'ById', kind: clockKind, id: clockId },
      { _tag: 'ById', kind: claimKeyKind, id: claimKeyId }
    ])
    const limit = stored?.body['limit']
    return {
      version: stored?.version ?? 0,
      limit: typeof limit === 'number' ? limit : 0,
      isKeyed: mark !== undefined
    }
  })

const raiseLimit = async (repository: port.Repository, progress: Progress): Promise<StoreFailed | undefined> => {
  let failed: StoreFailed | undefined
  for (let attempt = 1; ; attempt++) {
    const read = await readLimit(repository)
    if (E.isLeft(read)) return read.left
    if (progress.last <= read.right.limit) {
      progress.limit = read.right.limit
      return undefined
    }
    // After an error the commit may have landed, which the limit then shows.
    if (failed !== undefined) return failed
    const limit = Math.max(momentOf(progress.time + secondsReserved * 1_000), progress.last + momentsReserved)
    const write = {
      kind: clockKind,
      id: clockId,
      expected: read.right.version,
      body: { limit },
      claim: [],
      release: []
    }
    try {
      const { _tag } = await repository.commit([write])
      if (_tag === 'Committed') {
        progress.limit = limit
        return undefined
      }
    } catch (cause) {
      failed = { _tag: 'StoreFailed', operation: 'commit', cause }
    }
    if (attempt === attempts) return { _tag: 'StoreFailed', operation: 'commit', cause: contended }
  }
}

/**
 * Returns the source of an engine's moments.
 *
 * @param repository The engine's store; without it moments start with the clock.
 */
export const createMoments = (repository: port.Repository | undefined): MomentSource => {
  const progress = progressOver(repository)

  const pass = (moment: Moment): void => {
    if (moment > progress.last) progress.last = moment
  }

  return {
    next: (now) => {
      progress.time = now
      progress.last = Math.max(momentOf(now), progress.last + 1)
      return progress.last
    },
    time: () => progress.time,
    pass,
    isOpen: () => progress.isOpen || repository === undefined,
    isKeyed: () => progress.isKeyed,
    open: async () => {
      if (repository === undefined) return undefined
      const read = await readLimit(repository)
      if (E.isLeft(read)) return read.left
      pass(read.right.limit)
      progress.isKeyed = read.right.isKeyed
      progress.isOpen = true
      return undefined
    },
    reserve: async (target) => {
      // A trial over the store has another manifest.
      if (target.manifest !== repository?.manifest) return undefined
      while (progress.last > progress.limit) {
        progress.raising ??= raiseLimit(target, progress).finally(() => {
          progress.raising = undefined
        })
        const failed = await progress.raising
        if (failed !== undefined) return failed
      }
      return undefined
    }
  }
}
