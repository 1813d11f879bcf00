/** Decodes USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS: a line lists typed identifiers of one person. */
import type { Claimed } from '../../domain/identifier.ts'
import { getKey, isAbsent, isJsonArray, isJsonObject } from '../../domain/json.ts'
import { E } from '../../fp.ts'
import { decoded, type Decoder, unknownFields, type Warning } from '../../command/decoded.ts'
import { rejection } from '../../command/rejection.ts'
import { decodeClaimed, type IdentifierType, identifierFields, type TypedIdentifier } from './identifier.ts'

type Member = TypedIdentifier<'USER_ACCOUNT' | 'USER_EMAIL' | 'USER_AGENT'>

/** A line of USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS: at least one identifier. */
export interface AssociationLine {
  readonly identifiers: readonly [Member, ...Array<Member>]
}

/** The fields of a line. */
export const associationFields: ReadonlyArray<string> = ['identifiers' satisfies keyof AssociationLine]

export const decodeAssociation: Decoder = (line, policies) => {
  const identifiers = getKey(line, 'identifiers')
  if (isAbsent(identifiers)) return E.left(rejection('MISSING_FIELD', ['identifiers']))
  if (!isJsonArray(identifiers)) return E.left(rejection('BAD_FIELD', ['identifiers']))
  const references: Claimed[] = []
  const warnings: Warning[] = [...unknownFields(line, associationFields)]
  for (const [i, object] of identifiers.entries()) {
    const path = ['identifiers', i]
    if (!isJsonObject(object)) return E.left(rejection('BAD_FIELD', path))
    const reference = decodeClaimed(object, path, { purpose: 'create', policies })
    if (E.isLeft(reference)) return reference
    references.push(reference.right)
    const known = identifierFields[getKey(object, 'type') as IdentifierType]
    warnings.push(...unknownFields(object, known, `identifiers[${i}].`))
  }
  const [first, ...rest] = references
  if (first === undefined) return E.left(rejection('MISSING_IDENTIFIER', ['identifiers']))
  return decoded({ _tag: 'Associate', references: [first, ...rest] }, warnings)
}
