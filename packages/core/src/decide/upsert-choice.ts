/**
 * Patches the choice on one processing, or `{}`, unless the stored choice wins over the result. An unknown identifier
 * creates the user point.
 */
import type { UpsertChoice } from '../command/command.ts'
import { type Choice, sameChoice, stands } from '../domain/attachments.ts'
import { sameChoiceData } from '../domain/changed-paths.ts'
import { isJsonObject } from '../domain/json.ts'
import { setItem } from '../domain/keyed.ts'
import { tickOf, timesAt } from '../domain/moment.ts'
import { apply } from '../domain/patch.ts'
import { E } from '../fp.ts'
import { findOrCreate } from './subject.ts'
import { applied, type Decision, noOp, unaltered, undecided } from './verdict.ts'
import type { Context, View } from './view.ts'

export const upsertChoice = (view: View, command: UpsertChoice, context: Context): Decision => {
  const subject = findOrCreate(view, command.reference, context)
  if (E.isLeft(subject)) return undecided(subject.left)
  const { id, point, created } = subject.right
  const existing = point.choices.find((choice) => sameChoice(choice, command))
  const properties = apply(command.patch, existing?.properties ?? {})
  const times = timesAt(existing, context.now)
  const tick = tickOf(context.momentAfter(point), times.modifiedAt)
  const choice: Choice = {
    processing: command.processing,
    chosenAt: command.chosenAt,
    ...times,
    ...(tick !== 0 && { tick }),
    properties: isJsonObject(properties) ? properties : {}
  }
  if (existing !== undefined && !stands(choice, existing)) return noOp('SUPERSEDED')
  const isSame = existing !== undefined && sameChoiceData(existing, choice)
  return applied(
    {
      _tag: 'ChoiceUpserted',
      userPoint: id,
      userPointCreated: created,
      choiceCreated: existing === undefined,
      ...(isSame && unaltered)
    },
    { id, point: { ...point, choices: setItem(point.choices, choice, sameChoice) } }
  )
}
