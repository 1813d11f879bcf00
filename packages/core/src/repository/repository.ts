/**
 * The port: what a store must offer. A repository is one datamart's store. It knows nothing of people; it keeps
 * documents (kind, id, version, JSON body) and claims (a text that leads to at most one document).
 *
 * Core promises a store:
 * - text (claims, keys and strings of bodies) is well-formed Unicode without NUL; claims have 1 to 1,100 UTF-16 units;
 * - kinds match `[a-z_]{1,40}`; ids are 1 to 512 printable ASCII characters (0x21 to 0x7e), and a deleted id is never
 *   used again;
 * - bodies are normalised JSON: `-0` is `0`, numbers are finite, they nest at most 1,100 deep; keys are any text;
 * - new ids are time-ordered where the embedder's id source is; those of executions are whatever their callers chose;
 * - no call has an empty list, no batch holds two writes of one document;
 * - a write claims only what no other write of its batch claims and what the document does not hold at the version the
 *   write expects, releases only what it holds at that version, and never both claims and releases one text; a write that
 *   deletes expects at least 1, claims nothing and releases every claim the document holds; one that expects 0 releases
 *   nothing. A write whose version has passed may claim or release anything, and must conflict;
 * - on one handle core waits for a call's answer before the next call, unless the store is `overlapping`; only between the
 *   steps of a scan does it make others. Else calls overlap only through different handles of a `concurrent` store;
 * - no call is made after `close`.
 *
 * What a store owes core is written on each member, as laws PO-1 to PO-16; `@userpoint/conformance` tests each.
 */
import type { JsonObject } from '../domain/json.ts'

/** A value, or a promise of it: a store that answers at once need not be asynchronous. */
export type Awaitable<A> = A | PromiseLike<A>

/** What sort of document: `user_point`, and others of core's own. A store treats all kinds alike. */
export type Kind = string

/** How core asks for a document: by its kind and id, or by a claim that leads to it. */
export type Reference =
  | { readonly _tag: 'ById'; readonly kind: Kind; readonly id: string }
  | { readonly _tag: 'ByClaim'; readonly claim: string }

/** A document as it is kept. `version` is 1 when it is first written and grows by one with each write (PO-9). */
export interface Stored {
  readonly kind: Kind
  readonly id: string
  readonly version: number
  readonly body: JsonObject
}

/** One document's part of a batch. */
export interface Write {
  readonly kind: Kind
  readonly id: string
  /** The version that was read, and must still be the current one; 0: there was none, and there still must be none. */
  readonly expected: number
  /** The whole new body; `undefined` deletes the document. */
  readonly body: JsonObject | undefined
  /** Claims the document takes with this write. */
  readonly claim: ReadonlyArray<string>
  /** Claims the document gives back with this write. On a deletion: all that it holds. */
  readonly release: ReadonlyArray<string>
}

/** Whether a batch landed. `Conflict`: a version or a claim no longer held, and nothing was written. */
export type CommitResult = { readonly _tag: 'Committed' } | { readonly _tag: 'Conflict' }

/** Where a scan starts and how much it gives. */
export interface ScanOptions {
  /** Give only ids that come after this one. */
  readonly after?: string
  /** Give at most so many documents; at least 1. */
  readonly limit?: number
}

/** What a store can do, declared once, for the conformance suite and for messages. */
export interface Manifest {
  /** A short name for messages: `memory`, `sqlite`. */
  readonly name: string
  /** Committed work is there again after the store was closed, or its process was killed, and it is reopened (PO-13). */
  readonly durable: boolean
  /**
   * Which handles on one store may be used at once (PO-8): those of one process (`handles`), those of several processes
   * too (`processes`), or one alone (`false`).
   */
  readonly concurrent: false | 'handles' | 'processes'
  /**
   * Calls on one handle may overlap, as those on several handles may: core then loads while it commits (PO-8). Absent: it
   * waits for each answer before the next call.
   */
  readonly overlapping?: boolean
  /** How many lines of a document are best committed at a time, where the embedder says nothing; 500 unless given. */
  readonly linesPerUnit?: number
}

export interface Repository {
  readonly manifest: Manifest

  /**
   * Gives the document each reference leads to, or `undefined`.
   *
   * - PO-1: answers come in the order and number of the references, duplicates included.
   * - PO-2: one load sees one moment: never a part of a batch.
   * - PO-3: it sees every batch committed before it was called, through any handle.
   * - PO-4: what comes back equals what went in as JSON, for every legal body, id and claim (the order of keys is no part
   *   of a body); an answer never changes later, and changing a body after it was committed changes nothing in the store.
   */
  load(references: ReadonlyArray<Reference>): Awaitable<ReadonlyArray<Stored | undefined>>

  /**
   * Writes a batch, or nothing of it.
   *
   * - PO-5: all or nothing, for readers and after a crash.
   * - PO-6: it lands only if every document still has the expected version; else `Conflict`, and nothing is written.
   * - PO-7: it lands only if every text it claims is free once the batch's releases and deletions are done (in whatever
   *   order the writes stand); else `Conflict`, and nothing is written. A claim leads to at most one document, always,
   *   over all kinds.
   * - PO-8: of two commits that run at the same time and would break PO-6 or PO-7, at most one lands; and where one could
   *   land, trying again lands it in the end.
   * - PO-9: a document's version is 1 after its first write and grows by one with each further write.
   * - PO-10: a deleted document is gone, and the claims it releases are free, in the moment of the commit; no other claim
   *   is touched.
   * - PO-15: a thrown error leaves the outcome unknown, unless it is a `StoreFault` (or any object) whose `applied` is
   *   `false`: then nothing was written. A returned result is always true. A load, scan or purge that throws has changed
   *   nothing.
   */
  commit(writes: ReadonlyArray<Write>): Awaitable<CommitResult>

  /**
   * Goes through the documents of one kind.
   *
   * - PO-11: ascending by id, compared by code point, each id once, only those after `after` (which need not be the id of
   *   any document), at most `limit`. A document that is there from beginning to end of the scan is given, as it was at
   *   some moment of the scan; one that comes or goes meanwhile may be given or not.
   * - PO-12: lazy, and an early exit frees everything: commits, loads and other scans work after it and during it.
   */
  scan(kind: Kind, options?: ScanOptions): AsyncIterable<Stored> | Iterable<Stored>

  /**
   * Drops what overwritten and deleted documents and claims left behind in the store's own files.
   *
   * - PO-14: after a delete and a `purge`, nothing of the body or of its claims is left there, while other handles are open
   *   but idle (ids and versions may be left). A purge that cannot finish throws. Absent: the store leaves nothing behind in
   *   the first place.
   */
  purge?(): Awaitable<void>

  /**
   * Gives everything back. Absent: there is nothing to give back.
   *
   * - PO-16: it may be called once, while no load, commit or purge runs (a scan that was left unfinished does not count,
   *   and gives nothing more); other handles are not affected.
   */
  close?(): Awaitable<void>
}
