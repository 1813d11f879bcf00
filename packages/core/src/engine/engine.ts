/** The engine: commands and documents in, verdicts out, over any repository. The only part of core that waits. */
import type { Command } from '../command/command.ts'
import { type Bounds, decodeLine, defaultBounds, type DocumentType, isSupported } from '../command/document.ts'
import { defaultPolicies, type Policies } from '../command/policies.ts'
import { rejection } from '../command/rejection.ts'
import type { Verdict } from '../decide/verdict.ts'
import { createWorkspace } from '../decide/workspace.ts'
import type { Reference } from '../domain/identifier.ts'
import type { Subject } from '../domain/user-point.ts'
import { E, type TaskEither } from '../fp.ts'
import type { Repository } from '../repository/repository.ts'
import type { EngineError, StoreFailed } from './engine-error.ts'
import {
  type DocumentInput,
  type ImportFailure,
  type ImportOptions,
  type ImportSettings,
  importDocument
} from './import-document.ts'
import { purge } from './purge.ts'
import type { ImportReport } from './report.ts'
import { createRuntime, type RuntimeOptions } from './runtime.ts'
import { hasErased, load, runUnit, storeReferences, type Task, toLoaded, userPointKind } from './unit-of-work.ts'

export interface EngineOptions extends RuntimeOptions {
  /** The store of one datamart. The engine never closes it. */
  readonly repository: Repository
  /** What the documents leave open; {@link defaultPolicies} where it says nothing. */
  readonly policies?: Partial<Policies>
  /** What a line may hold; {@link defaultBounds} where it says nothing. */
  readonly bounds?: Partial<Bounds>
  /**
   * Whether the store drops what deleted data left behind in its files after each import or call that deleted something;
   * `true` unless given. With `false` the embedder calls the repository's `purge` in its own time.
   */
  readonly purgeAfterDeletions?: boolean
}

export interface Engine {
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
    type: DocumentType,
    input: DocumentInput,
    options?: ImportOptions
  ) => TaskEither<ImportFailure, ImportReport>
  /** Applies one line of a document type, given as the value that its JSON stands for. */
  readonly runOne: (type: DocumentType, line: unknown) => TaskEither<EngineError, Verdict>
  /** Applies commands in order, all in one atomic unit of work, one verdict each. */
  readonly execute: (commands: ReadonlyArray<Command>) => TaskEither<EngineError, ReadonlyArray<Verdict>>
  /** The user point that a reference leads to now. */
  readonly find: (reference: Reference) => TaskEither<StoreFailed, Subject | undefined>
  /** Every user point, ascending by id, read as it is asked for. Throws what the store's scan throws. */
  readonly userPoints: () => AsyncIterable<Subject>
}

/**
 * An engine over a store. It keeps no state of its own: any number of engines, in any number of processes, may work on
 * one store that is `concurrent`.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createEngine } from '@userpoint/core'
 * import { v7 } from 'uuid'
 *
 * const engine = createEngine({ repository: createMemoryRepository(), clock: Date.now, newId: v7 })
 * const upsert = { operation: 'UPSERT', email_hash: 'a1b2', force_replace: true, user_profile: { city: 'Paris' } }
 * const verdict = await engine.runOne('USER_PROFILE', upsert)()
 * console.log(verdict._tag === 'Right' && verdict.right._tag) // => Applied
 * ```
 */
export const createEngine = (options: EngineOptions): Engine => {
  const { repository, purgeAfterDeletions = true } = options
  const runtime = createRuntime(options)
  const policies: Policies = { ...defaultPolicies, ...options.policies }
  const bounds: Bounds = { ...defaultBounds, ...options.bounds }
  const settings: ImportSettings = { repository, runtime, policies, bounds, purgeAfterDeletions }

  const run = async (tasks: ReadonlyArray<Task>): Promise<E.Either<EngineError, ReadonlyArray<Verdict>>> => {
    const verdicts = await runUnit(repository, tasks, runtime)
    if (E.isLeft(verdicts) || !purgeAfterDeletions || !hasErased(tasks, verdicts.right)) return verdicts
    const failure = await purge(repository)
    return failure === undefined ? verdicts : E.left(failure)
  }

  return {
    importDocument:
      (type, input, importOptions = {}) =>
      () =>
        importDocument(type, input, importOptions, settings),
    runOne: (type, line) => async () => {
      if (!isSupported(type, policies.systemVersion)) return E.right(rejection('UNSUPPORTED_SYSTEM_VERSION'))
      const decoded = decodeLine(type, line, policies, bounds)
      if (E.isLeft(decoded)) return E.right(decoded.left)
      const verdicts = await run([{ _tag: 'Command', ...decoded.right }])
      return E.isLeft(verdicts) ? verdicts : E.right(verdicts.right[0] as Verdict)
    },
    execute: (commands) => () => run(commands.map((command) => ({ _tag: 'Command', command, warnings: [] }))),
    find: (reference) => async () => {
      const loaded = await load(repository, storeReferences([reference]))
      return E.isLeft(loaded) ? loaded : E.right(createWorkspace(loaded.right).find(reference))
    },
    async *userPoints() {
      for await (const stored of repository.scan(userPointKind)) yield toLoaded(stored)
    }
  }
}
