/** The document types of mediarithmics' bulk imports. */
import { type Bounds, decodeLine as decodeLineOf, defaultBounds } from '../../command/decode-line.ts'
import type { Decoded } from '../../command/decoded.ts'
import type { Dialect, DocumentKind } from '../../command/dialect.ts'
import type { Policies } from '../../command/policies.ts'
import type { Rejection } from '../../command/rejection.ts'
import type { E } from '../../fp.ts'
import { type AssociationLine, associationFields, decodeAssociation } from './association.ts'
import { decodeDevicePointsDeletion, decodeIdentifiersDeletion, decodeUserPointsDeletion } from './deletion.ts'
import { choiceFields, choiceSystemFields, decodeUserChoice, type UserChoiceLine } from './user-choice.ts'
import { identifierFields, type TypedIdentifier } from './identifier.ts'
import { encodeUserPoint } from './user-point.ts'
import { decodeUserProfile, profileFields, profileSystemFields, type UserProfileLine } from './user-profile.ts'
import { decodeUserSegment, segmentFields, type UserSegmentLine } from './user-segment.ts'

const fields: ReadonlySet<string> = new Set([
  ...Object.values(identifierFields).flat(),
  ...associationFields,
  ...profileFields,
  ...profileSystemFields,
  ...segmentFields,
  ...choiceFields,
  ...choiceSystemFields
])

const documents = {
  USER_PROFILE: { fields, decode: decodeUserProfile },
  USER_CHOICE: { fields, decode: decodeUserChoice },
  USER_SEGMENT: { fields, decode: decodeUserSegment },
  USER_IDENTIFIERS_DELETION: {
    fields,
    decode: decodeIdentifiersDeletion,
    deletes: true,
    since: 'v201901',
    jobRejection: { code: 'DEVICE_POINT_NOT_ALLOWED', text: 'udp:' }
  },
  USER_DEVICE_POINTS_DELETION: {
    fields,
    decode: decodeDevicePointsDeletion,
    deletes: true,
    since: 'v202205'
  },
  USER_POINTS_DELETION: {
    fields,
    decode: decodeUserPointsDeletion,
    deletes: true,
    since: 'v202205'
  },
  USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS: { fields, decode: decodeAssociation, since: 'v201812' }
} as const satisfies Record<string, DocumentKind>

/** The name of a document type, in its canonical spelling. */
export type DocumentType = keyof typeof documents

interface Lines {
  readonly USER_PROFILE: UserProfileLine
  readonly USER_CHOICE: UserChoiceLine
  readonly USER_SEGMENT: UserSegmentLine
  readonly USER_IDENTIFIERS_DELETION: TypedIdentifier<'USER_ACCOUNT' | 'USER_EMAIL' | 'USER_AGENT'>
  readonly USER_DEVICE_POINTS_DELETION: TypedIdentifier<'USER_AGENT'>
  readonly USER_POINTS_DELETION: TypedIdentifier<'USER_ACCOUNT' | 'USER_EMAIL' | 'USER_AGENT' | 'USER_POINT'>
  readonly USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS: AssociationLine
}

/**
 * A line of a document type, as it is written. The fields and their types are those of the codecs that decode it, so an
 * editor completes them, and a line that lacks an identifier or the way to merge does not compile.
 *
 * @example
 * ```ts
 * import type { Line } from '@userpoint/core/mediarithmics'
 *
 * const line: Line<'USER_PROFILE'> = {
 *   operation: 'UPSERT',
 *   email_hash: '9f86d081',
 *   force_replace: true,
 *   user_profile: { city: 'Paris' }
 * }
 * console.log(line.operation) // => UPSERT
 * ```
 */
export type Line<Type extends DocumentType = DocumentType> = Lines[Type]

/** Every document type, in its canonical spelling. */
export const documentTypes = Object.keys(documents) as ReadonlyArray<DocumentType>

// The vendor's sample has the singular.
const aliases: ReadonlyMap<string, DocumentType> = new Map([
  ['USER_DEVICE_POINT_DELETION', 'USER_DEVICE_POINTS_DELETION']
])

/** Returns the document type of this name, aliases included; case-sensitive. `undefined`: the name is unknown. */
export const parseDocumentType = (name: string): DocumentType | undefined =>
  aliases.get(name) ?? documentTypes.find((type) => type === name)

/**
 * The dialect of mediarithmics, with which `createEngine` reads its documents.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createEngine } from '@userpoint/core'
 * import { mediarithmics } from '@userpoint/core/mediarithmics'
 * import { v7 } from 'uuid'
 *
 * const repository = createMemoryRepository()
 * const engine = createEngine({ repository, dialect: mediarithmics, clock: Date.now, newId: v7 })
 * const verdict = await engine.runOne('USER_POINTS_DELETION', { type: 'USER_EMAIL', hash: 'a1b2' })
 * console.log(verdict._tag === 'Right' && verdict.right._tag) // => NoOp
 * ```
 */
export const mediarithmics: Dialect<DocumentType> = { documents, encodeUserPoint }

/**
 * Decodes a parsed line of a document into a command or a rejection. It never throws.
 *
 * @param value A parsed line, not checked in any way.
 */
export const decodeLine = (
  type: DocumentType,
  value: unknown,
  policies: Policies,
  bounds: Bounds = defaultBounds
): E.Either<Rejection, Decoded> => decodeLineOf(value, { kind: documents[type], policies, bounds })
