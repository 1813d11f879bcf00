/** Dialects: the document types of one source. The engine gets a dialect as an argument and contains none. */
import type { JsonObject } from '../domain/json.ts'
import type { Subject } from '../domain/user-point.ts'
import type { Decoder } from './decoded.ts'
import type { RejectionCode } from './rejection.ts'

/** A line that rejects the whole document. */
export interface JobRejectingLine {
  /** The code of its rejection. */
  readonly code: RejectionCode
  /** The text that marks such a line even if it is rejected for another reason or is not JSON: printable ASCII. */
  readonly text: string
}

/** One type of document: the decoder of its lines, and its properties. */
export interface DocumentKind {
  /** Decodes one line, which is normalised JSON already. */
  readonly decode: Decoder
  /**
   * `true`: its lines delete. A line that may be nested in a broken command is then never read as a separate command.
   */
  readonly deletes?: true
  /** The names of its fields, which messages may show; every other key of a line is shown as `*`. */
  readonly fields?: ReadonlySet<string>
  /** The oldest user point system version that takes the document; absent: any version does. */
  readonly since?: string
  /** The lines that reject the whole document; every line is screened for them first. */
  readonly jobRejection?: JobRejectingLine
}

/** A dialect: its document types by name, and its encoding of a user point. */
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
