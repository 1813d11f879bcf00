/**
 * Shares a few handles among many concurrent requests. Core makes one call at a time on a handle, so calls wait for a free
 * handle. A unit of work may load on one handle and commit on another, because every commit checks the versions that the
 * load returned.
 */
import { type Awaitable, type Repository, WrongCall } from '@userpoint/core/repository'

const isPromise = <A>(value: Awaitable<A>): value is PromiseLike<A> =>
  typeof value === 'object' && value !== null && 'then' in value

/**
 * Returns a gate that runs at most `most` tasks at a time, and queues the rest. Without it, more units of work than handles
 * would overlap, and those on the same person would conflict and be decided again.
 */
export const createGate = (most: number): (<A>(work: () => Promise<A>) => Promise<A>) => {
  let free = most
  const waiting: Array<() => void> = []
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((enter) => waiting.push(enter))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}

/** Returns a repository that accepts concurrent calls, over handles that do not. */
export const takingTurns = (handles: ReadonlyArray<Repository>): Repository => {
  const [first] = handles
  if (first === undefined) throw new WrongCall('WRONG_ARGUMENT', 'a datamart needs a repository')
  const free = [...handles]
  const waiting: Array<(handle: Repository) => void> = []

  const release = (handle: Repository): void => {
    const next = waiting.shift()
    if (next === undefined) free.push(handle)
    else next(handle)
  }

  const take = (): Awaitable<Repository> => free.pop() ?? new Promise((resolve) => waiting.push(resolve))

  const use = async <A>(handle: Repository, call: (handle: Repository) => Awaitable<A>): Promise<A> => {
    try {
      return await call(handle)
    } finally {
      release(handle)
    }
  }

  const inTurn = <A>(call: (handle: Repository) => Awaitable<A>): Awaitable<A> => {
    const handle = take()
    if (isPromise(handle)) return Promise.resolve(handle).then((given) => use(given, call))
    let answer: Awaitable<A>
    try {
      answer = call(handle)
    } catch (error) {
      release(handle)
      throw error
    }
    // A synchronous store has finished already.
    if (!isPromise(answer)) {
      release(handle)
      return answer
    }
    return use(handle, () => answer)
  }

  return {
    manifest: first.manifest,
    load: (references) => inTurn((handle) => handle.load(references)),
    commit: (writes) => inTurn((handle) => handle.commit(writes)),
    async *scan(kind, options) {
      const handle = await take()
      try {
        yield* handle.scan(kind, options)
      } finally {
        release(handle)
      }
    },
    ...(first.purge !== undefined && {
      purge: () => inTurn((handle) => handle.purge?.())
    })
  }
}
