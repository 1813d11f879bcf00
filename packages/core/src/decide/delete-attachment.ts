/** Removes a segment, a choice or a scenario from its user point, which stays. */
import type { DeleteChoice, DeleteSegment, LeaveScenario } from '../command/command.ts'
import { isCurrent, sameChoice, sameScenario, sameSegment } from '../domain/attachments.ts'
import type { Warning } from '../command/decoded.ts'
import type { UserPoint } from '../domain/user-point.ts'
import { applied, type Decision, type Effect, noOp, warned } from './verdict.ts'
import type { Context, View } from './view.ts'

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

const namings = { Id: 'segment_id', TechnicalName: 'segment_technical_name' } as const

/** Warns if the user point is a member of the segment whose other kind of name is the same text. */
const otherNaming = (point: UserPoint, command: DeleteAttachment, now: number): ReadonlyArray<Warning> => {
  if (command._tag !== 'DeleteSegment') return []
  const { naming, segment: name } = command.key
  return point.segments.some((each) => each.segment === name && each.naming !== naming && isCurrent(each, now))
    ? [{ code: 'OTHER_NAMESPACE', path: namings[naming] }]
    : []
}

export const deleteAttachment = (view: View, command: DeleteAttachment, { now }: Context): Decision => {
  const subject = view.find(command.reference)
  if (subject === undefined) return noOp('NOT_FOUND')
  const point = without(subject.point, command)
  if (countAttachments(point) === countAttachments(subject.point)) {
    return warned(noOp('NOT_FOUND'), otherNaming(point, command, now))
  }
  return applied({ _tag: effects[command._tag], userPoint: subject.id }, { id: subject.id, point })
}
