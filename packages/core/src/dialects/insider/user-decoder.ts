/** The decoder of one user of a request on several, and the reasons for which it rejects the user. */
import type { Decoded } from '../../command/decoded.ts'
import type { Rejection } from '../../command/rejection.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { E } from '../../fp.ts'
import type { ReadingSettings } from './settings.ts'

/** The arguments of a decoder besides the user. */
export interface Reading {
  /** The key of the profile that holds attributes. */
  readonly key: ProfileKey
  readonly settings: ReadingSettings
  /** The fields beside `users`. */
  readonly request: JsonObject
}

/** Every reason for a rejection; the first one is the verdict. */
export type Rejections = readonly [Rejection, ...Rejection[]]

export type DecodedUser = E.Either<Rejections, Decoded>

export type DecodeUser = (user: JsonObject, reading: Reading) => DecodedUser

/** Returns the rejection of a user for the reasons of these outcomes, at least one of which must have one. */
export const rejectedUser = (
  ...outcomes: ReadonlyArray<E.Either<Rejection | Rejections, unknown>>
): E.Either<Rejections, never> => {
  const reasons = outcomes.flatMap((outcome) =>
    E.isLeft(outcome) ? ('_tag' in outcome.left ? [outcome.left] : outcome.left) : []
  )
  return E.left(reasons as unknown as Rejections)
}
