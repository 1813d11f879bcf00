/** A segment, a choice or a scenario goes from its user point, which stays. */
import type { DeleteChoice, DeleteSegment, LeaveScenario } from '../command/command.ts'
import { sameChoice, sameScenario, sameSegment } from '../domain/attachments.ts'
import type { UserPoint } from '../domain/user-point.ts'
import { applied, type Decision, type Effect, noOp } from './verdict.ts'
import type { View } from './view.ts'

type DeleteAttachment = DeleteSegment | DeleteChoice | LeaveScenario

const without = (point: UserPoint, command: DeleteAttachment): UserPoint => {
  switch (command._tag) {
    case 'DeleteSegment':
      return { ...point, segments: point.segments.filter((segment) => !sameSegment(segment, command.key)) }
    case 'DeleteChoice':
      return { ...point, choices: point.choices.filter((choice) => !sameChoice(choice, command)) }
    case 'LeaveScenario':
      return { ...point, scenarios: point.scenarios.filter((scenario) => !sameScenario(scenario, command)) }
  }
}

const effects = {
  DeleteSegment: 'SegmentDeleted',
  DeleteChoice: 'ChoiceDeleted',
  LeaveScenario: 'ScenarioLeft'
} as const satisfies Record<DeleteAttachment['_tag'], Effect['_tag']>

const countAttachments = (point: UserPoint): number =>
  point.segments.length + point.choices.length + point.scenarios.length

export const deleteAttachment = (view: View, command: DeleteAttachment): Decision => {
  const subject = view.find(command.reference)
  if (subject === undefined) return noOp('NOT_FOUND')
  const point = without(subject.point, command)
  if (countAttachments(point) === countAttachments(subject.point)) return noOp('NOT_FOUND')
  return applied({ _tag: effects[command._tag], userPoint: subject.id }, { id: subject.id, point })
}
