/**
 * The port: the interface that a store implements. A repository is the store of one datamart. It knows nothing about people;
 * it keeps documents (kind, id, version, JSON body) and claims (a text that belongs to at most one document).
 *
 * Core's promises to a store:
 * - text (claims, keys and strings of bodies) is well-formed Unicode without NUL; claims have 1 to 1,100 UTF-16 units;
 * - kinds match `[a-z_]{1,40}`; ids are 1 to 512 printable ASCII characters (0x21 to 0x7e), and a deleted id is never
 *   used again;
 * - bodies are normalised JSON: `-0` is `0`, numbers are finite, they nest at most 1,100 deep; keys are any text;
 * - new ids are time-ordered if the embedder's id source is; the callers choose the ids of executions;
 * - no call has an empty list, and no batch has two writes of one document;
 * - a write takes only claims that no other write of its batch takes and that the document does not have at the expected
 *   version, releases only claims that it has at that version, and never takes and releases the same text; a deletion expects
 *   at least version 1, takes no claims and releases every claim of the document; a write that expects 0 releases nothing. A
 *   write with a stale version may take or release any claims, and must conflict;
 * - calls on one handle do not overlap unless the store is `overlapping`, except that other calls may come between the steps of
 *   a scan. Otherwise calls overlap only through different handles of a `concurrent` store;
 * - there is no call after `close`.
 *
 * The members state the store's duties as laws PO-1 to PO-18; `@userpoint/conformance` tests each law. One law is about every
 * call:
 *
 * - PO-17: the error of a failed call states in `recovery` whether a retry can help, if the store knows (see `Recovery`).
 *   `none` blames the content of the call alone: the same call always fails in the same way, wrote nothing (`applied: false`),
 *   and calls without the refused content succeed. So core may divide a refused batch until it has found the write that
 *   causes the refusal. After `retry` the same call may succeed. After `repair` it fails until an operator has changed
 *   something.
 */
import type { JsonObject } from '../domain/json.ts'

/** A value or a promise of it; a synchronous store can return values directly. */
export type Awaitable<A> = A | PromiseLike<A>

/**
 * The kind of a document: `user_point`, and other kinds of core. Kinds that begin with `app_` are the embedder's own: core never
 * reads or writes them, except where the embedder hands a write over. A store treats all kinds alike.
 */
export type Kind = string

/** A reference to a document: by its kind and id, or by a claim. */
export type Reference =
  | { readonly _tag: 'ById'; readonly kind: Kind; readonly id: string }
  | { readonly _tag: 'ByClaim'; readonly claim: string }

/** A stored document. `version` is 1 after the first write and grows by one with each further write (PO-9). */
export interface Stored {
  readonly kind: Kind
  readonly id: string
  readonly version: number
  readonly body: JsonObject
}

/** The write of one document in a batch. */
export interface Write {
  readonly kind: Kind
  readonly id: string
  /** The version that was read and must still be current; 0: the document must not exist. */
  readonly expected: number
  /** The whole new body; `undefined` deletes the document. */
  readonly body: JsonObject | undefined
  /** The claims that the document takes. */
  readonly claim: ReadonlyArray<string>
  /** The claims that the document releases; for a deletion, all its claims. */
  readonly release: ReadonlyArray<string>
  /**
   * `true`: a command that removes data has changed the body. A store that encrypts bodies gives the document a new key; others need
   * not read this. A deletion always removes data.
   */
  readonly erases?: true
}

/** The result of a commit. `Conflict`: a version or a claim no longer held, and nothing was written. */
export type CommitResult = { readonly _tag: 'Committed' } | { readonly _tag: 'Conflict' }

/** The range of a scan. */
export interface ScanOptions {
  /** Yield only ids after this one. */
  readonly after?: string
  /** The maximum number of documents, at least 1. */
  readonly limit?: number
}

/** The declared capabilities of a store, for core, the conformance suite and messages. */
export interface Manifest {
  /** A short name for messages: `memory`, `sqlite`. */
  readonly name: string
  /** `true`: commits survive the closing of the store and a kill of its process (PO-13). */
  readonly durable: boolean
  /**
   * The handles on one store that may be used concurrently (PO-8): those of one process (`handles`), those of several
   * processes too (`processes`), or only one (`false`).
   */
  readonly concurrent: false | 'handles' | 'processes'
  /**
   * `true`: calls on one handle may overlap, like calls on several handles, so core prefetches during a commit (PO-8). Absent:
   * core waits for each answer before the next call.
   */
  readonly overlapping?: boolean
  /**
   * `true`: the handle works in a transaction of the caller's, so that it cannot purge. Core writes down what deletions through
   * it owe, and never purges it; another handle on the store does.
   */
  readonly purgedElsewhere?: boolean
  /** The best number of lines per batch, if the embedder does not set it; default 500. */
  readonly linesPerUnit?: number
}

/**
 * A flaw in a store. It names documents by kind and id, and never contains a claim or a part of a body, which are personal data.
 *
 * - `DamagedStore`: the database reports that its own file or table is damaged; `detail` is its message.
 * - `UnreadableDocument`: a body is not JSON, or the caller could not read it.
 * - `MissingClaims`: `count` claims that the document must have do not lead to it.
 * - `StrayClaims`: `count` claims lead to the document although it must not have them; without `kind` and `id`, they lead to no
 *   document.
 */
export type Flaw =
  | { readonly _tag: 'DamagedStore'; readonly detail: string }
  | { readonly _tag: 'UnreadableDocument'; readonly kind: Kind; readonly id: string }
  | { readonly _tag: 'MissingClaims'; readonly kind: Kind; readonly id: string; readonly count: number }
  | { readonly _tag: 'StrayClaims'; readonly kind?: Kind; readonly id?: string; readonly count: number }

/**
 * Returns the claims that a document must have, which only its writer knows, or `undefined` for an unknown kind of document.
 * Throws if the body is invalid.
 */
export type ClaimsOf = (stored: Stored) => ReadonlyArray<string> | undefined

export interface Repository {
  readonly manifest: Manifest

  /**
   * Returns the document of each reference, or `undefined`.
   *
   * - PO-1: there is one answer for each reference, in order, duplicates included.
   * - PO-2: a load sees one snapshot: never a part of a batch.
   * - PO-3: a load sees every batch that was committed before the call, through any handle.
   * - PO-4: every legal body, id and claim is returned equal as JSON (the order of keys does not matter). An answer never changes
   *   later, and mutating a body after its commit does not change the store.
   */
  load(references: ReadonlyArray<Reference>): Awaitable<ReadonlyArray<Stored | undefined>>

  /**
   * Writes a whole batch, or nothing of it.
   *
   * - PO-5: a commit is all or nothing, for readers and after a crash.
   * - PO-6: a batch lands only if every document still has the expected version. Otherwise `Conflict`, and nothing is written.
   * - PO-7: a batch lands only if every text that it claims is free after the batch's releases and deletions, in any order of the
   *   writes. Otherwise `Conflict`, and nothing is written. A claim always belongs to at most one document, over all kinds.
   * - PO-8: of two concurrent commits that together would break PO-6 or PO-7, at most one lands. If a batch can land, retries
   *   eventually land it.
   * - PO-9: a document's version is 1 after its first write and grows by one with each further write.
   * - PO-10: the commit of a deletion removes the document and frees its released claims at once, and changes no other claim.
   * - PO-15: a thrown error leaves the outcome unknown, unless it is a `StoreFault` (or any object) whose `applied` is
   *   `false`: then nothing was written. A returned result is always true. A load, scan or purge that throws has changed
   *   nothing.
   */
  commit(writes: ReadonlyArray<Write>): Awaitable<CommitResult>

  /**
   * Yields the documents of one kind.
   *
   * - PO-11: ids ascend by code point, each once, only ids after `after` (which need not exist), at most `limit`. A document that
   *   exists during the whole scan is yielded in a state that it had during the scan; one that is created or deleted meanwhile
   *   may be yielded or not.
   * - PO-12: a scan is lazy, and an early exit releases all resources. Commits, loads and other scans work during and after it.
   */
  scan(kind: Kind, options?: ScanOptions): AsyncIterable<Stored> | Iterable<Stored>

  /**
   * Removes the bytes of overwritten and deleted documents and claims from the store's own files.
   *
   * - PO-14: after a deletion and a `purge`, the files contain no byte of the body or of its claims, even while other handles are
   *   open and idle (ids and versions may remain). A purge that cannot finish throws. Absent: the store leaves no such bytes.
   */
  purge?(): Awaitable<void>

  /**
   * Checks the whole store, and yields its flaws. Absent: the store cannot be checked.
   *
   * - PO-18: a check yields nothing if all batches were committed through the port and `claimsOf` returns the claims of each
   *   document, even if other commits land meanwhile. It yields a flaw for each document for which `claimsOf` throws, and for
   *   each whose claims differ from those that `claimsOf` returns. A check changes nothing and is lazy, and an early exit
   *   releases all resources.
   *
   * @param claimsOf Returns the claims that a document must have.
   */
  check?(claimsOf: ClaimsOf): AsyncIterable<Flaw> | Iterable<Flaw>

  /**
   * Releases the resources of the handle. Absent: the handle has none.
   *
   * - PO-16: core calls it once, while no load, commit or purge runs. An unfinished scan may remain, and yields nothing more.
   *   Other handles are not affected.
   */
  close?(): Awaitable<void>
}
