/** The engine: it takes commands and documents, and returns verdicts. It is the only part of core that waits. */
import { type Command, referencesOfWho, type Who } from '../command/command.ts'
import { isWho } from '../command/command-shape.ts'
import { type Bounds, decodeLine, defaultBounds } from '../command/decode-line.ts'
import { type Dialect, type DocumentKind, isSupported } from '../command/dialect.ts'
import { type Policies, policiesFrom } from '../command/policies.ts'
import { type Rejection, rejection } from '../command/rejection.ts'
import { findWho } from '../decide/subject.ts'
import type { Verdict } from '../decide/verdict.ts'
import { asOf, type Subject } from '../domain/user-point.ts'
import { E } from '../fp.ts'
import type { Flaw, Repository } from '../repository/repository.ts'
import { type Execution, type ExecutionId, loadExecution, scanExecutions } from './execution/execution.ts'
import {
  type ExecutionFailure,
  type ExecutionOptions,
  type ExecutionReport,
  runExecution
} from './execution/run-execution.ts'
import { explainWith } from './import/explain.ts'
import { type ImportFailure, type ImportOptions, importDocument } from './import/import-document.ts'
import type { ImportReport } from './import/report.ts'
import type { ImportSettings } from './import/run-import.ts'
import { createTrial } from './import/trial.ts'
import { type Line, linesOf } from './input/line.ts'
import type { DocumentInput } from './input/reading.ts'
import { type FeedCalls, feedCalls } from './feed/feed-calls.ts'
import { createLookAhead } from './lookahead/pipeline.ts'
import {
  demandCommands,
  demandEngineOptions,
  type EngineOptions,
  type ErasureOptions,
  executionOptions,
  executionValues,
  explainOptions,
  explainValues,
  type ExplainOptions,
  importOptions,
  importValues,
  purgeOptions,
  purgeValues,
  receiptParts,
  requireBounds,
  sweepOptions,
  sweepValues
} from './engine-options.ts'
import { type BackgroundPurge, createBackgroundPurge, noBackgroundPurge } from './maintenance/background-purge.ts'
import { check } from './maintenance/check.ts'
import { type Receipts, receiptsOver } from './maintenance/receipts.ts'
import { purge, type PurgeOptions, type PurgeOwed, purgeOwed, type PurgeReport } from './maintenance/purge.ts'
import { type SweepOptions, type SweepReport, sweep } from './maintenance/sweep.ts'
import type { EngineError, PurgeFailed, StoreFailed } from './transaction/engine-error.ts'
import { createFeedWriter } from './transaction/feed-writer.ts'
import { loadParts, referencesFrom, toLoaded, userPointKind, workspaceOf } from './transaction/load.ts'
import { createQueue } from './transaction/queue.ts'
import { runDividing } from './transaction/dividing.ts'
import { digestOf } from './transaction/erasure-key.ts'
import type { ErasureSource } from './transaction/erasure-receipt.ts'
import { withKeyedClaims } from './transaction/keyed-claims.ts'
import { claimOfReceipt, forgetReceipts, type OtherCall, type Receipt, runOnce } from './transaction/receipt.ts'
import { createRuntime, type Erasure, type Runtime } from './transaction/runtime.ts'
import { turnsOver } from './transaction/turns.ts'
import { runTransaction, unitOf } from './transaction/transaction.ts'
import { demandOptions, wrongArgument } from '../wrong-call.ts'

export interface Engine<Type extends string = string> extends FeedCalls {
  /** The policies of this engine, with the defaults filled in. */
  readonly policies: Policies
  readonly bounds: Bounds
  /**
   * Applies a document, line by line, in order. Each line sees the changes of the lines before it. A rejected line
   * does not stop the others; a job rejection applies no line.
   *
   * @param input The bytes, or a function that opens them; they are read at least twice.
   * @returns Right: the report; its status tells whether the import completed. Left: the error that ended it, and the report
   *   by then. The promise is rejected only with an error of `onVerdicts`.
   */
  readonly importDocument: (
    type: Type,
    input: DocumentInput,
    options?: ImportOptions
  ) => Promise<E.Either<ImportFailure, ImportReport>>
  /**
   * Applies a document under an id, exactly once, in as many runs as it takes. A run continues where the last one ended, also
   * after a crash. A run of a finished execution changes nothing, and returns the same report.
   *
   * @param input The same bytes in each run; other bytes are refused.
   * @returns Right: the report on all runs together. Left: the error that ended or refused this run. The promise is rejected
   *   only with an error of the sink, `onProgress` or `createHash`; the next run then continues.
   */
  readonly runExecution: (
    id: ExecutionId,
    type: Type,
    input: DocumentInput,
    options: ExecutionOptions
  ) => Promise<E.Either<ExecutionFailure, ExecutionReport>>
  /** Returns the stored execution of this id. */
  readonly findExecution: (id: ExecutionId) => Promise<E.Either<StoreFailed, Execution | undefined>>
  /** Reads all executions, ascending by id. Throws errors of the store's scan. */
  readonly executions: () => AsyncIterable<Execution>
  /** Applies one line of a document type, given as a parsed JSON value. */
  readonly runOne: (type: Type, line: unknown) => Promise<E.Either<EngineError, Verdict>>
  /** Applies commands in order, all in one atomic unit of work, one verdict each. */
  readonly execute: (commands: ReadonlyArray<Command>) => Promise<E.Either<EngineError, ReadonlyArray<Verdict>>>
  /**
   * Applies commands as `execute` does, once under this receipt (L-36). A repeated call returns the verdicts of the first, also
   * from another process or after a crash, until the receipt's lifetime is over.
   *
   * @returns Right: the verdicts. Left: an error, after which the call may be repeated; or `OtherCall`, if the receipt belongs
   *   to a call with another digest.
   */
  readonly executeOnce: (
    receipt: Receipt,
    commands: ReadonlyArray<Command>
  ) => Promise<E.Either<EngineError | OtherCall, ReadonlyArray<Verdict>>>
  /** Deletes the receipts whose lifetime is over, and returns their number. It reads all receipts. */
  readonly forgetReceipts: () => Promise<E.Either<StoreFailed, number>>
  /**
   * Explains a document without writing anything. It gives the verdicts of an import, and the changes of each line. An import of
   * the same document then does the same, unless the store, the clock or the ids differ by then (L-25).
   *
   * @returns Right: the report of that import.
   */
  readonly explainDocument: (
    type: Type,
    input: DocumentInput,
    options: ExplainOptions
  ) => Promise<E.Either<ImportFailure, ImportReport>>
  /** Creates a trial: documents that are explained on it one after the other see each other's changes. */
  readonly createTrial: () => Repository
  /** Removes what the rules of retention say is too old (L-39), collectable user points, and device points without technical ids. */
  readonly sweep: (options?: SweepOptions) => Promise<E.Either<EngineError, SweepReport>>
  /**
   * Makes the store drop the traces of deleted data from its files, if a deletion owes that. Call it at the start of a
   * service: an earlier process may have been killed before it purged.
   *
   * @returns Right: what was done. Left: the store could not; what was owed is still owed.
   */
  readonly purge: (options?: PurgeOptions) => Promise<E.Either<PurgeFailed, PurgeReport>>
  /** Returns the purges that deletions owe, those of earlier processes too. */
  readonly purgeOwed: () => Promise<E.Either<StoreFailed, PurgeOwed>>
  /**
   * Resolves once no purge is at work in the background, and none is about to start. Wait for it before you close the store,
   * for as long as you like: what is not done by then is still owed.
   */
  readonly idle: () => Promise<void>
  /** The receipts of erasures, and the suppressions; `undefined`: the engine has no key. */
  readonly receipts: Receipts | undefined
  /**
   * Yields the flaws of the store: bodies that cannot be read, claims that do not agree with their documents, and damage that
   * the store finds in its own files. It changes nothing. Throws if the store cannot be checked, and errors of its check.
   */
  readonly check: () => AsyncIterable<Flaw>
  /** Returns a user point as it is now; a rejection if the references lead to different ones (B-01). */
  readonly find: (who: Who) => Promise<E.Either<StoreFailed | Rejection, Subject | undefined>>
  /** Reads all user points, ascending by id. Throws errors of the store's scan. */
  readonly userPoints: () => AsyncIterable<Subject>
}

/** Returns a user point without its expired memberships. */
const current = ({ id, point }: Subject, { clock }: Runtime): Subject => {
  const canExpire = point.segments.some(({ expiresAt }) => expiresAt !== undefined)
  return { id, point: canExpire ? asOf(point, clock()) : point }
}

/** Returns a runtime whose receipts name the call. */
const withSource = (runtime: Runtime, source: ErasureSource): Runtime =>
  runtime.erasure === undefined ? runtime : { ...runtime, source }

const withRequest = (runtime: Runtime, name: string): Runtime =>
  runtime.erasure === undefined
    ? runtime
    : withSource(runtime, { request: digestOf(runtime.erasure.key, 'request', name) })

/** Returns the calls that apply single lines and commands, one unit of work each. */
const commandCalls = <Type extends string>(
  { repository, runtime, policies, bounds }: ImportSettings,
  kindOf: (type: Type) => DocumentKind
): Pick<Engine<Type>, 'runOne' | 'execute' | 'executeOnce' | 'find'> => {
  const queue = createQueue()

  const execute = async (lines: ReadonlyArray<Line>): Promise<E.Either<EngineError, ReadonlyArray<Verdict>>> => {
    const unit = unitOf(lines)
    const judgements = await queue(unit.references.keys(), () =>
      runDividing<EngineError>(unit, (some) => runTransaction(some, { repository, runtime }))
    )
    if (E.isLeft(judgements)) return judgements
    return E.right(judgements.right.map(({ verdict }) => verdict))
  }

  return {
    runOne: async (type, line) => {
      const kind = kindOf(type)
      if (!isSupported(kind, policies.systemVersion)) return E.right(rejection('UNSUPPORTED_SYSTEM_VERSION'))
      const decoded = decodeLine(line, { kind, policies, bounds })
      if (E.isLeft(decoded)) return E.right(decoded.left)
      const verdicts = await execute([{ index: 0, line: 1, start: undefined, decoded: decoded.right }])
      return E.isLeft(verdicts) ? verdicts : E.right(verdicts.right[0] as Verdict)
    },
    execute: async (commands) => execute(linesOf(demandCommands(commands), bounds.maxDepth)),
    executeOnce: async (receipt, commands) => {
      demandOptions('executeOnce', receipt, receiptParts)
      const lines = linesOf(demandCommands(commands), bounds.maxDepth)
      const keys = [...unitOf(lines).references.keys(), claimOfReceipt(receipt.id)]
      return queue(keys, () => runOnce(lines, receipt, { repository, runtime: withRequest(runtime, receipt.id) }))
    },
    find: async (who) => {
      if (!isWho(who)) throw wrongArgument('find needs a reference, such as { _tag: "EmailHash", hash }')
      const loaded = await loadParts(repository, [...referencesFrom(referencesOfWho(who)).values()], runtime)
      if (E.isLeft(loaded)) return loaded
      const found = findWho(workspaceOf(loaded.right), who)
      return E.isLeft(found) ? found : E.right(found.right && current(found.right, runtime))
    }
  }
}

/** Returns the calls that read a document. */
const documentCalls = <Type extends string>(
  settings: ImportSettings,
  kindOf: (type: Type) => DocumentKind,
  encodeUserPoint: Dialect['encodeUserPoint'] | undefined
): Pick<Engine<Type>, 'importDocument' | 'explainDocument' | 'runExecution'> => {
  const { repository, runtime } = settings
  return {
    importDocument: async (type, input, options = {}) => {
      demandOptions('importDocument', options, importOptions, importValues)
      const { onVerdicts, ...reading } = options
      return importDocument({
        type,
        kind: kindOf(type),
        input,
        options: reading,
        settings,
        lookAhead: createLookAhead(repository, runtime),
        deliver: onVerdicts
      })
    },
    explainDocument: async (type, input, options) => {
      demandOptions('explainDocument', options, explainOptions, explainValues)
      const { onExplained, trial = createTrial(repository), ...reading } = options
      const explainLine = explainWith(encodeUserPoint as Dialect['encodeUserPoint'])
      return importDocument({
        type,
        kind: kindOf(type),
        input,
        options: reading,
        settings: { ...settings, repository: trial },
        observed: 'changes',
        deliver: (judgements) => onExplained(judgements.map(explainLine))
      })
    },
    runExecution: async (id, type, input, options) => {
      demandOptions('runExecution', options, executionOptions, executionValues)
      const named = withSource(runtime, { execution: id })
      return runExecution({
        id,
        type,
        kind: kindOf(type),
        input,
        options,
        settings: { ...settings, runtime: named },
        lookAhead: createLookAhead(repository, named)
      })
    }
  }
}

/** @throws {WrongCall} if the policy needs keyed claims, which the options do not have. */
const erasureOf = (options: ErasureOptions | undefined, { suppression }: Policies): Erasure | undefined => {
  const erasure = options && { key: options.key, claims: options.claims ?? 'keyed' }
  if (suppression !== 'none' && erasure?.claims !== 'keyed')
    throw wrongArgument('the policy suppression needs keyed claims: give createEngine the key of the datamart')
  return erasure
}

/** A handle in a transaction of the caller's is over before a purge could begin. */
const backgroundOf = (
  { purge: wanted = 'background', onPurge, clock, sleep = () => undefined }: EngineOptions,
  repository: Repository
): BackgroundPurge =>
  wanted === 'manual' || repository.manifest.purgedElsewhere === true
    ? noBackgroundPurge
    : createBackgroundPurge({ repository, runtime: { clock, sleep }, onPurge })

/**
 * Creates an engine over a store. Several engines, in several processes, may work on one store that is `concurrent`.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createEngine } from '@userpoint/core'
 * import { v7 } from 'uuid'
 *
 * const engine = createEngine({ repository: createMemoryRepository(), clock: Date.now, newId: v7 })
 * const verdicts = await engine.execute([
 *   { _tag: 'EnterScenario', reference: { _tag: 'EmailHash', hash: 'a1b2' }, scenario: 'welcome' }
 * ])
 * console.log(verdicts._tag === 'Right' && verdicts.right[0]?._tag) // => Applied
 * ```
 */
export const createEngine = <Type extends string = never>(options: EngineOptions<Type>): Engine<Type> => {
  demandEngineOptions(options)
  const { dialect } = options
  const { shared, alone } = turnsOver(options.repository)
  const policies = policiesFrom(options.policies)
  const erasure = erasureOf(options.erasure, policies)
  const repository = erasure?.claims === 'keyed' ? withKeyedClaims(shared, erasure.key) : shared
  const background = backgroundOf(options, alone)
  const created = createRuntime(options, policies, shared)
  const feed = options.feed === 'on' ? createFeedWriter(shared, created.newId) : undefined
  const runtime: Runtime = { ...created, erasure, onObligation: background.note, feed }
  const bounds: Bounds = { ...defaultBounds, ...options.bounds }
  requireBounds(bounds)
  const { settingsDigest } = options
  const parts: ImportSettings = { repository, runtime, policies, bounds, settingsDigest }
  /** Also after an error: what was deleted by then is owed. */
  const thenPurge =
    <Args extends ReadonlyArray<unknown>, A>(call: (...args: Args) => Promise<A>) =>
    (...args: Args): Promise<A> =>
      call(...args).finally(background.start)

  const receipts = erasure && receiptsOver(repository, erasure.key)
  /** If sealing fails, the receipts wait for the next time: what was called is done. */
  const sealedAfter = async <A>(called: Promise<A>): Promise<A> => {
    try {
      return await called
    } finally {
      await receipts?.seal()
    }
  }
  const thenSeal =
    <Args extends ReadonlyArray<unknown>, A>(call: (...args: Args) => Promise<A>) =>
    (...args: Args): Promise<A> =>
      sealedAfter(call(...args))

  const kindOf = (type: Type): DocumentKind => {
    if (dialect === undefined || !Object.hasOwn(dialect.documents, type)) throw wrongArgument('unknown document type')
    return dialect.documents[type]
  }

  const commands = commandCalls(parts, kindOf)
  const documents = documentCalls(parts, kindOf, dialect?.encodeUserPoint)
  return {
    policies,
    bounds,
    runOne: thenPurge(commands.runOne),
    execute: thenPurge(commands.execute),
    executeOnce: thenPurge(commands.executeOnce),
    forgetReceipts: () => forgetReceipts({ repository, runtime }),
    find: commands.find,
    ...feedCalls({ repository, runtime }, options, background.start),
    importDocument: thenPurge(thenSeal(documents.importDocument)),
    runExecution: thenPurge(thenSeal(documents.runExecution)),
    explainDocument: documents.explainDocument,
    findExecution: async (id) => {
      const found = await loadExecution(repository, id)
      return E.isLeft(found) ? found : E.right(found.right?.execution)
    },
    executions: () => scanExecutions(repository),
    createTrial: () => createTrial(repository),
    sweep: thenPurge(async (asked: SweepOptions = {}) => {
      demandOptions('sweep', asked, sweepOptions, sweepValues)
      const { dryRun = false, signal, onExplained } = asked
      if (onExplained !== undefined && dialect === undefined)
        throw wrongArgument('onExplained needs the dialect, in whose fields changes are told')
      return (dryRun ? sweep : thenSeal(sweep))({
        repository: dryRun ? createTrial(repository) : repository,
        runtime: withSource(runtime, { by: 'sweep' }),
        rules: options.retention ?? {},
        encodeUserPoint: dialect?.encodeUserPoint,
        ...(signal !== undefined && { signal }),
        ...(onExplained !== undefined && { onExplained })
      })
    }),
    purge: thenSeal(async (asked?: PurgeOptions) => {
      demandOptions('purge', asked, purgeOptions, purgeValues)
      return purge({ repository: alone, runtime: options }, asked)
    }),
    purgeOwed: () => purgeOwed(repository),
    idle: background.idle,
    receipts,
    check: () => check(options.repository, erasure),
    async *userPoints() {
      for await (const stored of repository.scan(userPointKind)) yield current(toLoaded(stored), runtime)
    }
  }
}
