/** A user point gets one named identifier in the place of another, which must be nobody's yet (SPEC 6.7). */
import type { ReplaceIdentifier } from '../command/command.ts'
import { addIdentifiers, removeIdentifier } from '../domain/user-point.ts'
import { applied, type Decision, noOp, rejected } from './verdict.ts'
import type { Context, View } from './view.ts'

export const replaceIdentifier = (view: View, { from, to }: ReplaceIdentifier, context: Context): Decision => {
  const subject = view.find(from)
  if (subject === undefined) return noOp('NOT_FOUND')
  if (view.find(to) !== undefined) return rejected('IDENTIFIER_TAKEN')
  const { id, point } = subject
  return applied(
    { _tag: 'IdentifierReplaced', userPoint: id },
    { id, point: addIdentifiers(removeIdentifier(point, from), [to], context.now) }
  )
}
