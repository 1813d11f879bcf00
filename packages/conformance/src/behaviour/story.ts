/** Stories as data: the requests to an engine step by step, the outcome of each step, and the user points in the end. */
import type {
  FramingMode,
  JobRejection,
  JsonObject,
  NoOpReason,
  Policies,
  RejectionCode,
  RejectionLimit
} from '@userpoint/core'
import type { SweepReport } from '@userpoint/core/maintenance'
import type { Command, Reference, Who } from '@userpoint/core/command'
import type { IdentitySettings, RequestBody, RequestRejected } from '@userpoint/core/insider'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { Person } from './person.ts'

/** A verdict as a short text. A rejection names the path in the line, if it has one; after `…` any path is right. */
export type VerdictText =
  | 'Applied'
  | `NoOp ${NoOpReason}`
  | `Rejected ${RejectionCode}`
  | `Rejected ${RejectionCode} at ${string}`

/** A verdict with more expectations than its tag, reason or code, and path. */
export interface DetailedVerdict {
  readonly verdict: VerdictText
  /** The line on which its command starts; default: the number of the command. */
  readonly line?: number
  /** `CODE at path`; default: no warnings. */
  readonly warnings?: ReadonlyArray<string>
  /** The expected fields of the effect, which may have more. */
  readonly effect?: JsonObject
}

export type ExpectedVerdict = VerdictText | DetailedVerdict

/** The answer to a request that is rejected as a whole. */
export interface Refused {
  readonly refused: RequestRejected['code']
}

interface Circumstances {
  /** The time of the clock from this step on, in milliseconds after the beginning; 0 at first. */
  readonly at?: number
  /** The datamart's policies for this step only. */
  readonly policies?: Partial<Policies>
}

interface Asked extends Circumstances {
  readonly body: RequestBody
  readonly settings?: Partial<IdentitySettings>
}

export interface ImportStep extends Circumstances {
  readonly _tag: 'Import'
  readonly type: DocumentType
  readonly document: string | Uint8Array
  readonly framing?: FramingMode
  /** The limit of rejected lines, beyond which the whole document is rejected. */
  readonly maxRejected?: RejectionLimit
  /** One verdict for each command, in order. The counts of the report follow from them. */
  readonly expect: { readonly verdicts: ReadonlyArray<ExpectedVerdict>; readonly job?: JobRejection }
}

export interface LineStep extends Circumstances {
  readonly _tag: 'Line'
  readonly type: DocumentType
  readonly line: unknown
  /** Changes the line after the call, as the owner of a reused object does. */
  readonly afterwards?: (line: object) => void
  readonly expect: ExpectedVerdict
}

export interface CommandsStep extends Circumstances {
  readonly _tag: 'Commands'
  readonly commands: ReadonlyArray<Command>
  readonly expect: ReadonlyArray<ExpectedVerdict>
}

export interface SweepStep extends Circumstances {
  readonly _tag: 'Sweep'
  readonly dryRun?: boolean
  readonly expect: Pick<SweepReport, 'seen' | 'userPointsDeleted' | 'devicePointsDeleted'>
}

/** A request on several users; `errors`, if given, are all errors of the report. */
export interface UsersStep extends Asked {
  readonly _tag: 'Users'
  readonly call: 'deleteAttributes' | 'upsertUsers'
  readonly expect:
    | Refused
    | {
        readonly verdicts: ReadonlyArray<ExpectedVerdict>
        readonly errors?: Readonly<Record<string, ReadonlyArray<string>>>
      }
}

export interface UserStep extends Asked {
  readonly _tag: 'User'
  readonly call: 'deleteIdentifiers' | 'updateIdentifier' | 'deleteUser' | 'anonymiseUser'
  readonly expect: Refused | ExpectedVerdict
}

/** The answer of `getUser`; `null`: the user is unknown. */
export interface ShownStep extends Asked {
  readonly _tag: 'Shown'
  readonly expect: Refused | VerdictText | { readonly insider_id?: string; readonly attributes: JsonObject } | null
}

/** Looks up the user point that the references lead to; expects its id, `nobody` for unknown references, or a rejection for a conflict. */
export interface FindStep extends Circumstances {
  readonly _tag: 'Find'
  readonly who: Who
  readonly expect: { readonly id: string } | 'nobody' | VerdictText
}

/** All user points, ascending by id, and unknown references. */
export interface PeopleStep extends Circumstances {
  readonly _tag: 'People'
  readonly nowhere?: ReadonlyArray<Reference>
  readonly expect: ReadonlyArray<Person>
}

export type Step =
  | ImportStep
  | LineStep
  | CommandsStep
  | SweepStep
  | UsersStep
  | UserStep
  | ShownStep
  | FindStep
  | PeopleStep

/** The steps, and the user points in the end. */
export interface Story {
  /** The datamart's policies, for every step. */
  readonly policies?: Partial<Policies>
  /** The partner's settings, for every request. */
  readonly settings?: Partial<IdentitySettings>
  readonly steps: ReadonlyArray<Step>
  /** The user points in the end, ascending by id. */
  readonly people: ReadonlyArray<Person>
  /** Unknown references in the end, besides all references to deleted user points. */
  readonly nowhere?: ReadonlyArray<Reference>
}
