/** What a line is when it is understood: a command, and what a sender should know about the line all the same. */
import type { JsonObject } from '../domain/json.ts'
import type { E } from '../fp.ts'
import type { Command } from './command.ts'
import type { Policies } from './policies.ts'
import { type Rejection, shownName } from './rejection.ts'

/**
 * What a sender should know of a line that is understood. `UNKNOWN_FIELD`: nothing reads it. `IGNORED_FIELD`: it
 * says nothing here. `NOT_AN_ARRAY`: no value can be removed from what is no array (B-09). `OTHER_NAMESPACE`: the
 * attribute is not there, but one of that name is among the others (B-14). `PREFIXED_NAME`: a `c_` that only the read side
 * writes (B-15). `IDENTIFIER_NOT_ATTACHED`: another user point has it, or there are as many of its name as may be (B-02).
 */
export interface Warning {
  readonly code:
    | 'UNKNOWN_FIELD'
    | 'IGNORED_FIELD'
    | 'NOT_AN_ARRAY'
    | 'OTHER_NAMESPACE'
    | 'PREFIXED_NAME'
    | 'IDENTIFIER_NOT_ATTACHED'
  readonly path: string
}

export interface Decoded {
  readonly _tag: 'Command'
  readonly command: Command
  readonly warnings: ReadonlyArray<Warning>
}

/** Decodes a line of one document type, which is normalised JSON already. */
export type Decoder = (line: JsonObject, policies: Policies) => E.Either<Rejection, Decoded>

const none: ReadonlyArray<Warning> = []

/** A warning for each field that is not among the known ones. */
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
