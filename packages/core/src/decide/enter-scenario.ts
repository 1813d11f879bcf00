/** Puts a user point into a scenario; an unknown identifier creates the user point. */
import type { EnterScenario } from '../command/command.ts'
import { sameScenario } from '../domain/attachments.ts'
import { setItem } from '../domain/keyed.ts'
import { E } from '../fp.ts'
import { findOrCreate } from './subject.ts'
import { applied, type Decision, noOp, undecided } from './verdict.ts'
import type { Context, View } from './view.ts'

export const enterScenario = (view: View, command: EnterScenario, context: Context): Decision => {
  const subject = findOrCreate(view, command.reference, context)
  if (E.isLeft(subject)) return undecided(subject.left)
  const { id, point, created } = subject.right
  if (point.scenarios.some((scenario) => sameScenario(scenario, command))) return noOp('UNCHANGED')
  const scenario = { scenario: command.scenario, createdAt: context.now, modifiedAt: context.now }
  return applied(
    { _tag: 'ScenarioEntered', userPoint: id, userPointCreated: created },
    { id, point: { ...point, scenarios: setItem(point.scenarios, scenario, sameScenario) } }
  )
}
