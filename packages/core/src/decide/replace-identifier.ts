/** Replaces a named identifier by a new one, which no user point may have (the public page *Update Identifiers*). */
import type { ReplaceIdentifier } from '../command/command.ts'
import { withEmailHash } from '../domain/identifier.ts'
import { addIdentifiers, removeIdentifier } from '../domain/user-point-identifiers.ts'
import { findDistinct } from './subject.ts'
import { applied, type Decision, noOp, rejected } from './verdict.ts'
import type { Context, View } from './view.ts'

export const replaceIdentifier = (view: View, { from, to }: ReplaceIdentifier, context: Context): Decision => {
  const [subject, ...others] = findDistinct(view, withEmailHash(from))
  if (subject === undefined) return noOp('NOT_FOUND')
  if (others.length > 0) return rejected('IDENTIFIER_CONFLICT')
  const { id, point } = subject
  const isTaken = view.find(to) !== undefined || findDistinct(view, withEmailHash(to)).some((each) => each.id !== id)
  if (isTaken) return rejected('IDENTIFIER_TAKEN')
  return applied(
    { _tag: 'IdentifierReplaced', userPoint: id },
    { id, point: addIdentifiers(removeIdentifier(point, from), [to], context.now) }
  )
}
