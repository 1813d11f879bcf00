/** Dialects: how the documents of one source of commands are read. The engine is given one and knows none itself. */
import type { JsonObject } from '../domain/json.ts'
import type { Subject } from '../domain/user-point.ts'
import type { Decoder } from './decoded.ts'
import type { RejectionCode } from './rejection.ts'

/** A line that rejects the whole document. */
export interface JobRejectingLine {
  /** The code of its rejection. */
  readonly code: RejectionCode
  /** The text by which such a line is recognised when it is rejected for another reason, or is no JSON: printable ASCII. */
  readonly text: string
}

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
  /** The lines that reject the whole document; every line is screened for them first. */
  readonly jobRejection?: JobRejectingLine
}

/** A dialect: its document types by name, and how it writes a user point. */
export interface Dialect<Type extends string = string> {
  readonly documents: Readonly<Record<Type, DocumentKind>>
  /** Returns a user point as JSON, in the dialect's own field names; explanations name places of it. */
  readonly encodeUserPoint: (subject: Subject) => JsonObject
}

/** Returns whether this rejection of one line rejects the whole job. */
export const rejectsJob = (kind: DocumentKind, code: RejectionCode): boolean => kind.jobRejection?.code === code

/** Returns whether a datamart of this version takes the document; an unknown version is not checked. Versions sort as text. */
export const isSupported = ({ since }: DocumentKind, systemVersion: string | undefined): boolean =>
  since === undefined || systemVersion === undefined || systemVersion >= since
