/** Removes named identifiers from a user point, but never its last one (the public page *Delete Identifiers*). */
import type { AnyOf, DeleteNamedIdentifiers } from '../command/command.ts'
import { withEmailHash } from '../domain/identifier.ts'
import { countIdentifiers } from '../domain/user-point.ts'
import { removeIdentifier } from '../domain/user-point-identifiers.ts'
import { E } from '../fp.ts'
import { findWho } from './subject.ts'
import { applied, type Decision, noOp, rejected, undecided } from './verdict.ts'
import type { View } from './view.ts'

export const deleteNamedIdentifiers = (view: View, command: DeleteNamedIdentifiers): Decision => {
  const { identifiers, onConflict } = command
  const references = identifiers.flatMap(withEmailHash) as unknown as AnyOf['references']
  const subject = findWho(view, { _tag: 'AnyOf', references, onConflict, decisive: false })
  if (E.isLeft(subject)) return undecided(subject.left)
  if (subject.right === undefined) return noOp('NOT_FOUND')
  const { id, point } = subject.right
  const rest = identifiers.reduce(removeIdentifier, point)
  if (rest.named.length === 0) return rejected('SOLE_IDENTIFIER')
  return applied(
    { _tag: 'IdentifiersDeleted', userPoint: id, identifiers: countIdentifiers(point) - countIdentifiers(rest) },
    { id, point: rest }
  )
}
