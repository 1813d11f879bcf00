/**
 * Verdicts: what became of one command. A closed union, one verdict for each line, always. `Applied`: something changed,
 * and what. `NoOp`: the command is right, and there was nothing to do. `Rejected`: it was not understood, or not allowed.
 */
import type { Warning } from '../command/decoded.ts'
import { type Rejection, type RejectionCode, rejection } from '../command/rejection.ts'
import type { HyperPointReason } from '../domain/hyper-point.ts'
import type { UserPointId } from '../domain/identifier.ts'
import type { LostValue } from '../domain/joined-properties.ts'
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
      readonly segments: number
      readonly scenarios: number
      readonly choices: number
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
      /** How many values lost: another one stands in their place now. */
      readonly lost: number
      /** Why the user point is a hyper point now that it was merged; absent where no such policy is set. */
      readonly hyperPoint?: ReadonlyArray<HyperPointReason>
    }
  | { readonly _tag: 'ProfileEdited'; readonly userPoint: UserPointId }
  | (Created & { readonly _tag: 'SegmentUpdated'; readonly segmentCreated: boolean })
  | { readonly _tag: 'SegmentDeleted'; readonly userPoint: UserPointId }
  | (Created & { readonly _tag: 'ChoiceUpserted'; readonly choiceCreated: boolean })
  | { readonly _tag: 'ChoiceDeleted'; readonly userPoint: UserPointId }
  | (Created & { readonly _tag: 'ScenarioEntered' })
  | { readonly _tag: 'ScenarioLeft'; readonly userPoint: UserPointId }
  | { readonly _tag: 'UserPointCollected'; readonly userPoint: UserPointId }
  | { readonly _tag: 'DevicePointsCollected'; readonly userPoint: UserPointId; readonly devicePoints: number }
  | (Created & {
      readonly _tag: 'UserUpserted'
      readonly profileCreated: boolean
      /** The user points that were merged into this one. */
      readonly merged: ReadonlyArray<UserPointId>
      /** As that of `Associated`. */
      readonly lost: number
      /** As that of `Associated`. */
      readonly hyperPoint?: ReadonlyArray<HyperPointReason>
    })
  | { readonly _tag: 'IdentifiersDeleted'; readonly userPoint: UserPointId; readonly identifiers: number }
  | { readonly _tag: 'IdentifierReplaced'; readonly userPoint: UserPointId }
  | { readonly _tag: 'UserAnonymised'; readonly userPoint: UserPointId; readonly identifiers: number }

interface Created {
  readonly userPoint: UserPointId
  readonly userPointCreated: boolean
}

/**
 * Why there was nothing to do. `NOT_FOUND`: what should be changed or removed is not there. `ALREADY_ASSOCIATED`: all
 * of it is one user point already. `UNCHANGED`: it is as it should be. `STILL_NEEDED`: something keeps the user point alive
 * . `SUPERSEDED`: the choice that is there was made later, or refuses.
 */
export type NoOpReason = 'NOT_FOUND' | 'ALREADY_ASSOCIATED' | 'UNCHANGED' | 'STILL_NEEDED' | 'SUPERSEDED'

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
  /** The values that lost as user points became one, by their place in the one that has all; absent: none. */
  readonly lost?: ReadonlyArray<LostValue>
}

export const applied = (effect: Effect, ...changes: ReadonlyArray<Change>): Decision => ({
  verdict: { _tag: 'Applied', effect },
  changes
})

/** The same decision, by which these values lost. */
export const losing = (lost: ReadonlyArray<LostValue>, decision: Decision): Decision =>
  lost.length === 0 ? decision : { ...decision, lost }

export const noOp = (reason: NoOpReason): Decision => ({ verdict: { _tag: 'NoOp', reason }, changes: [] })

/** The decision that there is none, because of this rejection. */
export const undecided = (verdict: Rejection): Decision => ({ verdict, changes: [] })

export const rejected = (code: RejectionCode, path: ReadonlyArray<string | number> = []): Decision =>
  undecided(rejection(code, path))

/** The same verdict, with what was to be said of its line before its own warnings; the same reference where that is nothing. */
export const withWarnings = (verdict: Verdict, warnings: ReadonlyArray<Warning>): Verdict =>
  warnings.length === 0 ? verdict : { ...verdict, warnings: [...warnings, ...(verdict.warnings ?? [])] }

/** The same decision, with what the sender should know besides. */
export const warned = (decision: Decision, warnings: ReadonlyArray<Warning>): Decision => ({
  ...decision,
  verdict: withWarnings(decision.verdict, warnings)
})
