/** A repository whose calls fail as planned, in every way that the port allows. */
import {
  type Awaitable,
  type Recovery,
  type Reference,
  type Repository,
  type Stored,
  StoreFault,
  type Write
} from '@userpoint/core/repository'

/** The failure of one call. */
export type Fault =
  /** The call does not reach the store. With `admits` the error says so; otherwise it leaves the outcome open (PO-15). */
  | { readonly _tag: 'FailBefore'; readonly admits: boolean }
  /** The store refuses the call and writes nothing; the error says what can help (PO-17). */
  | { readonly _tag: 'Refuse'; readonly recovery: Recovery }
  /** The store has carried out the call, and the answer is lost. */
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
  /** The references of a load. */
  readonly references?: ReadonlyArray<Reference>
  /** The batch of a commit. */
  readonly writes?: ReadonlyArray<Write>
}

/** Returns the fault of a call, or `undefined` for none. */
export type FaultPlan = (call: FaultyCall) => Fault | undefined

// The messages contain no personal data, so they are safe to log.
const unreached = (): StoreFault =>
  new StoreFault('a planned fault: the store was never asked', { applied: false, recovery: 'retry' })
const refused = (recovery: Recovery): StoreFault =>
  new StoreFault('a planned fault: the store refused the call', { applied: false, recovery })
const lost = (): Error => new Error('a planned fault: the connection was lost')

/**
 * Returns a repository that fails as planned. The port allows all of these faults, so its users must handle them: no call is
 * performed twice, and every answer is true.
 *
 * @param repository A working store. Its `check` and its `close` are passed on unchanged.
 */
export const withFaults = (repository: Repository, plan: FaultPlan): Repository => {
  let number = 0
  let isDropped = false

  /** Throws the planned fault of a call, or returns the fault that is still to come. */
  const enter = async (call: Omit<FaultyCall, 'number'>): Promise<Fault | undefined> => {
    if (isDropped) throw unreached()
    const fault = plan({ ...call, number })
    number += 1
    if (fault?._tag === 'FailBefore') throw fault.admits ? unreached() : lost()
    if (fault?._tag === 'Refuse') throw refused(fault.recovery)
    if (fault?._tag === 'Drop') isDropped = true
    if (fault?._tag === 'Drop' && fault.when === 'before') throw lost()
    if (fault?._tag === 'Late') await fault.before?.()
    return fault
  }

  const leave = async (fault: Fault | undefined): Promise<void> => {
    if (fault?._tag === 'FailAfter' || fault?._tag === 'Drop') throw lost()
    if (fault?._tag === 'Late') await fault.after?.()
  }

  const faulty = async <A>(call: Omit<FaultyCall, 'number'>, run: () => Awaitable<A>): Promise<A> => {
    const fault = await enter(call)
    const answer = await run()
    await leave(fault)
    return answer
  }

  return {
    manifest: repository.manifest,
    load: async (references) => faulty({ name: 'load', references }, () => repository.load(references)),
    commit: async (writes) => faulty({ name: 'commit', writes }, () => repository.commit(writes)),
    async *scan(kind, options): AsyncGenerator<Stored> {
      const fault = await enter({ name: 'scan' })
      yield* repository.scan(kind, options)
      await leave(fault)
    },
    ...(repository.purge && { purge: async () => faulty({ name: 'purge' }, () => repository.purge?.()) }),
    ...(repository.check && { check: (claimsOf) => repository.check?.(claimsOf) ?? [] }),
    ...(repository.close && { close: () => repository.close?.() })
  }
}
