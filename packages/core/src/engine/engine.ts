/** The engine: commands and documents in, verdicts out, over any repository. The only part of core that waits. */
import { type Command, referencesOfWho, type Who } from '../command/command.ts'
import { type Bounds, decodeLine, defaultBounds } from '../command/decode-line.ts'
import { type Dialect, type DocumentKind, isSupported } from '../command/dialect.ts'
import { defaultPolicies, type Policies } from '../command/policies.ts'
import { type Rejection, rejection } from '../command/rejection.ts'
import { findWho } from '../decide/subject.ts'
import type { Verdict } from '../decide/verdict.ts'
import { createWorkspace } from '../decide/workspace.ts'
import type { Subject } from '../domain/user-point.ts'
import { E } from '../fp.ts'
import type { Awaitable, Repository } from '../repository/repository.ts'
import { type Execution, type ExecutionId, loadExecution, scanExecutions } from './execution/execution.ts'
import {
  type ExecutionFailure,
  type ExecutionOptions,
  type ExecutionReport,
  runExecution
} from './execution/run-execution.ts'
import { type ExplainedLine, explainWith } from './import/explain.ts'
import { type ImportFailure, type ImportOptions, importDocument } from './import/import-document.ts'
import type { ImportReport } from './import/report.ts'
import { createTrial } from './import/trial.ts'
import { type Line, linesOf } from './input/line.ts'
import type { DocumentInput, ReadingOptions } from './input/reading.ts'
import { createLookAhead } from './lookahead/pipeline.ts'
import { purge } from './maintenance/purge.ts'
import { type SweepOptions, type SweepReport, sweep } from './maintenance/sweep.ts'
import type { EngineError, PurgeFailed, StoreFailed } from './transaction/engine-error.ts'
import { load, referencesFrom, toLoaded, userPointKind } from './transaction/load.ts'
import { createQueue } from './transaction/queue.ts'
import { runDividing } from './transaction/dividing.ts'
import { createRuntime, type RuntimeOptions } from './transaction/runtime.ts'
import { hasErased, runTransaction, unitOf } from './transaction/transaction.ts'

const requireBounds = ({ maxDepth, maxLineLength }: Bounds): void => {
  if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > 1_000)
    throw new TypeError('maxDepth must be 1 to 1,000')
  if (!Number.isInteger(maxLineLength) || maxLineLength < 1) throw new TypeError('maxLineLength must be 1 or more')
}

export interface EngineOptions<Type extends string = string> extends RuntimeOptions {
  /** How documents are read; without one, the engine takes commands only. */
  readonly dialect?: Dialect<Type>
  /** The store of one datamart. The engine never closes it. */
  readonly repository: Repository
  /** What the documents leave open; {@link defaultPolicies} where it says nothing. */
  readonly policies?: Partial<Policies>
  /** What a line may hold; {@link defaultBounds} where it says nothing. */
  readonly bounds?: Partial<Bounds>
  /**
   * Whether the store drops what deleted data left behind in its files, after each call that deleted something and each
   * document that asked for a removal; `true` unless given. On a large SQLite file that is a `VACUUM` each time: with
   * `false` the embedder calls `purge` in its own time.
   */
  readonly purgeAfterDeletions?: boolean
}

export interface ExplainOptions extends ReadingOptions {
  /** What the document is tried on: a trial of this engine, with all that was tried on it before; the store itself unless given. */
  readonly trial?: Repository
  /** Gets each line's verdict and what it would change, in order; the explanation waits for it. */
  readonly onExplained: (lines: ReadonlyArray<ExplainedLine>) => Awaitable<void>
}

export interface Engine<Type extends string = string> {
  /** What this engine was given, the defaults filled in. */
  readonly policies: Policies
  readonly bounds: Bounds
  /**
   * Applies a document, line by line, in order; each line sees what the lines before it did. A rejected line does
   * not stop the others; a job rejection applies nothing at all.
   *
   * @param type Which commands its lines are.
   * @param input The bytes, or a function that opens them; they are read at least twice.
   * @returns Right: the report, which says whether it came to the end. Left: why it did not, with what is certain by then.
   *   The promise is rejected only with what `onVerdicts` itself throws.
   */
  readonly importDocument: (
    type: Type,
    input: DocumentInput,
    options?: ImportOptions
  ) => Promise<E.Either<ImportFailure, ImportReport>>
  /**
   * Applies a document as `importDocument` does, under an id: exactly once, in as many runs as it takes. A run goes on
   * where the one before it ended, whatever ended it; one that finds the execution at its end changes nothing, and gives
   * the same report again.
   *
   * @param input As that of `importDocument`, and the same in every run; another one is refused.
   * @returns Right: the report on all runs together. Left: why this run did not come to the end, or was refused. The
   *   promise is rejected only with what the sink, `onProgress` and `createHash` throw; a next run then goes on.
   */
  readonly runExecution: (
    id: ExecutionId,
    type: Type,
    input: DocumentInput,
    options: ExecutionOptions
  ) => Promise<E.Either<ExecutionFailure, ExecutionReport>>
  /** The execution of this id as it is stored, if there is one. */
  readonly findExecution: (id: ExecutionId) => Promise<E.Either<StoreFailed, Execution | undefined>>
  /** Every execution, ascending by id, read as it is asked for. Throws what the store's scan throws. */
  readonly executions: () => AsyncIterable<Execution>
  /** Applies one line of a document type, given as the value that its JSON stands for. */
  readonly runOne: (type: Type, line: unknown) => Promise<E.Either<EngineError, Verdict>>
  /** Applies commands in order, all in one atomic unit of work, one verdict each. */
  readonly execute: (commands: ReadonlyArray<Command>) => Promise<E.Either<EngineError, ReadonlyArray<Verdict>>>
  /**
   * Tries a document without writing anything: the same verdicts as an import, and with each what it would change. What is
   * explained here happens in an import of the same document, unless the store, the clock or the ids differ by then.
   *
   * @returns Right: the report that the import would give.
   */
  readonly explainDocument: (
    type: Type,
    input: DocumentInput,
    options: ExplainOptions
  ) => Promise<E.Either<ImportFailure, ImportReport>>
  /** The store as it is, for documents that are to be explained one after the other: each sees what those before it would do. */
  readonly createTrial: () => Repository
  /** Removes the user points that nothing keeps alive, and device points without technical ids. */
  readonly sweep: (options?: SweepOptions) => Promise<E.Either<EngineError, SweepReport>>
  /** Has the store drop what deleted data left behind, once more: after `PurgeFailed`, or in the embedder's own time. */
  readonly purge: () => Promise<E.Either<PurgeFailed, void>>
  /** The user point that is meant, now; a rejection where references lead to different ones (B-01). */
  readonly find: (who: Who) => Promise<E.Either<StoreFailed | Rejection, Subject | undefined>>
  /** Every user point, ascending by id, read as it is asked for. Throws what the store's scan throws. */
  readonly userPoints: () => AsyncIterable<Subject>
}

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
  const { repository, dialect, purgeAfterDeletions = true } = options
  const policies: Policies = { ...defaultPolicies, ...options.policies }
  const runtime = createRuntime(options, policies)
  const bounds: Bounds = { ...defaultBounds, ...options.bounds }
  requireBounds(bounds)
  const purgeIfWanted = purgeAfterDeletions ? () => purge(repository) : undefined
  const queue = createQueue()
  const settings = { repository, runtime, policies, bounds, purge: purgeIfWanted }

  const execute = async (lines: ReadonlyArray<Line>): Promise<E.Either<EngineError, ReadonlyArray<Verdict>>> => {
    const unit = unitOf(lines)
    const judgements = await queue(unit.references.keys(), () =>
      runDividing<EngineError>(unit, (some) => runTransaction(some, { repository, runtime }))
    )
    if (E.isLeft(judgements)) return judgements
    const verdicts = judgements.right.map(({ verdict }) => verdict)
    const failure = hasErased(lines, judgements.right) ? await purgeIfWanted?.() : undefined
    return failure === undefined ? E.right(verdicts) : E.left({ ...failure, verdicts })
  }

  const kindOf = (type: Type): DocumentKind => {
    if (dialect === undefined || !Object.hasOwn(dialect.documents, type)) throw new TypeError('unknown document type')
    return dialect.documents[type]
  }

  return {
    policies,
    bounds,
    importDocument: async (type, input, { onVerdicts, ...reading } = {}) =>
      importDocument({
        type,
        kind: kindOf(type),
        input,
        options: reading,
        settings,
        lookAhead: createLookAhead(repository, runtime),
        deliver: onVerdicts
      }),
    explainDocument: async (type, input, { onExplained, trial = createTrial(repository), ...reading }) => {
      const explainLine = explainWith((dialect as Dialect<Type>).encodeUserPoint)
      return importDocument({
        type,
        kind: kindOf(type),
        input,
        options: reading,
        settings: { ...settings, repository: trial, purge: undefined },
        observed: 'changes',
        deliver: (judgements) => onExplained(judgements.map(explainLine))
      })
    },
    runExecution: async (id, type, input, executionOptions) =>
      runExecution({
        id,
        type,
        kind: kindOf(type),
        input,
        options: executionOptions,
        settings,
        lookAhead: createLookAhead(repository, runtime)
      }),
    findExecution: async (id) => {
      const found = await loadExecution(repository, id)
      return E.isLeft(found) ? found : E.right(found.right?.execution)
    },
    executions: () => scanExecutions(repository),
    createTrial: () => createTrial(repository),
    sweep: async ({ dryRun = false, ...sweepOptions } = {}) =>
      sweep({
        repository: dryRun ? createTrial(repository) : repository,
        runtime,
        purgeAfterDeletions,
        ...sweepOptions
      }),
    runOne: async (type, line) => {
      const kind = kindOf(type)
      if (!isSupported(kind, policies.systemVersion)) return E.right(rejection('UNSUPPORTED_SYSTEM_VERSION'))
      const decoded = decodeLine(kind, line, policies, bounds)
      if (E.isLeft(decoded)) return E.right(decoded.left)
      const verdicts = await execute([{ index: 0, line: 1, start: undefined, decoded: decoded.right }])
      return E.isLeft(verdicts) ? verdicts : E.right(verdicts.right[0] as Verdict)
    },
    execute: async (commands) => execute(linesOf(commands, bounds.maxDepth)),
    purge: async () => {
      const failure = await purge(repository)
      return failure === undefined ? E.right(undefined) : E.left(failure)
    },
    find: async (who) => {
      const loaded = await load(repository, [...referencesFrom(referencesOfWho(who)).values()])
      return E.isLeft(loaded) ? loaded : findWho(createWorkspace(loaded.right), who)
    },
    async *userPoints() {
      for await (const stored of repository.scan(userPointKind)) yield toLoaded(stored)
    }
  }
}
