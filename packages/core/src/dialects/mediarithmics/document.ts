/** Document types: what a document import may hold, and what is true of all its lines. */
import { isJsonObject, isNoDeeper, type Json, type JsonObject, normaliseJson } from '../../domain/json.ts'
import { plainDepth } from '../../domain/numbers.ts'
import { E } from '../../fp.ts'
import { decodeAssociation } from './association.ts'
import { decodeDevicePointsDeletion, decodeIdentifiersDeletion, decodeUserPointsDeletion } from './deletion.ts'
import { decodeUserChoice } from './user-choice.ts'
import { decodeUserProfile } from './user-profile.ts'
import { decodeUserSegment } from './user-segment.ts'
import type { Decoded, Decoder } from '../../command/decoded.ts'
import type { Policies } from '../../command/policies.ts'
import { type Rejection, type RejectionCode, rejection } from '../../command/rejection.ts'

interface DocumentKind {
  readonly decode: Decoder
  /** The oldest user point system version that takes the document, where there is one. */
  readonly since?: string
  /** The line rejections that reject the whole job, so that every line must be looked at first. */
  readonly jobRejections: ReadonlyArray<RejectionCode>
}

const documents = {
  USER_PROFILE: { decode: decodeUserProfile, jobRejections: [] },
  USER_CHOICE: { decode: decodeUserChoice, jobRejections: [] },
  USER_SEGMENT: { decode: decodeUserSegment, jobRejections: [] },
  USER_IDENTIFIERS_DELETION: {
    decode: decodeIdentifiersDeletion,
    since: 'v201901',
    jobRejections: ['DEVICE_POINT_NOT_ALLOWED']
  },
  USER_DEVICE_POINTS_DELETION: { decode: decodeDevicePointsDeletion, since: 'v202205', jobRejections: [] },
  USER_POINTS_DELETION: { decode: decodeUserPointsDeletion, since: 'v202205', jobRejections: [] },
  USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS: { decode: decodeAssociation, since: 'v201812', jobRejections: [] }
} as const satisfies Record<string, DocumentKind>

export type DocumentType = keyof typeof documents

/** Every document type, in its canonical spelling. */
export const documentTypes = Object.keys(documents) as ReadonlyArray<DocumentType>

// The vendor's own sample spells it in the singular (SPEC 3.1).
const aliases: ReadonlyMap<string, DocumentType> = new Map([
  ['USER_DEVICE_POINT_DELETION', 'USER_DEVICE_POINTS_DELETION']
])

/** The document type of this name, aliases included; case-sensitive. */
export const parseDocumentType = (name: string): DocumentType | undefined =>
  aliases.get(name) ?? documentTypes.find((type) => type === name)

const kindOf = (type: DocumentType): DocumentKind => documents[type]

/** Holds where a line of this type may reject the whole job. */
export const needsScreening = (type: DocumentType): boolean => kindOf(type).jobRejections.length > 0

/** Holds where this rejection of one line rejects the whole job. */
export const rejectsJob = (type: DocumentType, code: RejectionCode): boolean =>
  kindOf(type).jobRejections.includes(code)

/** Holds where the datamart's version, if it is known, is new enough for the document. Versions sort as text. */
export const isSupported = (type: DocumentType, systemVersion: string | undefined): boolean => {
  const { since } = kindOf(type)
  return since === undefined || systemVersion === undefined || systemVersion >= since
}

/** Bounds of what a line may hold. */
export interface Bounds {
  /** Longest command, in UTF-16 code units. */
  readonly maxLineLength: number
  /** How many arrays and objects may be nested in a command; at most 1,000. */
  readonly maxDepth: number
}

/** One mebi of code units; 100 levels. */
export const defaultBounds: Bounds = { maxLineLength: 1_048_576, maxDepth: 100 }

/**
 * A value as the command that it asks for, in documents of this type, or why it asks for none. Total: it never throws,
 * whatever the value.
 *
 * @param value A parsed line, not checked in any way.
 * @param isNormal Whether the value is known to be normalised JSON, nested no deeper than `plainDepth`.
 */
export const decodeLine = (
  type: DocumentType,
  value: unknown,
  policies: Policies,
  bounds: Bounds = defaultBounds,
  isNormal = false
): E.Either<Rejection, Decoded> => {
  if (isNormal && (bounds.maxDepth >= plainDepth || isNoDeeper(value as Json, bounds.maxDepth))) {
    return kindOf(type).decode(value as JsonObject, policies)
  }
  const json = normaliseJson(value, bounds.maxDepth)
  if (E.isLeft(json)) return E.left(rejection(json.left.code, json.left.path))
  const line: Json = json.right
  if (!isJsonObject(line)) return E.left(rejection(Array.isArray(line) ? 'EXPECTED_NDJSON' : 'NOT_AN_OBJECT'))
  return kindOf(type).decode(line, policies)
}
