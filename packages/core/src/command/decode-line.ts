/** Decodes one line of a document into a command or a rejection. */
import { isJsonObject, isNoDeeper, type Json, type JsonObject, normaliseJson } from '../domain/json.ts'
import { plainDepth } from '../domain/json-text.ts'
import { E } from '../fp.ts'
import type { Decoded } from './decoded.ts'
import type { DocumentKind } from './dialect.ts'
import type { Policies } from './policies.ts'
import { type Rejection, rejection, shownPath } from './rejection.ts'

/** Bounds of a line. */
export interface Bounds {
  /** Longest command, in UTF-16 code units. */
  readonly maxLineLength: number
  /** The deepest nesting of arrays and objects in a command; at most 1,000. */
  readonly maxDepth: number
}

/** One mebi of code units; 100 levels. */
export const defaultBounds: Bounds = { maxLineLength: 1_048_576, maxDepth: 100 }

/** The rules by which the lines of one document are decoded. */
export interface Decoding {
  readonly kind: DocumentKind
  readonly policies: Policies
  readonly bounds: Bounds
}

/**
 * Decodes a parsed line into its command, or a rejection. It never throws.
 *
 * @param value A parsed line, not checked in any way.
 * @param known `normal`: the value is known to be normalised JSON, nested no deeper than `plainDepth`.
 */
export const decodeLine = (
  value: unknown,
  { kind, policies, bounds }: Decoding,
  known?: 'normal'
): E.Either<Rejection, Decoded> => {
  if (known === 'normal' && (bounds.maxDepth >= plainDepth || isNoDeeper(value as Json, bounds.maxDepth))) {
    return kind.decode(value as JsonObject, policies)
  }
  const json = normaliseJson(value, bounds.maxDepth)
  if (E.isLeft(json)) return E.left(rejection(json.left.code, shownPath(json.left.path, kind.fields)))
  const line: Json = json.right
  if (!isJsonObject(line)) return E.left(rejection(Array.isArray(line) ? 'EXPECTED_NDJSON' : 'NOT_AN_OBJECT'))
  return kind.decode(line, policies)
}
