/** Commits that have started, and what is known of their units. */
import type { E } from '../../fp.ts'
import { type Prediction, writesOf } from './prediction.ts'

/** A commit that has started. */
export interface PendingCommit<Left> {
  /** The number of the commit in the import, from 1. */
  readonly turn: number
  readonly prediction: Prediction
  /** The generation of the cache when the commit started. */
  readonly cacheGeneration: number
  /** Settles once the store was called. */
  readonly sent: Promise<unknown>
  /** Resolves to `true` if the unit was committed as predicted. */
  readonly done: Promise<E.Either<Left, boolean>>
  /** The same, once it is known. */
  wasPredicted: boolean | undefined
}

export const isOver = ({ wasPredicted }: PendingCommit<unknown>): boolean => wasPredicted !== undefined

/** Returns whether the writes of a unit are known only after its commit, for example after a conflict. */
export const isUnknown = (each: { readonly prediction: Prediction } | undefined): boolean =>
  each !== undefined && writesOf(each.prediction) === undefined
