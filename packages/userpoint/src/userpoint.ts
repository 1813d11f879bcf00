/** The door for services: people, and promises that start when they are called. */
import {
  createEngine,
  type Difference,
  type Effect,
  type EngineError,
  type Execution,
  type ExecutionReport,
  type FramingMode,
  type ImportReport,
  type Json,
  type JsonObject,
  type LineVerdict,
  type NoOpReason,
  parseExecutionId,
  type PurgeFailed,
  type PurgeOptions,
  type PurgeOutcome,
  type PurgeOwed,
  type PurgeReport,
  type RejectionLimit,
  type SweepOptions,
  type SweepReport,
  type Verdict,
  type VerdictSink,
  type Warning
} from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { createInsider, type Insider } from '@userpoint/core/insider'
import { decodeLine, type DocumentType, encodeUserPoint, type Line, mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import { completeSettings, type Settings, settingsDigest } from '@userpoint/settings'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { v7 } from 'uuid'
import { closeWithin } from './closing.ts'
import { UserpointFailed, UserpointRejected } from './failure.ts'
import { type Safe, safely, type Settled } from './safe.ts'
import { openSource, type Source } from './source.ts'
import { claimedOf, type KnownBy, lineFieldsOf, referenceOf, requireAddable, type Who } from './who.ts'

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
  /** Called with the outcome of each purge in the background. What a failed one owed is still owed. */
  readonly onPurge?: (outcome: PurgeOutcome) => void
}

/** The result of an accepted command. `noop`: it changed nothing, and `reason` says why. */
export type Done = {
  /** Warnings about a command that was accepted. */
  readonly warnings: ReadonlyArray<Warning>
} & (
  | { readonly outcome: 'applied'; readonly userPoint: string; readonly effect: Effect }
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
  readonly onProgress?: (progress: Progress) => void
  /** Gets the verdicts of each batch once it is committed, in order; not for executions, whose earlier runs had theirs. */
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
  /** Stops after the batch in flight. */
  readonly signal?: AbortSignal
}

/** A place that an erasure would empty, and what stands there. */
export type Planned = Difference

/** The calls on people in one datamart's store. */
export interface Calls {
  /** Creates or changes a profile of a person, and the person if they are new. */
  readonly upsert: (who: Who, properties: Readonly<Record<string, unknown>>, options?: UpsertOptions) => Promise<Done>
  /** Returns the person as plain JSON; `undefined`: they are unknown. */
  readonly find: (who: Who) => Promise<JsonObject | undefined>
  /** Deletes the person with everything attached to them. It is committed when the promise is fulfilled. */
  readonly erase: (who: Who) => Promise<Done>
  /** Returns what `erase` would remove, place by place; empty: the person is unknown. */
  readonly explainErase: (who: Who) => Promise<ReadonlyArray<Planned>>
  /** Makes all these identifiers one person's, merging people where it must. */
  readonly associate: (first: KnownBy, ...others: ReadonlyArray<KnownBy>) => Promise<Done>
  /** Removes one identifier; the person stays. */
  readonly removeIdentifier: (identifier: KnownBy) => Promise<Done>
  /** Removes properties, or values of array properties, from a profile that is there; creates nothing. */
  readonly removeAttributes: (who: Who, removal: Removal) => Promise<Done>
  /** Deletes one profile; the person stays. */
  readonly deleteProfile: (who: Who, profile?: ProfileOf) => Promise<Done>
  readonly segments: {
    /** Begins or changes a membership. `expires`: a moment in milliseconds since 1970, or a Date; without it, never. */
    readonly add: (
      who: Who,
      segment: SegmentName,
      options?: { readonly expires?: number | Date; readonly dataBag?: Json }
    ) => Promise<Done>
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
   * Closes the store, after the purge in the background.
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
  readonly export: () => AsyncIterable<JsonObject>
  /** Every execution of the store. */
  readonly executions: () => AsyncIterable<Execution>
  /** The same calls, with a rejection or a failure as a value instead of a thrown error. */
  readonly safe: Safe<Omit<Calls, 'run'>> & {
    readonly run: <Type extends DocumentType>(type: Type, line: Line<Type>) => Promise<Settled<Done>>
  }
}

type Outcome<E, A> = { readonly _tag: 'Left'; readonly left: E } | { readonly _tag: 'Right'; readonly right: A }

const valueOf = <A>(outcome: Outcome<EngineError | PurgeFailed, A>): A => {
  if (outcome._tag === 'Left') throw new UserpointFailed(outcome.left)
  return outcome.right
}

/** Returns what a verdict says; throws a rejection, so that it cannot be overlooked. */
const doneOf = (verdict: Verdict): Done => {
  if (verdict._tag === 'Rejected') throw new UserpointRejected(verdict)
  const warnings = verdict.warnings ?? []
  return verdict._tag === 'NoOp'
    ? { outcome: 'noop', reason: verdict.reason, warnings }
    : { outcome: 'applied', userPoint: verdict.effect.userPoint, effect: verdict.effect, warnings }
}

const momentOf = (moment: number | Date): number => (typeof moment === 'number' ? moment : moment.getTime())

const keyFields = ({ compartment, account }: ProfileOf = {}): JsonObject => ({
  ...(compartment !== undefined && { $compartment_id: compartment }),
  ...(account !== undefined && { $user_account_id: account })
})

const segmentField = (segment: SegmentName): JsonObject =>
  'id' in segment ? { segment_id: segment.id } : { segment_technical_name: segment.technicalName }

const mergeFields = {
  shallow: { force_replace: false },
  deep: { force_replace: false, merge_objects: true },
  replace: { force_replace: true }
} as const

/** The commands that may create a person, or add to one. */
const adding: ReadonlySet<Command['_tag']> = new Set(['UpsertProfile', 'UpdateSegment', 'UpsertChoice'])

/** The longest that `close` waits for a purge. */
const closingMilliseconds = 30_000

const createHash = () => {
  const hash = sha256.create()
  return {
    update: (bytes: Uint8Array) => hash.update(bytes),
    digest: () => bytesToHex(hash.digest())
  }
}

/**
 * Opens the door to the people of one store. Clock, ids and back-off are supplied. A rejected command throws
 * {@link UserpointRejected}, a store that fails throws {@link UserpointFailed}; `applied` and `noop` are returned.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createUserpoint } from 'userpoint'
 *
 * const people = createUserpoint({ repository: createMemoryRepository() })
 * await people.upsert({ emailHash: '9f86d081' }, { city: 'Paris' })
 * const done = await people.erase({ emailHash: '9f86d081' })
 * console.log(done.outcome) // => applied
 * ```
 */
export const createUserpoint = ({
  repository,
  settings,
  purge = 'background',
  onPurge
}: UserpointOptions): Userpoint => {
  const complete = completeSettings(settings)
  const { policies, bounds, limits } = complete
  const engine = createEngine({
    repository,
    dialect: mediarithmics,
    policies,
    bounds,
    purge,
    ...(onPurge !== undefined && { onPurge }),
    settingsDigest: settingsDigest(complete),
    clock: Date.now,
    newId: v7,
    random: Math.random,
    sleep: (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds))
  })

  const perform = async (command: Command, warnings: ReadonlyArray<Warning> = []): Promise<Done> => {
    const [verdict] = valueOf(await engine.execute([command]))
    const done = doneOf(verdict as Verdict)
    return { ...done, warnings: [...warnings, ...done.warnings] }
  }

  /** Applies a line about `who`. Lines name people in fewer ways than `Who`; others are decoded for a stand-in first. */
  const performLine = (type: DocumentType, who: Who, line: JsonObject): Promise<Done> => {
    const reference = referenceOf(who, policies, bounds)
    const named = lineFieldsOf(who)
    const decoded = decodeLine(type, { ...line, ...(named ?? { email_hash: 'stand-in' }) }, policies, bounds)
    if (decoded._tag === 'Left') throw new UserpointRejected(decoded.left)
    const { command, warnings } = decoded.right
    if (!('reference' in command)) throw new TypeError('the line names no person')
    if (named === undefined && adding.has(command._tag)) requireAddable(who, policies, bounds)
    return perform({ ...command, reference }, warnings)
  }

  const findSubject = async (who: Who) => {
    const found = await engine.find(referenceOf(who, policies, bounds))
    if (found._tag === 'Right') return found.right
    if (found.left._tag === 'Rejected') throw new UserpointRejected(found.left)
    throw new UserpointFailed(found.left)
  }

  const importSource = async (type: DocumentType, source: Source, options: ImportOptions = {}) => {
    const {
      execution,
      onProgress,
      onVerdicts,
      verdictSink,
      framing,
      signal,
      otherSettings,
      maxRejected = limits.maxRejected
    } = options
    const id = execution === undefined ? undefined : parseExecutionId(execution)
    if (execution !== undefined && id === undefined)
      throw new TypeError('an execution is named by 1 to 512 printable ASCII characters without spaces')
    const { input, close } = await openSource(source)
    let lines = 0
    let readings = 0
    const told = onProgress
    async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
      readings++
      let bytes = 0
      for await (const chunk of typeof input === 'function' ? input() : [input]) {
        bytes += chunk.length
        yield chunk
        told?.({ reading: readings === 1 ? 1 : 2, bytes, lines })
      }
    }
    const reading = {
      ...(framing !== undefined && { framing }),
      ...(maxRejected !== undefined && { maxRejected }),
      ...(signal !== undefined && { signal })
    }
    try {
      const outcome =
        id === undefined
          ? await engine.importDocument(type, counted, {
              ...reading,
              onVerdicts: async (verdicts) => {
                lines += verdicts.length
                await onVerdicts?.(verdicts)
              }
            })
          : await engine.runExecution(id, type, counted, {
              ...reading,
              createHash,
              ...(verdictSink !== undefined && { verdictSink }),
              ...(otherSettings !== undefined && { otherSettings }),
              onProgress: ({ counts }) => {
                lines = counts.lines
              }
            })
      if (outcome._tag === 'Left') throw new UserpointFailed(outcome.left.error, outcome.left.report)
      return outcome.right
    } finally {
      await close()
    }
  }

  const calls: Calls = {
    upsert: async (who, properties, { merge = 'shallow', profile } = {}) =>
      performLine('USER_PROFILE', who, {
        operation: 'UPSERT',
        ...mergeFields[merge],
        user_profile: { ...(properties as JsonObject), ...keyFields(profile) }
      }),
    find: async (who) => {
      const subject = await findSubject(who)
      return subject && encodeUserPoint(subject)
    },
    erase: async (who) => perform({ _tag: 'DeleteUserPoint', reference: referenceOf(who, policies, bounds) }),
    explainErase: async (who) => {
      const subject = await findSubject(who)
      if (subject === undefined) return []
      const line = new TextEncoder().encode(JSON.stringify({ type: 'USER_POINT', user_point_id: subject.id }))
      const planned: Planned[] = []
      const explained = await engine.explainDocument('USER_POINTS_DELETION', line, {
        onExplained: (lines) => {
          for (const { changes } of lines) for (const { differences } of changes) planned.push(...differences)
        }
      })
      if (explained._tag === 'Left') throw new UserpointFailed(explained.left.error)
      return planned
    },
    associate: async (first, ...others) => {
      for (const each of [first, ...others]) requireAddable(each, policies, bounds)
      return perform({
        _tag: 'Associate',
        references: [claimedOf(first, policies, bounds), ...others.map((other) => claimedOf(other, policies, bounds))]
      })
    },
    removeIdentifier: async (identifier) => {
      const claimed = claimedOf(identifier, policies, bounds)
      if (claimed._tag === 'DevicePoint') return perform({ _tag: 'DeleteDevicePoint', device: claimed })
      return perform({ _tag: 'DeleteIdentifier', identifier: claimed })
    },
    removeAttributes: async (who, { whole = [], values = {}, profile }) =>
      performLine('USER_PROFILE', who, {
        operation: 'UPSERT',
        update_strategy: 'PARTIAL_DELETE',
        user_profile: {
          ...values,
          ...Object.fromEntries(whole.map((name) => [name, null])),
          ...keyFields(profile)
        }
      }),
    deleteProfile: async (who, profile) =>
      performLine('USER_PROFILE', who, { operation: 'DELETE', user_profile: keyFields(profile) }),
    segments: {
      add: async (who, segment, { expires, dataBag } = {}) =>
        performLine('USER_SEGMENT', who, {
          operation: 'UPDATE',
          ...segmentField(segment),
          // In a line, 0 is never.
          expiration_ts: expires === undefined ? 0 : momentOf(expires),
          ...(dataBag !== undefined && { data_bag: dataBag })
        }),
      remove: async (who, segment) =>
        performLine('USER_SEGMENT', who, { operation: 'DELETE', ...segmentField(segment) })
    },
    choices: {
      set: async (who, processing, choice, at) =>
        performLine('USER_CHOICE', who, {
          operation: 'UPSERT',
          force_replace: true,
          user_choice: { ...(choice as JsonObject), $processing_id: processing, $choice_ts: momentOf(at) }
        }),
      remove: async (who, processing) =>
        performLine('USER_CHOICE', who, { operation: 'DELETE', user_choice: { $processing_id: processing } })
    },
    run: async (type, line) => doneOf(valueOf(await engine.runOne(type, line))),
    execute: async (commands) => valueOf(await engine.execute(commands)),
    import: importSource,
    sweep: async (options) => valueOf(await engine.sweep(options)),
    purge: async (options) => valueOf(await engine.purge(options)),
    purgeOwed: async () => valueOf(await engine.purgeOwed()),
    close: () => closeWithin(closingMilliseconds, engine.idle(), async () => repository.close?.())
  }

  return {
    ...calls,
    safe: safely(calls),
    insider: createInsider({ engine, settings: complete.identity }),
    async *export() {
      for await (const subject of engine.userPoints()) yield encodeUserPoint(subject)
    },
    executions: () => engine.executions()
  }
}
