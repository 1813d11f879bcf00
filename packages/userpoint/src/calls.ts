/** The calls of the door, their options and their results. */
import type {
  Difference,
  Effect,
  Execution,
  ExecutionReport,
  FramingMode,
  ImportReport,
  Json,
  JsonObject,
  LineVerdict,
  NoOpReason,
  RejectionLimit,
  Verdict,
  VerdictSink,
  Warning
} from '@userpoint/core'
import type {
  PurgeOptions,
  PurgeOutcome,
  PurgeOwed,
  PurgeReport,
  SweepOptions,
  SweepReport
} from '@userpoint/core/maintenance'
import type { Command } from '@userpoint/core/command'
import type { ChangesOptions, ForgetReport } from '@userpoint/core/feed'
import type { Insider } from '@userpoint/core/insider'
import type { DocumentType, Line } from '@userpoint/core/mediarithmics'
import type {
  KeptReceipt,
  ReceiptExportOptions,
  ReceiptHead,
  SealReport,
  StoreChainReport,
  Suppression
} from '@userpoint/core/receipts'
import type { Repository } from '@userpoint/core/repository'
import type { Settings } from '@userpoint/settings'
import type { PersonChange } from './changes.ts'
import type { ErasureOptions } from './erasure-options.ts'
import type { Person } from './person.ts'
import type { Safe, Settled } from './safe.ts'
import type { Source } from './source.ts'
import type { KnownBy, Who } from './who.ts'
export interface UserpointOptions {
  /** The store of one datamart. */
  readonly repository: Repository
  /** The settings of the datamart, as a file for the command line and the server has them; absent ones have their defaults. */
  readonly settings?: Settings
  /**
   * `background` (the default): about a second after a deletion, the store drops from its files what was deleted. `manual`:
   * you call `purge`.
   */
  readonly purge?: 'background' | 'manual'
  /**
   * The key of the datamart: 32 random bytes or more. With it each erasure leaves a receipt (L-38) and may suppress (L-37).
   * Keep it as long as the store; all processes over the store need the same.
   */
  readonly erasureKey?: Uint8Array
  /** Called with the outcome of each purge in the background. What a failed one owed is still owed. */
  readonly onPurge?: (outcome: PurgeOutcome) => void
}

/**
 * The result of an accepted command. `noop`: it changed nothing, and `reason` says why. `suppressed`: an erasure found no person,
 * and suppressed the identifiers that it names. `lifted`: these identifiers are no longer suppressed.
 */
export type Done = {
  /** Warnings about a command that was accepted. */
  readonly warnings: ReadonlyArray<Warning>
} & (
  | { readonly outcome: 'applied'; readonly userPoint: string; readonly effect: Effect }
  | { readonly outcome: 'suppressed' | 'lifted'; readonly identifiers: number }
  | { readonly outcome: 'noop'; readonly reason: NoOpReason }
)

/** Names a profile of a person: without an account, the one that belongs to no account; without a compartment, of the default one. */
export interface ProfileOf {
  readonly compartment?: string | number
  readonly account?: string
}

export interface UpsertOptions {
  /** `shallow` unless given: each top-level property overrides. `deep`: objects merge and arrays join. `replace`: nothing else stays. */
  readonly merge?: 'shallow' | 'deep' | 'replace'
  readonly profile?: ProfileOf
}

/** The parts of a profile to remove. */
export interface Removal {
  /** Properties that go as a whole. */
  readonly whole?: ReadonlyArray<string>
  /** Values that go from array properties, every occurrence of each. */
  readonly values?: Readonly<Record<string, ReadonlyArray<Json>>>
  readonly profile?: ProfileOf
}

export interface MembershipOptions {
  /** A moment in milliseconds since 1970, or a Date; without it, the membership never ends. */
  readonly expires?: number | Date
  readonly dataBag?: Json
}

/** A segment, by its id or by its technical name. */
export type SegmentName = { readonly id: string } | { readonly technicalName: string }

export interface Progress {
  /** 1: the document is checked. 2: it is applied. */
  readonly reading: 1 | 2
  /** The number of bytes that this reading has taken, unpacked. */
  readonly bytes: number
  /** The number of lines that have their verdict. */
  readonly lines: number
}

export interface ImportOptions {
  /** Names the import, so that it is applied exactly once: run it again after a crash, and it continues. */
  readonly execution?: string
  /** The import waits for it. An error that it throws stops the import, and is the `cause` of `INPUT_FAILED`. */
  readonly onProgress?: (progress: Progress) => void | Promise<void>
  /**
   * Gets the verdicts of each batch once it is committed, in order. An execution takes a `verdictSink` instead, because its earlier runs
   * had theirs. An error that it throws stops the import, and is the `cause` of `VERDICTS_FAILED`.
   */
  readonly onVerdicts?: (verdicts: ReadonlyArray<LineVerdict>) => void | Promise<void>
  /** Keeps the verdicts of an execution in step with the store; each run of it needs one, or none does. */
  readonly verdictSink?: VerdictSink
  /**
   * Rejects the whole document, before anything is applied, if more lines than this are wrong in themselves: `100`, or
   * `'5%'`. Defaults to `limits.maxRejected` of the settings.
   */
  readonly maxRejected?: RejectionLimit
  readonly framing?: FramingMode
  /** `accept`: an execution continues although its earlier runs had other settings; `refuse` (the default): it does not. */
  readonly otherSettings?: 'refuse' | 'accept'
  /** Stops after the batch in flight, also an import that waits for its input. */
  readonly signal?: AbortSignal
}

/** A place that an erasure would empty, and what stands there. */
export type Planned = Difference

/** Everything about one person, twice. */
export interface Access {
  /** The access file: JSON in the form of docs/access.md. */
  readonly file: JsonObject
  /** The same as HTML, without scripts. */
  readonly page: string
}

/** The receipts of erasures. */
export interface ReceiptCalls {
  /** Reads all receipts: those of the chain in its order, then those that are not sealed. */
  readonly list: () => AsyncIterable<KeptReceipt>
  /** Yields the lines of an export, which anyone can verify with the public key: `verifyExport` of `@userpoint/core/receipts`. */
  readonly export: (options?: Pick<ReceiptExportOptions, 'sign'>) => AsyncIterable<string>
  /** Moves the receipts that are not sealed into the chain. Imports, sweeps and purges do that at their end. */
  readonly seal: () => Promise<SealReport>
  /** Verifies the chain in the store. `known`: a head that was kept elsewhere. */
  readonly verify: (known?: ReceiptHead) => Promise<StoreChainReport>
}

/** The calls on people in one datamart's store. */
export interface Calls {
  /** Creates or changes a profile of a person, and the person if they are new. */
  readonly upsert: (who: Who, properties: Readonly<Record<string, unknown>>, options?: UpsertOptions) => Promise<Done>
  /** Returns the person as plain JSON; `undefined`: they are unknown. */
  readonly find: (who: Who) => Promise<Person | undefined>
  /**
   * Returns everything about the person for the person, as a file that programs read and as a page that people read; `undefined`: they
   * are unknown.
   */
  readonly access: (who: Who) => Promise<Access | undefined>
  /**
   * Deletes the person with everything attached to them. It is committed when the promise is fulfilled. If it suppresses and the
   * person is unknown, the identifier is suppressed.
   */
  readonly erase: (who: Who, options?: ErasureOptions) => Promise<Done>
  /** Lifts the suppression of identifiers, so that they may come back. */
  readonly liftSuppression: (first: KnownBy, ...others: ReadonlyArray<KnownBy>) => Promise<Done>
  /** Returns what `erase` would remove, place by place; empty: the person is unknown. */
  readonly explainErase: (who: Who) => Promise<ReadonlyArray<Planned>>
  /** Makes all these identifiers one person's, merging people where it must. */
  readonly associate: (first: KnownBy, ...others: ReadonlyArray<KnownBy>) => Promise<Done>
  /** Removes one identifier; the person stays. */
  readonly removeIdentifier: (identifier: KnownBy, options?: ErasureOptions) => Promise<Done>
  /** Removes properties, or values of array properties, from a profile that is there; creates nothing. */
  readonly removeAttributes: (who: Who, removal: Removal) => Promise<Done>
  /** Deletes one profile; the person stays. */
  readonly deleteProfile: (who: Who, profile?: ProfileOf) => Promise<Done>
  readonly segments: {
    /** Begins or changes a membership. `expires`: a moment in milliseconds since 1970, or a Date; without it, never. */
    readonly add: (who: Who, segment: SegmentName, options?: MembershipOptions) => Promise<Done>
    readonly remove: (who: Who, segment: SegmentName) => Promise<Done>
  }
  readonly choices: {
    /** Records a choice on one processing of data, made at the moment `at`. */
    readonly set: (
      who: Who,
      processing: string,
      choice: Readonly<Record<string, unknown>>,
      at: number | Date
    ) => Promise<Done>
    readonly remove: (who: Who, processing: string) => Promise<Done>
  }
  /** Applies one line of a document type. A line that came as JSON is checked too, so it may be taken `as Line<…>`. */
  readonly run: <Type extends DocumentType>(type: Type, line: Line<Type>) => Promise<Done>
  /** Applies commands of core in one atomic batch. Bulk: the verdicts are returned, rejected ones too. */
  readonly execute: (commands: ReadonlyArray<Command>) => Promise<ReadonlyArray<Verdict>>
  /** Applies a document. Bulk: rejected lines are counted in the report and told to `onVerdicts`. */
  readonly import: (
    type: DocumentType,
    source: Source,
    options?: ImportOptions
  ) => Promise<ImportReport | ExecutionReport>
  /** Removes people that nothing keeps alive. */
  readonly sweep: (options?: SweepOptions) => Promise<SweepReport>
  /**
   * Drops from the store's own files what deleted people left behind, if a deletion owes that. Call it when a service starts:
   * the process before it may have been killed.
   */
  readonly purge: (options?: PurgeOptions) => Promise<PurgeReport>
  /** Returns the purges that deletions still owe. */
  readonly purgeOwed: () => Promise<PurgeOwed>
  /**
   * Drops the entries of the feed that every consumer has, and those that are too old. Readers do this too; call it once a day
   * where there may be none.
   */
  readonly forgetChanges: () => Promise<ForgetReport>
  /** Deletes a consumer of the feed. Returns whether there was one. */
  readonly forgetConsumer: (name: string) => Promise<boolean>
  /**
   * Closes the store, after the purge in the background. Every later call fails with `CLOSED`, on any store; a second `close`
   * is the first.
   *
   * @throws {UserpointFailed} `PURGE_FAILED`: the purge is still at work after 30 seconds. The store is closed when it has
   *   ended; what is not purged by then is still owed.
   */
  readonly close: () => Promise<void>
}

/** People in one datamart's store. */
export interface Userpoint extends Calls {
  /** Insider's calls on users, with the identity settings of the datamart. They return their errors as values. */
  readonly insider: Insider
  /** Every person as plain JSON, ascending by id, read as they are asked for. */
  readonly export: () => AsyncIterable<Person>
  /** The receipts of erasures. Its calls throw a `TypeError` without an `erasureKey`. */
  readonly receipts: ReceiptCalls
  /** Every suppression, as a keyed digest and a time. Throws a `TypeError` without an `erasureKey`. */
  readonly suppressions: () => AsyncIterable<Suppression>
  /**
   * Yields the changes to a consumer (`feed.state` of the settings is `on`): first everybody, then each change of a person in the
   * order of the commits. What is not acknowledged is yielded again by the next reading. It waits for more until the signal,
   * unless `atEnd` is `stop`.
   *
   * @throws {FeedFault} `CHANGES_LOST`, `CONSUMER_TAKEN`: the consumer cannot go on.
   */
  readonly changes: (options: ChangesOptions) => AsyncIterable<PersonChange>
  /** Every execution of the store. */
  readonly executions: () => AsyncIterable<Execution>
  /** The same calls, with a rejection or a failure as a value instead of a thrown error. */
  readonly safe: Safe<Omit<Calls, 'run'>> & {
    readonly run: <Type extends DocumentType>(type: Type, line: Line<Type>) => Promise<Settled<Done>>
  }
}
