/** Why the engine could not do its work. A closed union; `cause` is the store's own error and may hold personal data. */
import type { Verdict } from '../../decide/verdict.ts'

/** Other writers kept changing what this unit of work reads; nothing of the unit is applied. Worth trying again. */
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

/** The store failed in a commit, and nobody knows whether this unit of work is applied, whole, or not at all. */
export interface Indeterminate {
  readonly _tag: 'Indeterminate'
  readonly cause: unknown
}

/** Everything is applied, but the store could not drop what the deleted left behind in its files. */
export interface PurgeFailed {
  readonly _tag: 'PurgeFailed'
  readonly cause: unknown
  /** The verdicts on the commands that are applied; none of an import, whose verdicts were given before. */
  readonly verdicts: ReadonlyArray<Verdict>
}

export type EngineError = Contention | StoreFailed | Indeterminate | PurgeFailed
