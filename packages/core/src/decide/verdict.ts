/**
 * Verdicts: what became of one command. A closed union, one verdict for each line, always. `Applied`: something changed,
 * and what. `NoOp`: the command is right, and there was nothing to do. `Rejected`: it was not understood, or not allowed.
 */
import type { Warning } from '../command/decoded.ts'
import { type Rejection, type RejectionCode, rejection } from '../command/rejection.ts'
import type { UserPointId } from '../domain/identifier.ts'
import type { UserPoint } from '../domain/user-point.ts'

/** What an applied command changed. */
export type Effect =
  | { readonly _tag: 'IdentifierDeleted'; readonly userPoint: UserPointId }
  | { readonly _tag: 'DevicePointDeleted'; readonly userPoint: UserPointId; readonly technicalIds: number }
  | {
      readonly _tag: 'UserPointDeleted'
      readonly userPoint: UserPointId
      readonly identifiers: number
      readonly devicePoints: number
      readonly profiles: number
    }
  | {
      readonly _tag: 'ProfileUpserted'
      readonly userPoint: UserPointId
      readonly userPointCreated: boolean
      readonly profileCreated: boolean
    }
  | { readonly _tag: 'ProfilesDeleted'; readonly userPoint: UserPointId; readonly profiles: number }
  | {
      readonly _tag: 'Associated'
      readonly userPoint: UserPointId
      readonly userPointCreated: boolean
      /** The user points that were merged into this one. */
      readonly merged: ReadonlyArray<UserPointId>
    }

/** `NOT_FOUND`: what should be removed is not there. `ALREADY_ASSOCIATED`: all of it is one user point already. */
export type NoOpReason = 'NOT_FOUND' | 'ALREADY_ASSOCIATED'

export type Verdict = (
  | { readonly _tag: 'Applied'; readonly effect: Effect }
  | { readonly _tag: 'NoOp'; readonly reason: NoOpReason }
  | Rejection
) & { readonly warnings?: ReadonlyArray<Warning> }

/** What a user point is to be: `undefined`: there is to be none under this id. */
export interface Change {
  readonly id: UserPointId
  readonly point: UserPoint | undefined
}

/** A verdict, and the changes that make it true; a `NoOp` or `Rejected` has none (L-12). */
export interface Decision {
  readonly verdict: Verdict
  readonly changes: ReadonlyArray<Change>
}

export const applied = (effect: Effect, ...changes: ReadonlyArray<Change>): Decision => ({
  verdict: { _tag: 'Applied', effect },
  changes
})

export const noOp = (reason: NoOpReason): Decision => ({ verdict: { _tag: 'NoOp', reason }, changes: [] })

export const rejected = (code: RejectionCode, path: ReadonlyArray<string | number> = []): Decision => ({
  verdict: rejection(code, path),
  changes: []
})
