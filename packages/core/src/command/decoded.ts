/** What a line is when it is understood: a command, and what a sender should know about the line all the same. */
import type { JsonObject } from '../domain/json.ts'
import type { E } from '../fp.ts'
import type { Command } from './command.ts'
import type { Policies } from './policies.ts'
import type { Rejection } from './rejection.ts'

/** `UNKNOWN_FIELD`: nothing reads it. `IGNORED_FIELD`: it says nothing beside another field. */
export interface Warning {
  readonly code: 'UNKNOWN_FIELD' | 'IGNORED_FIELD'
  readonly path: string
}

export interface Decoded {
  readonly command: Command
  readonly warnings: ReadonlyArray<Warning>
}

/** Decodes a line of one document type, which is normalised JSON already. */
export type Decoder = (line: JsonObject, policies: Policies) => E.Either<Rejection, Decoded>

const none: ReadonlyArray<Warning> = []

// A name is the sender's own, and may be of any length.
const longestName = 64

/** A warning for each field that is not among the known ones. */
export const unknownFields = (
  object: JsonObject,
  known: ReadonlyArray<string>,
  within = ''
): ReadonlyArray<Warning> => {
  const unknown = Object.keys(object).filter((key) => !known.includes(key))
  if (unknown.length === 0) return none
  return unknown.map((key) => ({ code: 'UNKNOWN_FIELD', path: within + key.slice(0, longestName).toWellFormed() }))
}
