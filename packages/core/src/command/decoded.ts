/** A decoded line: its command, and warnings to its sender. */
import type { JsonObject } from '../domain/json.ts'
import { E } from '../fp.ts'
import type { Command } from './command.ts'
import type { Policies } from './policies.ts'
import { type Rejection, shownName } from './rejection.ts'

/** The sentence for each code of a warning. */
export const warningMessages = {
  UNKNOWN_FIELD: 'the field is unknown and ignored (A-08)',
  IGNORED_FIELD: 'the field is ignored here (A-23, B-25)',
  NOT_AN_ARRAY: 'the attribute is not an array, so no value is removed from it (B-09)',
  OTHER_NAMESPACE: 'the attribute or segment is absent, but the other name space has one of this name (B-14)',
  PREFIXED_NAME: 'only the read side writes the prefix c_; this is another name (B-15)',
  IDENTIFIER_NOT_ATTACHED:
    'another user point has the identifier, or the user has as many of its name as the limit (B-02)',
  UNKNOWN_USER_POINT: 'the id leads to no user; the identifiers beside it decide (B-05)',
  OTHER_PROFILES: 'the user point has other profiles, which are unchanged (A-12, B-35)',
  OTHER_USER: 'the id leads to no user, but an identifier beside it does; that user is unchanged (B-04)',
  EVENTS_NOT_SUPPORTED: 'events are not kept by this library (B-30)'
} as const

/** Advice to the sender of a line that is understood. */
export interface Warning {
  readonly code: keyof typeof warningMessages
  readonly path: string
}

export interface Decoded {
  readonly _tag: 'Command'
  readonly command: Command
  readonly warnings: ReadonlyArray<Warning>
}

/** Returns a decoded line. */
export const decoded = (command: Command, warnings: ReadonlyArray<Warning>): E.Either<never, Decoded> =>
  E.right({ _tag: 'Command', command, warnings })

/** Decodes a line of one document type, which is normalised JSON already. */
export type Decoder = (line: JsonObject, policies: Policies) => E.Either<Rejection, Decoded>

const none: ReadonlyArray<Warning> = []

/** Returns a warning for each unknown field. */
export const unknownFields = (
  object: JsonObject,
  known: ReadonlyArray<string>,
  within = ''
): ReadonlyArray<Warning> => {
  let warnings: Warning[] | undefined
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue
    warnings ??= []
    warnings.push({ code: 'UNKNOWN_FIELD', path: within + shownName(key) })
  }
  return warnings ?? none
}
