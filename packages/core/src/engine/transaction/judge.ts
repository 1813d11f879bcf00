/** Judging: the verdicts on the lines of a unit, in their order, and the writes that make them true. */
import { decide } from '../../decide/decide.ts'
import { type Change, type Verdict, withWarnings } from '../../decide/verdict.ts'
import type { Context, View } from '../../decide/view.ts'
import type { PendingWrite, Workspace } from '../../decide/workspace.ts'
import type { Subject } from '../../domain/user-point.ts'
import type { Line } from '../input/line.ts'
import type { Runtime } from './runtime.ts'

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
}

/** The result of judging a unit. */
export interface Decided {
  readonly judgements: ReadonlyArray<Judgement>
  readonly writes: ReadonlyArray<PendingWrite>
}

const contextOf = ({ clock, newUserPointId, newDevicePointId, guards }: Runtime): Context => ({
  now: clock(),
  newUserPointId,
  newDevicePointId,
  quarantine: guards.quarantine,
  hyperPoint: guards.hyperPoint
})

const observe = (view: View, { id, point }: Change): ObservedChange => ({
  before: view.find({ _tag: 'UserPoint', id }),
  after: point && { id, point }
})

/**
 * Judges lines in their order; each sees the changes of the lines before it. Pure, except for the clock and new ids.
 *
 * @param workspace All to which the lines refer; changed by them.
 * @param observed `changes`: the judgements have the changes of their lines.
 */
export const judge = (
  workspace: Workspace,
  lines: ReadonlyArray<Line>,
  { runtime, observed }: { readonly runtime: Runtime; readonly observed?: 'changes' | undefined }
): Decided => {
  const judgements = lines.map(({ index, line, decoded }): Judgement => {
    if (decoded._tag === 'Rejected') return { index, line, verdict: decoded }
    const decision = decide(workspace, decoded.command, contextOf(runtime))
    const changes = observed && decision.changes.map((change) => observe(workspace, change))
    workspace.apply(decision.changes)
    const verdict = withWarnings(decision.verdict, decoded.warnings)
    return changes === undefined ? { index, line, verdict } : { index, line, verdict, changes }
  })
  return { judgements, writes: workspace.pending() }
}
