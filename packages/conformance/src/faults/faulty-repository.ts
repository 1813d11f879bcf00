/** A store between which and its user things go wrong, one call at a time, in every way the port allows. */
import { type Awaitable, type Repository, type Stored, StoreFault } from '@userpoint/core/repository'

/** What goes wrong with one call. */
export type Fault =
  /** The call never reaches the store. The error says so where `admits` is true; else it leaves the outcome open (PO-15). */
  | { readonly _tag: 'FailBefore'; readonly admits: boolean }
  /** The store has done it, and the answer is lost. */
  | { readonly _tag: 'FailAfter' }
  /** Something else runs before the call reaches the store, or while its answer is held back. */
  | { readonly _tag: 'Late'; readonly before?: () => Awaitable<void>; readonly after?: () => Awaitable<void> }
  /** The handle is lost in the middle of this call, before or after the store has done it; every later call fails. */
  | { readonly _tag: 'Drop'; readonly when: 'before' | 'after' }

/** A call on a faulty repository. */
export interface FaultyCall {
  readonly name: 'load' | 'commit' | 'scan' | 'purge'
  /** How many calls came before it. */
  readonly number: number
}

/** What goes wrong with each call; `undefined`: nothing. */
export type FaultPlan = (call: FaultyCall) => Fault | undefined

// The messages say nothing that a log must not have.
const unreached = (): StoreFault => new StoreFault('a planned fault: the store was never asked', { applied: false })
const lost = (): Error => new Error('a planned fault: the connection was lost')

/**
 * A repository through which a store fails as planned. All of it is legal by the port, so that whoever uses it must cope:
 * nothing happens twice, and nothing is told that is not so.
 *
 * @param repository A store that works. Its `close` is passed on unchanged.
 */
export const withFaults = (repository: Repository, plan: FaultPlan): Repository => {
  let number = 0
  let isDropped = false

  /** What goes wrong with the next call, once it may reach the store. */
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
