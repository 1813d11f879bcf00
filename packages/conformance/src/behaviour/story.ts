/** Stories as data: what is asked of an engine step by step, each step's outcome, and the people there are in the end. */
import type {
  FramingMode,
  JobRejection,
  JsonObject,
  NoOpReason,
  Policies,
  RejectionCode,
  SweepReport
} from '@userpoint/core'
import type { Command, Reference, Who } from '@userpoint/core/command'
import type { IdentitySettings, RequestBody, RequestRejected } from '@userpoint/core/insider'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import type { Person } from './person.ts'

/** A verdict in a word or two. A rejection names the place in the line, if it is about one; after `…` any is right. */
export type VerdictText =
  | 'Applied'
  | `NoOp ${NoOpReason}`
  | `Rejected ${RejectionCode}`
  | `Rejected ${RejectionCode} at ${string}`

/** A verdict where its tag, reason or code, and path are not all that matters. */
export interface DetailedVerdict {
  readonly verdict: VerdictText
  /** The line its command starts on; as many as the command's number unless given. */
  readonly line?: number
  /** `CODE at path`; none unless given. */
  readonly warnings?: ReadonlyArray<string>
  /** What the effect must say; it may say more. */
  readonly effect?: JsonObject
}

export type ExpectedVerdict = VerdictText | DetailedVerdict

/** What a request is answered with where it is refused as a whole. */
export interface Refused {
  readonly refused: RequestRejected['code']
}

interface Circumstances {
  /** What the clock says from here on, in milliseconds after the beginning; 0 at first. */
  readonly at?: number
  /** The datamart's policies for this step alone. */
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
  /** One verdict a command, in order. The counts of the report follow from them. */
  readonly expect: { readonly verdicts: ReadonlyArray<ExpectedVerdict>; readonly job?: JobRejection }
}

export interface LineStep extends Circumstances {
  readonly _tag: 'Line'
  readonly type: DocumentType
  readonly line: unknown
  /** Changes the line after the call is made, as the owner of a reused object does. */
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

/** Several users; `errors`, where they matter, are all of the report's. */
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

/** What `getUser` shows: `null` is nobody. */
export interface ShownStep extends Asked {
  readonly _tag: 'Shown'
  readonly expect: Refused | VerdictText | { readonly insider_id?: string; readonly attributes: JsonObject } | null
}

/** Whom references mean together: a user point's id, nobody, or why that is not clear. */
export interface FindStep extends Circumstances {
  readonly _tag: 'Find'
  readonly who: Who
  readonly expect: { readonly id: string } | 'nobody' | VerdictText
}

/** Everybody there is, ascending by id, and references that lead nowhere. */
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

/** What happens, and what there is in the end. */
export interface Story {
  /** The datamart's, for every step. */
  readonly policies?: Partial<Policies>
  /** The partner's, for every request. */
  readonly settings?: Partial<IdentitySettings>
  readonly steps: ReadonlyArray<Step>
  /** Everybody there is in the end, ascending by id. */
  readonly people: ReadonlyArray<Person>
  /** References that lead nowhere in the end, beside all that ever led to somebody who is not there. */
  readonly nowhere?: ReadonlyArray<Reference>
}
