/** Errors of the engine. `cause` is the store's own error, which may contain personal data. */
import { E } from '../../fp.ts'
import type { Awaitable } from '../../repository/repository.ts'

/** Other writers changed the user points of this unit of work in every attempt. Nothing of the unit is applied; try again later. */
export interface Contention {
  readonly _tag: 'Contention'
  readonly attempts: number
}

/** The store failed; nothing of this unit of work is applied. */
export interface StoreFailed {
  readonly _tag: 'StoreFailed'
  readonly operation: 'load' | 'commit' | 'scan'
  readonly cause: unknown
}

/** The store failed in a commit. The unit of work is applied as a whole, or not at all; which of the two is unknown. */
export interface Indeterminate {
  readonly _tag: 'Indeterminate'
  readonly cause: unknown
}

/** The store could not drop the traces of deleted data from its files. What was erased is erased, and the purge is still owed. */
export interface PurgeFailed {
  readonly _tag: 'PurgeFailed'
  readonly cause: unknown
}

export type EngineError = Contention | StoreFailed | Indeterminate

/** Returns the result of a call of the store, or the error that it throws. */
export const fromStore = async <A>(
  operation: StoreFailed['operation'],
  call: () => Awaitable<A>
): Promise<E.Either<StoreFailed, A>> => {
  try {
    return E.right(await call())
  } catch (cause) {
    return E.left({ _tag: 'StoreFailed', operation, cause })
  }
}
