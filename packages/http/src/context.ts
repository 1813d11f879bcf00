/** The context that all routes of a handler share. */
import { createEngine, type Engine } from '@userpoint/core'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import { createInsider, type IdentitySettings, type Insider } from '@userpoint/core/insider'
import { demandOptions, StoreFault, WrongCall } from '@userpoint/core/repository'
import { suggestedPersonLimits } from '@userpoint/core/user-point'
import { completeSettings, erasureKeyFrom, type Limits, settingsDigest } from '@userpoint/settings'
import { type Access, createAccess } from './access.ts'
import type { Repository } from '@userpoint/core/repository'
import { errorName, type Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { RateLimiter } from './insider/access.ts'
import { pause } from './pause.ts'
import { createRateLimiter } from './rate-limiter.ts'
import { RequestsAtWork } from './requests-at-work.ts'
import {
  type DatamartSettings,
  handlerOptions,
  type HandlerOptions,
  handlerValues,
  type TokenSettings
} from './settings.ts'
import { segmentShape, type Spool } from './spool.ts'
import { createStoreSpool } from './store-spool/store-spool.ts'
import { tellingFaults } from './store-faults.ts'
import { sleep } from './timers.ts'
import { createGate, type Gate, takingTurns } from './turns.ts'

/** A datamart with its engine. */
export interface Datamart {
  readonly id: string
  readonly engine: Engine<DocumentType>
  /** The engine without the gate: for calls within {@link gate}. */
  readonly ungated: Engine<DocumentType>
  /** Runs as many tasks at a time as there are handles, and queues the rest. */
  readonly gate: Gate
  /** Absent if the datamart has no partner. */
  readonly insider: Insider | undefined
  readonly limits: Limits
  /** Changes are told. */
  readonly hasFeed: boolean
  readonly identity: IdentitySettings | undefined
  /** Asks the store for a document that no engine writes. */
  readonly probe: () => Promise<unknown>
  /** Schedules the deletion of expired receipts. */
  readonly forgetLater: () => void
  /** Schedules a purge of the store. */
  readonly purgeLater: () => void
}

export interface Context {
  readonly access: Access
  readonly atWork: RequestsAtWork
  readonly datamarts: ReadonlyMap<string, Datamart>
  /** The datamarts with a partner, by the partner's name. */
  readonly partners: ReadonlyMap<string, Datamart>
  readonly rateLimiter: RateLimiter
  readonly spool: Spool
  readonly log: Log
  readonly metrics: Metrics | undefined
  readonly clock: () => number
  readonly newId: () => string
  /** Runs the purges that an earlier process still owed, and deletes expired receipts; later ones wait for their delay. */
  readonly resume: () => Promise<void>
  /** Runs the purges that are owed, and cancels their timers. */
  readonly stop: () => Promise<void>
}

/** Groups the purges of all deletions within `delay` milliseconds into one. What they owe is in the store. */
const createPurging = (engine: Engine<DocumentType>, delay: number, failed: (cause: unknown) => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let lasted = 0
  const later = (): void => {
    // A purge of a large file takes long, and no write comes in between: it has at most a tenth of the time.
    timer ??= setTimeout(() => void purge('again'), Math.max(delay, 9 * lasted))
    // The timer must not keep a finished process alive; `stop` purges instead. Only Node's timers have `unref`.
    if (typeof timer === 'object') timer.unref()
  }
  const purge = async (then?: 'again'): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const startedAt = performance.now()
    const purged = await engine.purge()
    lasted = performance.now() - startedAt
    if (purged._tag === 'Left') failed(purged.left.cause)
    // Another process may have the turn, and be killed before it is done.
    const isOwed = purged._tag === 'Left' || purged.right._tag === 'AtWork'
    if (isOwed && then === 'again') later()
  }
  return { purge, later }
}

/** Completes the settings of a datamart. A server has limits of a person unless `limits` is `null`. */
const settingsOf = ({ repository, policies, erasureKey, ...own }: DatamartSettings, { limits }: HandlerOptions) => ({
  repository,
  erasureKey,
  settings: completeSettings({
    ...own,
    policies: { limits: suggestedPersonLimits, ...policies },
    limits: { ...limits, ...own.limits }
  })
})
const hour = 3_600_000

/**
 * Deletes expired receipts once an hour, while there are any; and with a feed, the entries that need not be told any more.
 *
 * @param onDropped Called after entries were dropped, which may owe a purge.
 */
const createForgetting = (engine: Engine<DocumentType>, hasFeed: boolean, onDropped: () => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined
  // A failure loses nothing: what is not dropped is found again the next time.
  const now = async (): Promise<void> => {
    await engine.forgetReceipts()
    if (!hasFeed) return
    const dropped = await engine.forgetChanges()
    if (dropped._tag === 'Right' && dropped.right.entries > 0) onDropped()
    later()
  }
  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      void now()
    }, hour)
    if (typeof timer === 'object') timer.unref()
  }
  return { now, later, stop: () => clearTimeout(timer) }
}

/** The codes of an engine whose key is not that of its store. */
const keyFaults: ReadonlySet<string> = new Set(['KEYED_CLAIMS', 'OTHER_KEY', 'PLAIN_CLAIMS'])

const handlesOf = (repository: DatamartSettings['repository']): ReadonlyArray<Repository> => {
  const handles = Array.isArray(repository) ? (repository as ReadonlyArray<Repository>) : [repository as Repository]
  if (handles.some((each) => typeof (Object(each) as Partial<Repository>).load !== 'function'))
    throw new WrongCall('WRONG_ARGUMENT', 'the repository of a datamart must be a store; await a promise of one')
  return handles
}

/** @throws TypeError if the options contradict each other. */
export const createContext = (options: HandlerOptions): Context => {
  demandOptions('createHandler', options, handlerOptions, handlerValues)
  const { clock, newId, metrics, log = () => undefined, purgeDelay = 60_000 } = options
  const tokens: TokenSettings[] = [...(options.tokens ?? [])]
  const datamarts = new Map<string, Datamart>()
  const repositories = new Map<string, Repository>()
  const partners = new Map<string, Datamart>()
  const purges: Array<(then?: 'again') => Promise<void>> = []
  const forgettings: Array<ReturnType<typeof createForgetting>> = []
  for (const [id, given] of Object.entries(options.datamarts)) {
    if (!segmentShape.test(id) || id.length > 64)
      throw new WrongCall('WRONG_ARGUMENT', 'a datamart id must be 1 to 64 letters, digits, _ or -')
    const { repository, erasureKey, settings } = settingsOf(given, options)
    const { policies, bounds, partner, identity, limits, feed, erasure, retention } = settings
    if (settings.datamart !== undefined && settings.datamart !== id)
      throw new WrongCall('WRONG_ARGUMENT', 'the settings of a datamart stand under the id of another')
    for (const { sha256 } of settings.tokens) tokens.push({ sha256, datamart: id })
    const handles = handlesOf(repository)
    const shared = tellingFaults(takingTurns(handles), (call, error) => {
      metrics?.storeFault?.(call)
      log({ _tag: 'StoreFault', datamart: id, call, error: errorName(error) })
    })
    repositories.set(id, shared)
    const ungated = createEngine({
      dialect: mediarithmics,
      repository: shared,
      clock,
      newId,
      random: Math.random,
      sleep,
      purge: 'manual',
      policies,
      bounds,
      ...(erasureKey !== undefined && { erasure: { key: erasureKeyFrom(erasureKey), claims: erasure.claims } }),
      retention,
      feed: feed.state,
      feedKeptFor: feed.keptHours * 3_600_000,
      settingsDigest: settingsDigest(settings)
    })
    const gate = createGate(handles.length)
    const engine: Engine<DocumentType> = {
      ...ungated,
      execute: (commands) => gate(() => ungated.execute(commands)),
      executeOnce: (receipt, commands) => gate(() => ungated.executeOnce(receipt, commands))
    }
    const purging = createPurging(engine, purgeDelay, (cause) =>
      log({ _tag: 'PurgeFailed', datamart: id, error: errorName(cause) })
    )
    purges.push(purging.purge)
    const hasFeed = feed.state === 'on'
    const forgetting = createForgetting(engine, hasFeed, purging.later)
    forgettings.push(forgetting)
    const insider = partner === undefined ? undefined : createInsider({ engine: ungated, settings: identity, pause })
    // Through the engine, so that a server whose key is not that of the store takes no requests.
    const probe = async (): Promise<void> => {
      const found = await ungated.find({ _tag: 'EmailHash', hash: 'probe' })
      if (found._tag === 'Right' || found.left._tag !== 'StoreFailed') return
      const { cause } = found.left
      // Every other fault is the store's own, and told already.
      if (cause instanceof StoreFault && keyFaults.has(cause.code ?? ''))
        log({ _tag: 'StoreFault', datamart: id, call: 'load', error: errorName(cause) })
      throw cause
    }
    const later = { forgetLater: forgetting.later, purgeLater: purging.later }
    const datamart = { id, engine, ungated, gate, insider, identity, limits, hasFeed, probe, ...later }
    datamarts.set(id, datamart)
    if (partner === undefined) continue
    if (partners.has(partner)) throw new WrongCall('WRONG_ARGUMENT', 'two datamarts have the same partner')
    partners.set(partner, datamart)
  }
  for (const { datamart } of tokens) {
    if (!datamarts.has(datamart))
      throw new WrongCall('WRONG_ARGUMENT', 'a token opens a datamart that is not in `datamarts`')
  }
  return {
    access: createAccess(tokens),
    atWork: new RequestsAtWork(options.requestsAtOnce ?? 512),
    datamarts,
    partners,
    rateLimiter: options.rateLimiter ?? createRateLimiter((partner) => partners.get(partner)?.limits, clock),
    spool: options.spool === 'store' ? createStoreSpool({ repositories, newId }) : options.spool,
    log,
    metrics,
    clock,
    newId,
    resume: async () => {
      for (const purge of purges) await purge('again')
      for (const forgetting of forgettings) await forgetting.now()
    },
    stop: async () => {
      for (const forgetting of forgettings) forgetting.stop()
      for (const purge of purges) await purge()
    }
  }
}
