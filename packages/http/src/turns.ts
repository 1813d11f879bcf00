/**
 * Shares a few handles among many concurrent requests. Core makes one call at a time on a handle, so calls wait for a free
 * handle. A unit of work may load on one handle and commit on another, because every commit checks the versions that the
 * load returned.
 */
import { type Awaitable, type Repository, type Stored, WrongCall } from '@userpoint/core/repository'
import { pause, pausing } from './pause.ts'

const isPromise = <A>(value: Awaitable<A>): value is PromiseLike<A> =>
  typeof value === 'object' && value !== null && 'then' in value

/** Runs a task when its turn comes. */
export type Gate = <A>(work: () => Promise<A>) => Promise<A>

/**
 * Returns a gate that runs at most `most` tasks at a time, and queues the rest. Without it, more units of work than handles
 * would overlap, and those on the same person would conflict and be decided again. Other requests are let in between two tasks.
 */
export const createGate = (most: number): Gate => {
  let free = most
  const waiting: Array<() => void> = []
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((enter) => waiting.push(enter))
    try {
      const turn = pause()
      if (turn !== undefined) await turn
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}

/** The number of documents that a scan reads at once. */
const pageSize = 256

const readAll = async (documents: AsyncIterable<Stored> | Iterable<Stored>): Promise<ReadonlyArray<Stored>> => {
  const all: Stored[] = []
  for await (const each of documents) all.push(each)
  return all
}

/** Lets other requests in before work with an answer: the answers to several calls may come at the same time. */
const afterTurn = async <A>(answer: A): Promise<A> => {
  const turn = pause()
  if (turn !== undefined) await turn
  return answer
}

const inTurns = (handles: ReadonlyArray<Repository>): Repository => {
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
    let answer: A
    try {
      answer = await call(handle)
    } finally {
      release(handle)
    }
    return afterTurn(answer)
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
    // A page at a time: a handle that is held while a caller does something else could wait for that caller for ever.
    async *scan(kind, { after = '', limit = Number.POSITIVE_INFINITY } = {}) {
      let last = after
      for (let left = limit; left > 0; left -= pageSize) {
        const size = Math.min(pageSize, left)
        const start = last
        const page = await inTurn((handle) => readAll(handle.scan(kind, { after: start, limit: size })))
        for (const document of page) {
          last = document.id
          yield document
        }
        if (page.length < size) return
        const turn = pause()
        if (turn !== undefined) await turn
      }
    },
    ...(first.purge !== undefined && {
      purge: () => inTurn((handle) => handle.purge?.())
    })
  }
}

const paused = <A>(answer: Awaitable<A>): Awaitable<A> => (isPromise(answer) ? answer.then(afterTurn) : answer)

/** Returns a handle that accepts concurrent calls already; a scan lets other requests in. */
const overlapping = (handle: Repository): Repository => ({
  manifest: handle.manifest,
  load: (references) => paused(handle.load(references)),
  commit: (writes) => paused(handle.commit(writes)),
  scan: (kind, options) => pausing(handle.scan(kind, options)),
  ...(handle.purge !== undefined && { purge: () => handle.purge?.() })
})

/** Returns a repository that accepts concurrent calls, over handles that need not. */
export const takingTurns = (handles: ReadonlyArray<Repository>): Repository => {
  const [only] = handles
  return only !== undefined && handles.length === 1 && only.manifest.overlapping === true
    ? overlapping(only)
    : inTurns(handles)
}
