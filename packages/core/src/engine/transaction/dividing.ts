/**
 * Divides a unit that the store refuses for good, again and again, until the line at fault is found. That line is rejected, and
 * the others are applied. A permanent fault is not retried.
 */
import { rejection } from '../../command/rejection.ts'
import { E } from '../../fp.ts'
import type { EngineError, StoreFailed } from './engine-error.ts'
import type { Judgement } from './judgement.ts'
import { type Unit, unitOf } from './transaction.ts'

/** Returns whether the store refuses these writes for good (PO-17). */
const isRefusedForGood = <Left>(error: EngineError | Left): boolean => {
  const { _tag, cause } = error as Partial<StoreFailed>
  return _tag === 'StoreFailed' && cause instanceof Object && 'recovery' in cause && cause.recovery === 'none'
}

type Outcome<Left> = E.Either<EngineError | Left, ReadonlyArray<Judgement>>

/**
 * Runs a unit; if the store refuses it for good, runs its parts.
 *
 * @param run Commits one unit. `whole`: it is the given unit, so a prediction of it may be used.
 * @returns The judgements of all lines, in their order. The line at fault is rejected with `REFUSED_BY_STORE`.
 */
export const runDividing = async <Left>(
  unit: Unit,
  run: (unit: Unit, part: 'whole' | 'part') => Promise<Outcome<Left>>
): Promise<Outcome<Left>> => {
  const whole = await run(unit, 'whole')
  if (E.isRight(whole) || !isRefusedForGood(whole.left)) return whole
  return divide(unit, whole, (part) => run(part, 'part'))
}

const divide = async <Left>(
  { lines }: Unit,
  refused: Outcome<Left>,
  run: (unit: Unit) => Promise<Outcome<Left>>
): Promise<Outcome<Left>> => {
  const [only, ...others] = lines
  if (only === undefined) return refused
  if (others.length === 0) {
    // A rejected line writes nothing, so it is not the reason of the refusal.
    if (only.decoded._tag === 'Rejected') return refused
    return run(unitOf([{ ...only, decoded: rejection('REFUSED_BY_STORE') }]))
  }
  const middle = lines.length >> 1
  const judgements: Judgement[] = []
  for (const half of [lines.slice(0, middle), lines.slice(middle)]) {
    const part = unitOf(half)
    const ended = await run(part)
    const judged = E.isLeft(ended) && isRefusedForGood(ended.left) ? await divide(part, ended, run) : ended
    if (E.isLeft(judged)) return judged
    for (const judgement of judged.right) judgements.push(judgement)
  }
  return E.right(judgements)
}
