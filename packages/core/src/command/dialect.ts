/** Dialects: how the documents of one source of commands are read. The engine is given one and knows none itself. */
import type { JsonObject } from '../domain/json.ts'
import type { Subject } from '../domain/user-point.ts'
import type { Decoder } from './decoded.ts'
import type { RejectionCode } from './rejection.ts'

/** One type of document: how its lines are decoded, and what is true of all of them. */
export interface DocumentKind {
  /** Decodes one line, which is normalised JSON already. */
  readonly decode: Decoder
  /**
   * Whether its lines delete. Then a line that may be nested in a broken command is never read as a command of its own.
   */
  readonly deletes?: true
  /** The names of its fields, which messages may show; every other key of a line is shown as `*`. */
  readonly fields?: ReadonlySet<string>
  /** The oldest user point system version that takes the document; absent: any version does. */
  readonly since?: string
  /** Codes that reject the whole job where one line is rejected with them; every line is screened for them first. */
  readonly jobRejections: ReadonlyArray<RejectionCode>
}

/** A dialect: its document types by name, and how it writes a user point. */
export interface Dialect<Type extends string = string> {
  readonly documents: Readonly<Record<Type, DocumentKind>>
  /** Returns a user point as JSON, in the dialect's own field names; explanations name places of it. */
  readonly encodeUserPoint: (subject: Subject) => JsonObject
}

/** Returns whether this rejection of one line rejects the whole job. */
export const rejectsJob = (kind: DocumentKind, code: RejectionCode): boolean => kind.jobRejections.includes(code)

/** Returns whether a datamart of this version takes the document; an unknown version is not checked. Versions sort as text. */
export const isSupported = ({ since }: DocumentKind, systemVersion: string | undefined): boolean =>
  since === undefined || systemVersion === undefined || systemVersion >= since
