/**
 * Verdicts: the outcomes of commands. Each line has exactly one. `Applied`: the command changed something. `NoOp`: the command
 * is valid, and there was nothing to change. `Rejected`: the command is invalid or not allowed.
 */
import type { Warning } from '../command/decoded.ts'
import { type Rejection, type RejectionCode, rejection } from '../command/rejection.ts'
import type { HyperPointReason } from '../domain/hyper-point.ts'
import type { UserPointId } from '../domain/identifier.ts'
import type { LostValue } from '../domain/joined-properties.ts'
import type { UserPoint } from '../domain/user-point.ts'

/** The change that an applied command made. */
export type Effect =
  | (Suppressing & { readonly _tag: 'IdentifierDeleted'; readonly userPoint: UserPointId })
  | (Suppressing & {
      readonly _tag: 'DevicePointDeleted'
      readonly userPoint: UserPointId
      readonly technicalIds: number
    })
  | (Suppressing & {
      readonly _tag: 'UserPointDeleted'
      readonly userPoint: UserPointId
      readonly identifiers: number
      readonly devicePoints: number
      readonly profiles: number
      readonly segments: number
      readonly scenarios: number
      readonly choices: number
    })
  | (Created & Upserting & { readonly _tag: 'ProfileUpserted'; readonly profileCreated: boolean })
  | { readonly _tag: 'ProfilesDeleted'; readonly userPoint: UserPointId; readonly profiles: number }
  | {
      readonly _tag: 'Associated'
      readonly userPoint: UserPointId
      readonly userPointCreated: boolean
      /** The user points that were merged into this one. */
      readonly merged: ReadonlyArray<UserPointId>
      /** The number of lost values, which another value replaced. */
      readonly lost: number
      /** The reasons why the merged user point is a hyper point; absent without the policy `hyperPoint`. */
      readonly hyperPoint?: ReadonlyArray<HyperPointReason>
    }
  | { readonly _tag: 'ProfileEdited'; readonly userPoint: UserPointId }
  | (Created & Upserting & { readonly _tag: 'SegmentUpdated'; readonly segmentCreated: boolean })
  | { readonly _tag: 'SegmentDeleted'; readonly userPoint: UserPointId }
  | (Created & Upserting & { readonly _tag: 'ChoiceUpserted'; readonly choiceCreated: boolean })
  | { readonly _tag: 'ChoiceDeleted'; readonly userPoint: UserPointId }
  | (Created & { readonly _tag: 'ScenarioEntered' })
  | { readonly _tag: 'ScenarioLeft'; readonly userPoint: UserPointId }
  | { readonly _tag: 'UserPointCollected'; readonly userPoint: UserPointId }
  | { readonly _tag: 'DevicePointsCollected'; readonly userPoint: UserPointId; readonly devicePoints: number }
  /** What is too old was removed (L-39): parts of the user point, or all of it. */
  | {
      readonly _tag: 'RetentionApplied'
      readonly userPoint: UserPointId
      readonly userPointDeleted: boolean
      readonly profiles: number
      readonly properties: number
      readonly memberships: number
    }
  | (Created &
      Upserting & {
        readonly _tag: 'UserUpserted'
        readonly profileCreated: boolean
        /** The user points that were merged into this one. */
        readonly merged: ReadonlyArray<UserPointId>
        /** As that of `Associated`. */
        readonly lost: number
        /** As that of `Associated`. */
        readonly hyperPoint?: ReadonlyArray<HyperPointReason>
      })
  | (Suppressing & {
      readonly _tag: 'IdentifiersDeleted'
      readonly userPoint: UserPointId
      readonly identifiers: number
    })
  | { readonly _tag: 'IdentifierReplaced'; readonly userPoint: UserPointId }
  | { readonly _tag: 'UserAnonymised'; readonly userPoint: UserPointId; readonly identifiers: number }
  /** The erasure found no user point, and suppressed the identifiers that it names (L-37). */
  | { readonly _tag: 'IdentifiersSuppressed'; readonly identifiers: number }
  | { readonly _tag: 'SuppressionLifted'; readonly identifiers: number }

interface Suppressing {
  /** The number of identifiers that are now suppressed, and were not before (L-37); absent: no identifier. */
  readonly suppressed?: number
}

interface Upserting {
  /** `0`: it altered nothing but the time of the write, and the feed has no entry of it; absent: it altered something. */
  readonly changed?: 0
}

interface Created {
  readonly userPoint: UserPointId
  readonly userPointCreated: boolean
}

/**
 * The reason why nothing changed. `NOT_FOUND`: the data to change or remove is missing. `ALREADY_ASSOCIATED`: one user
 * point has all the identifiers. `UNCHANGED`: the data is already as requested. `STILL_NEEDED`: the user point has a profile
 * or an unexpired segment, or nothing of it is too old (L-39). `SUPERSEDED`: the stored choice was made later, or refuses.
 */
export type NoOpReason = 'NOT_FOUND' | 'ALREADY_ASSOCIATED' | 'UNCHANGED' | 'STILL_NEEDED' | 'SUPERSEDED'

export type Verdict = (
  | { readonly _tag: 'Applied'; readonly effect: Effect }
  | { readonly _tag: 'NoOp'; readonly reason: NoOpReason }
  | Rejection
) & { readonly warnings?: ReadonlyArray<Warning> }

/** The new state of a user point; `undefined`: it is deleted. */
export interface Change {
  readonly id: UserPointId
  readonly point: UserPoint | undefined
}

/** A verdict and the changes that carry it out; a `NoOp` or `Rejected` has no changes (L-12). */
export interface Decision {
  readonly verdict: Verdict
  readonly changes: ReadonlyArray<Change>
  /** The values that lost in a merge, by their path in the merged user point; absent: no value lost. */
  readonly lost?: ReadonlyArray<LostValue>
  /** The claims to suppress (L-37); absent: no claim. */
  readonly suppress?: ReadonlyArray<string>
  /** The claims whose suppression is lifted; absent: no claim. */
  readonly lift?: ReadonlyArray<string>
}

/** Added to the effect of an upsert that altered nothing. */
export const unaltered: Upserting = { changed: 0 }

export const applied = (effect: Effect, ...changes: ReadonlyArray<Change>): Decision => ({
  verdict: { _tag: 'Applied', effect },
  changes
})

/** Returns the decision with these lost values. */
export const losing = (lost: ReadonlyArray<LostValue>, decision: Decision): Decision =>
  lost.length === 0 ? decision : { ...decision, lost }

export const noOp = (reason: NoOpReason): Decision => ({ verdict: { _tag: 'NoOp', reason }, changes: [] })

/** Rejects the command; changes nothing. */
export const undecided = (verdict: Rejection): Decision => ({ verdict, changes: [] })

export const rejected = (code: RejectionCode, path: ReadonlyArray<string | number> = []): Decision =>
  undecided(rejection(code, path))

/** Returns the verdict with the warnings of its line before its own; the same reference without such warnings. */
export const withWarnings = (verdict: Verdict, warnings: ReadonlyArray<Warning>): Verdict =>
  warnings.length === 0 ? verdict : { ...verdict, warnings: [...warnings, ...(verdict.warnings ?? [])] }

/** Returns the decision with these warnings to the sender. */
export const warned = (decision: Decision, warnings: ReadonlyArray<Warning>): Decision =>
  warnings.length === 0 ? decision : { ...decision, verdict: withWarnings(decision.verdict, warnings) }
