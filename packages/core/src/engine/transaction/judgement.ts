/** The verdicts on the lines of an input, with what the lines changed. */
import type { Verdict } from '../../decide/verdict.ts'
import type { LostValue } from '../../domain/joined-properties.ts'
import type { Subject } from '../../domain/user-point.ts'

/** The verdict on one command of an input. */
export interface LineVerdict {
  /** The number of the command in the input, from 0. */
  readonly index: number
  /** The line of text on which it starts, from 1. */
  readonly line: number
  readonly verdict: Verdict
}

/** The change of one user point by one command. */
export interface ObservedChange {
  readonly before: Subject | undefined
  readonly after: Subject | undefined
}

/** A verdict, with the changes of the line if they are observed. */
export interface Judgement extends LineVerdict {
  readonly changes?: ReadonlyArray<ObservedChange>
  /** The values that lost in a merge. */
  readonly lost?: ReadonlyArray<LostValue>
}
