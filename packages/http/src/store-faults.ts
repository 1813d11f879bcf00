/** Tells of each failed call of a store, those that are repeated with success too: a log without causes helps no operator. */
import type { Awaitable, Repository } from '@userpoint/core/repository'

/** The calls of a store that a server makes. */
export type StoreCall = 'load' | 'commit' | 'scan' | 'purge'

/** Returns the same repository; `tell` is given each error that a call of it throws. */
export const tellingFaults = (repository: Repository, tell: (call: StoreCall, error: unknown) => void): Repository => {
  const told = <A>(call: StoreCall, work: () => Awaitable<A>): Awaitable<A> => {
    const failed = (error: unknown): never => {
      tell(call, error)
      throw error
    }
    try {
      const answer = work()
      const isPromise = typeof answer === 'object' && answer !== null && 'then' in answer
      // A synchronous answer stays one: core waits for promises alone.
      return isPromise ? answer.then(undefined, failed) : answer
    } catch (error) {
      return failed(error)
    }
  }
  return {
    ...repository,
    load: (references) => told('load', () => repository.load(references)),
    commit: (writes) => told('commit', () => repository.commit(writes)),
    async *scan(kind, options) {
      try {
        yield* repository.scan(kind, options)
      } catch (error) {
        tell('scan', error)
        throw error
      }
    },
    ...(repository.purge !== undefined && { purge: () => told('purge', () => repository.purge?.()) })
  }
}
