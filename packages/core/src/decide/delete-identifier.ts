/** Removes an identifier; its user point stays with all other data, even without any identifier. */
import type { DeleteIdentifier } from '../command/command.ts'
import { removeIdentifier } from '../domain/user-point-identifiers.ts'
import { applied, type Decision, noOp } from './verdict.ts'
import type { View } from './view.ts'

export const deleteIdentifier = (view: View, { identifier }: DeleteIdentifier): Decision => {
  const subject = view.find(identifier)
  if (subject === undefined) return noOp('NOT_FOUND')
  const { id, point } = subject
  return applied({ _tag: 'IdentifierDeleted', userPoint: id }, { id, point: removeIdentifier(point, identifier) })
}
