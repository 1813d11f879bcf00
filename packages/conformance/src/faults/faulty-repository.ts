/** Injects faults between a store and its user, call by call, in every way that the port allows. */
import { type Awaitable, type Repository, type Stored, StoreFault } from '@userpoint/core/repository'

/** The fault of one call. */
export type Fault =
  /** The call does not reach the store. With `admits` the error says so; otherwise it leaves the outcome open (PO-15). */
  | { readonly _tag: 'FailBefore'; readonly admits: boolean }
  /** The store performs the call, but its answer is lost. */
  | { readonly _tag: 'FailAfter' }
  /** Other code runs before the call reaches the store, or while its answer is delayed. */
  | { readonly _tag: 'Late'; readonly before?: () => Awaitable<void>; readonly after?: () => Awaitable<void> }
  /** The handle is lost during this call, before or after the store performs it; every later call fails. */
  | { readonly _tag: 'Drop'; readonly when: 'before' | 'after' }

/** A call on a faulty repository. */
export interface FaultyCall {
  readonly name: 'load' | 'commit' | 'scan' | 'purge'
  /** The number of earlier calls. */
  readonly number: number
}

/** Returns the fault of a call, or `undefined` for none. */
export type FaultPlan = (call: FaultyCall) => Fault | undefined

// The messages contain no personal data, so they are safe to log.
const unreached = (): StoreFault => new StoreFault('a planned fault: the store was never asked', { applied: false })
const lost = (): Error => new Error('a planned fault: the connection was lost')

/**
 * Returns a repository that fails as planned. The port allows all of these faults, so its users must handle them: no call is
 * performed twice, and every answer is true.
 *
 * @param repository A working store. Its `close` is passed on unchanged.
 */
export const withFaults = (repository: Repository, plan: FaultPlan): Repository => {
  let number = 0
  let isDropped = false

  /** Returns the fault of the next call, when the call may reach the store. */
  const enter = async (name: FaultyCall['name']): Promise<Fault | undefined> => {
    if (isDropped) throw unreached()
    const fault = plan({ name, number })
    number += 1
    if (fault?._tag === 'FailBefore') throw fault.admits ? unreached() : lost()
    if (fault?._tag === 'Drop') isDropped = true
    if (fault?._tag === 'Drop' && fault.when === 'before') throw lost()
    if (fault?._tag === 'Late') await fault.before?.()
    return fault
  }

  const leave = async (fault: Fault | undefined): Promise<void> => {
    if (fault?._tag === 'FailAfter' || fault?._tag === 'Drop') throw lost()
    if (fault?._tag === 'Late') await fault.after?.()
  }

  const faulty = async <A>(name: FaultyCall['name'], call: () => Awaitable<A>): Promise<A> => {
    const fault = await enter(name)
    const answer = await call()
    await leave(fault)
    return answer
  }

  return {
    manifest: repository.manifest,
    load: async (references) => faulty('load', () => repository.load(references)),
    commit: async (writes) => faulty('commit', () => repository.commit(writes)),
    async *scan(kind, options): AsyncGenerator<Stored> {
      const fault = await enter('scan')
      yield* repository.scan(kind, options)
      await leave(fault)
    },
    ...(repository.purge && { purge: async () => faulty('purge', () => repository.purge?.()) }),
    ...(repository.close && { close: () => repository.close?.() })
  }
}
