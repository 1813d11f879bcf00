/** The options of an engine and of its calls, and the checks of what a program gives. */
import type { Command } from '../command/command.ts'
import { isRetention } from '../command/command-shape.ts'
import { type Bounds, defaultBounds } from '../command/decode-line.ts'
import type { Dialect } from '../command/dialect.ts'
import { defaultPolicies, type Policies } from '../command/policies.ts'
import type { Retention } from '../domain/retention.ts'
import type { Awaitable, Repository } from '../repository/repository.ts'
import {
  aFlag,
  aFunction,
  aSignal,
  aText,
  demandOptions,
  oneOf,
  type OptionNames,
  type OptionValues,
  optionsWithDefaults,
  wrongArgument
} from '../wrong-call.ts'
import type { ExecutionOptions } from './execution/run-execution.ts'
import type { FeedOptions } from './feed/feed-calls.ts'
import type { ExplainedLine } from './import/explain.ts'
import type { ImportOptions } from './import/import-document.ts'
import type { ReadingOptions } from './input/reading.ts'
import type { PurgeOutcome } from './maintenance/background-purge.ts'
import type { PurgeOptions } from './maintenance/purge.ts'
import type { SweepOptions } from './maintenance/sweep.ts'
import type { ErasureKey } from './transaction/erasure-key.ts'
import type { Receipt } from './transaction/receipt.ts'
import type { RuntimeOptions } from './transaction/runtime.ts'

/** The proof of erasures: the key of the datamart, and the claims that its store keeps. */
export interface ErasureOptions {
  /** The digests under the datamart's key. */
  readonly key: ErasureKey
  /**
   * `keyed` (the default): the store keeps keyed digests in place of claims, so that identifiers can be suppressed (L-37). All
   * engines over the store then need the key, and a store that has people already is refused. `plain`: the store keeps claims
   * as it does without a key; erasures have receipts, and nothing can be suppressed.
   */
  readonly claims?: 'keyed' | 'plain'
}

export interface EngineOptions<Type extends string = string> extends RuntimeOptions, FeedOptions {
  /** The dialect of the documents; without one, the engine takes commands only. */
  readonly dialect?: Dialect<Type>
  /** The store of one datamart. The engine does not close it. */
  readonly repository: Repository
  /** Policies of the datamart; omitted ones default to {@link defaultPolicies}. */
  readonly policies?: Partial<Policies>
  /** Bounds of a line; omitted ones default to {@link defaultBounds}. */
  readonly bounds?: Partial<Bounds>
  /**
   * A digest of the settings under which commands are decided. Executions record it, and a run under another one is refused.
   * Defaults to a digest of policies and bounds.
   */
  readonly settingsDigest?: string
  /**
   * `background` (the default): about a second after a call that deleted something has ended, the store drops the traces of
   * deleted data from its files. On a large SQLite file that is a `VACUUM` each time, which blocks the process. `manual`: the
   * embedder calls `purge`. Without `sleep`, a purge in the background begins at once.
   */
  readonly purge?: 'background' | 'manual'
  /** The proof of erasures: with a key, each erasure leaves a receipt (L-38), and identifiers can be suppressed (L-37). */
  readonly erasure?: ErasureOptions
  /** The rules by which a sweep removes what is too old (L-39); default: none. */
  readonly retention?: Retention
  /** Called with the outcome of each purge in the background, for a log. What a failed one owed is still owed. */
  readonly onPurge?: (outcome: PurgeOutcome) => void
}

const erasureOptions: OptionNames<ErasureOptions> = { key: 'needed', claims: 'optional' }
const engineOptions: OptionNames<EngineOptions> = {
  dialect: 'optional',
  repository: 'needed',
  policies: 'optional',
  bounds: 'optional',
  settingsDigest: 'optional',
  purge: 'optional',
  erasure: 'optional',
  retention: 'optional',
  onPurge: 'optional',
  clock: 'needed',
  newId: 'needed',
  sleep: 'optional',
  random: 'optional',
  attempts: 'optional',
  feed: 'optional',
  feedKeptFor: 'optional'
}
const erasureValues: OptionValues<ErasureOptions> = { claims: oneOf('keyed', 'plain') }
const engineValues: OptionValues<EngineOptions> = {
  settingsDigest: aText,
  purge: oneOf('background', 'manual'),
  onPurge: aFunction,
  sleep: aFunction,
  random: aFunction,
  feed: oneOf('on', 'off')
}

/** Returns whether a value has what every store has. */
const isRepository = (value: unknown): value is Repository => {
  if (typeof value !== 'object' || value === null) return false
  const { manifest, load, commit, scan } = value as Readonly<Record<string, unknown>>
  return (
    typeof manifest === 'object' &&
    manifest !== null &&
    [load, commit, scan].every((call) => typeof call === 'function')
  )
}

/** @throws {WrongCall} The options are wrong. */
export const demandEngineOptions = (options: EngineOptions): void => {
  demandOptions('createEngine', options, engineOptions, engineValues)
  demandOptions('policies', options.policies, optionsWithDefaults(defaultPolicies))
  demandOptions('bounds', options.bounds, optionsWithDefaults(defaultBounds))
  if (options.erasure !== undefined) demandOptions('erasure', options.erasure, erasureOptions, erasureValues)
  if (options.retention !== undefined && !isRetention(options.retention))
    throw wrongArgument('retention must be rules with days above 0, such as { people: 1095 }')
  if (!isRepository(options.repository))
    throw wrongArgument('repository must be a store, such as createMemoryRepository() returns; await a promise of one')
  if (typeof options.clock !== 'function' || typeof options.newId !== 'function')
    throw wrongArgument('clock and newId must be functions')
}

export interface ExplainOptions extends ReadingOptions {
  /** A trial of this engine, with the effects of the documents explained on it before; default: a new one. */
  readonly trial?: Repository
  /** Called with the verdict and the changes of each line, in order. The explanation waits for it. */
  readonly onExplained: (lines: ReadonlyArray<ExplainedLine>) => Awaitable<void>
}

/** @throws {WrongCall} A bound is out of range. */
export const requireBounds = ({ maxDepth, maxLineLength }: Bounds): void => {
  if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > 1_000)
    throw wrongArgument('maxDepth must be 1 to 1,000')
  if (!Number.isInteger(maxLineLength) || maxLineLength < 1) throw wrongArgument('maxLineLength must be 1 or more')
}

export const receiptParts: OptionNames<Receipt> = { id: 'needed', digest: 'needed', lifetime: 'needed' }
const readingValues: OptionValues<ReadingOptions> = { framing: oneOf('lenient', 'strict'), signal: aSignal }
const readingOptions: OptionNames<ReadingOptions> = {
  framing: 'optional',
  linesPerUnit: 'optional',
  maxRejected: 'optional',
  signal: 'optional'
}
export const importOptions: OptionNames<ImportOptions> = { ...readingOptions, onVerdicts: 'optional' }
export const importValues: OptionValues<ImportOptions> = { ...readingValues, onVerdicts: aFunction }
export const explainOptions: OptionNames<ExplainOptions> = {
  ...readingOptions,
  trial: 'optional',
  onExplained: 'needed'
}
export const explainValues: OptionValues<ExplainOptions> = { ...readingValues, onExplained: aFunction }
export const executionOptions: OptionNames<ExecutionOptions> = {
  ...readingOptions,
  createHash: 'needed',
  otherSettings: 'optional',
  verdictSink: 'optional',
  onProgress: 'optional'
}
export const executionValues: OptionValues<ExecutionOptions> = {
  ...readingValues,
  createHash: aFunction,
  otherSettings: oneOf('refuse', 'accept'),
  verdictSink: aFunction,
  onProgress: aFunction
}
export const sweepOptions: OptionNames<SweepOptions> = {
  signal: 'optional',
  dryRun: 'optional',
  onExplained: 'optional'
}
export const sweepValues: OptionValues<SweepOptions> = { signal: aSignal, dryRun: aFlag, onExplained: aFunction }
export const purgeOptions: OptionNames<PurgeOptions> = { when: 'optional' }
export const purgeValues: OptionValues<PurgeOptions> = { when: oneOf('owed', 'always') }

/** Returns commands, if they are an array. */
export const demandCommands = (commands: ReadonlyArray<Command>): ReadonlyArray<Command> => {
  if (!Array.isArray(commands)) throw wrongArgument('commands must be an array')
  return commands
}
