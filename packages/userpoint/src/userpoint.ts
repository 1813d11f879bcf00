/** The door for services: people, and promises that start when they are called. */
import {
  createEngine,
  createTimeOrderedIds,
  type Engine,
  type EngineError,
  type JsonObject,
  type PurgeFailed,
  type Subject,
  type Verdict,
  type Warning
} from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { FeedFault } from '@userpoint/core/feed'
import { createInsider } from '@userpoint/core/insider'
import { decodeLine, type DocumentType, encodeUserPoint, mediarithmics } from '@userpoint/core/mediarithmics'
import { demandOptions, WrongCall } from '@userpoint/core/repository'
import type { Receipts } from '@userpoint/core/receipts'
import { accessFileOf, accessPageOf } from '@userpoint/core/user-point'
import { completeSettings, erasureKeyFrom, settingsDigest } from '@userpoint/settings'
import { endOf, keyFields, mergeFields, momentOf, never, segmentField, withFields } from './arguments.ts'
import type { Calls, Done, Planned, Userpoint, UserpointOptions } from './calls.ts'
import { changesOf } from './changes.ts'
import { closeWithin, Door } from './closing.ts'
import type { ErasureOptions } from './erasure-options.ts'
import { UserpointFailed, UserpointRejected } from './failure.ts'
import { importerOf } from './import-source.ts'
import { optionNames, optionValues } from './option-names.ts'
import type { Person } from './person.ts'
import { safely } from './safe.ts'
import { claimedOf, erasedOf, liftedOf, lineFieldsOf, referenceOf, requireAddable, type Who } from './who.ts'

type Outcome<E, A> = { readonly _tag: 'Left'; readonly left: E } | { readonly _tag: 'Right'; readonly right: A }

const valueOf = <A>(outcome: Outcome<EngineError | PurgeFailed, A>): A => {
  if (outcome._tag === 'Left') throw new UserpointFailed(outcome.left)
  return outcome.right
}

/** Yields what the store lists; the failure of the store is thrown as in every call. */
async function* listed<A>(all: AsyncIterable<A>): AsyncGenerator<A, void, undefined> {
  const each = all[Symbol.asyncIterator]()
  const next = async () => {
    try {
      return await each.next()
    } catch (cause) {
      if (cause instanceof FeedFault) throw cause
      throw new UserpointFailed({ _tag: 'StoreFailed', operation: 'scan', cause })
    }
  }
  try {
    for (let one = await next(); one.done !== true; one = await next()) yield one.value
  } finally {
    await each.return?.()
  }
}

const personOf = (subject: Subject): Person => encodeUserPoint(subject) as unknown as Person

/** Returns what a verdict says; throws a rejection, so that it cannot be overlooked. */
const doneOf = (verdict: Verdict): Done => {
  if (verdict._tag === 'Rejected') throw new UserpointRejected(verdict)
  const warnings = verdict.warnings ?? []
  if (verdict._tag === 'NoOp') return { outcome: 'noop', reason: verdict.reason, warnings }
  const { effect } = verdict
  if ('userPoint' in effect) return { outcome: 'applied', userPoint: effect.userPoint, effect, warnings }
  const outcome = effect._tag === 'IdentifiersSuppressed' ? 'suppressed' : 'lifted'
  return { outcome, identifiers: effect.identifiers, warnings }
}

type Lifted = Extract<Command, { readonly _tag: 'LiftSuppression' }>['identifiers']

/** Returns the flag of a deletion that suppresses. */
const suppressing = (options: ErasureOptions = {}): ErasureOptions => {
  demandOptions('erase', options, optionNames.erase, optionValues.erase)
  return options.suppress === true ? { suppress: true } : {}
}

const receiptsOf = ({ receipts }: Pick<Engine, 'receipts'>): Receipts => {
  if (receipts === undefined) throw new WrongCall('WRONG_ARGUMENT', 'receipts and suppressions need an erasureKey')
  return receipts
}

const receiptCalls = (engine: Pick<Engine, 'receipts'>, door: Door): Userpoint['receipts'] => ({
  list: () => door.listing(() => listed(receiptsOf(engine).all())),
  export: (options) => {
    demandOptions('receipts.export', options, optionNames.exportReceipts)
    return door.listing(() => listed(receiptsOf(engine).export({ clock: Date.now, ...options })))
  },
  ...door.guard({
    seal: async () => valueOf(await receiptsOf(engine).seal()),
    verify: async (known: Parameters<Receipts['verify']>[0]) => valueOf(await receiptsOf(engine).verify(known))
  })
})

/** The commands that may create a person, or add to one. */
const adding: ReadonlySet<Command['_tag']> = new Set(['UpsertProfile', 'UpdateSegment', 'UpsertChoice'])

/** The longest that `close` waits for a purge. */
const closingMilliseconds = 30_000

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
export const createUserpoint = (options: UserpointOptions): Userpoint => {
  demandOptions('createUserpoint', options, optionNames.createUserpoint, optionValues.createUserpoint)
  const { repository, settings, purge = 'background', erasureKey, onPurge } = options
  const complete = completeSettings(settings)
  const { policies, bounds, limits, feed, retention } = complete
  const engine = createEngine({
    repository,
    dialect: mediarithmics,
    policies,
    bounds,
    retention,
    feed: feed.state,
    feedKeptFor: feed.keptHours * 3_600_000,
    purge,
    ...(erasureKey !== undefined && { erasure: { key: erasureKeyFrom(erasureKey), claims: complete.erasure.claims } }),
    ...(onPurge !== undefined && { onPurge }),
    settingsDigest: settingsDigest(complete),
    clock: Date.now,
    newId: createTimeOrderedIds({ clock: Date.now, fillRandom: (bytes) => crypto.getRandomValues(bytes) }),
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
    if (!('reference' in command)) throw new WrongCall('WRONG_ARGUMENT', 'the line names no person')
    if (named === undefined && adding.has(command._tag)) requireAddable(who, policies, bounds)
    return perform({ ...command, reference }, warnings)
  }

  const findSubject = async (who: Who) => {
    const found = await engine.find(referenceOf(who, policies, bounds))
    if (found._tag === 'Right') return found.right
    if (found.left._tag === 'Rejected') throw new UserpointRejected(found.left)
    throw new UserpointFailed(found.left)
  }

  const door = new Door()
  const { close, ...open }: Calls = {
    upsert: async (who, properties, asked = {}) => {
      demandOptions('upsert', asked, optionNames.upsert)
      return performLine('USER_PROFILE', who, {
        operation: 'UPSERT',
        ...mergeFields(asked.merge ?? 'shallow'),
        user_profile: withFields(properties, keyFields(asked.profile))
      })
    },
    find: async (who) => {
      const subject = await findSubject(who)
      return subject && personOf(subject)
    },
    access: async (who) => {
      const subject = await findSubject(who)
      if (subject === undefined) return undefined
      const file = accessFileOf(subject, Date.now())
      return { file, page: accessPageOf(file) }
    },
    erase: async (who, how) =>
      perform({ _tag: 'DeleteUserPoint', reference: erasedOf(who, how, complete), ...suppressing(how) }),
    liftSuppression: async (...identifiers) =>
      perform({
        _tag: 'LiftSuppression',
        identifiers: identifiers.flatMap((each) => liftedOf(each, complete)) as unknown as Lifted
      }),
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
    removeIdentifier: async (identifier, how) => {
      const claimed = claimedOf(identifier, policies, bounds)
      const suppress = suppressing(how)
      if (claimed._tag === 'DevicePoint') return perform({ _tag: 'DeleteDevicePoint', device: claimed, ...suppress })
      return perform({ _tag: 'DeleteIdentifier', identifier: claimed, ...suppress })
    },
    removeAttributes: async (who, removal) => {
      if (removal === undefined) throw new WrongCall('WRONG_ARGUMENT', 'say what to remove: { whole?, values? }')
      demandOptions('removeAttributes', removal, optionNames.removeAttributes, optionValues.removeAttributes)
      const { whole = [], values = {}, profile } = removal
      return performLine('USER_PROFILE', who, {
        operation: 'UPSERT',
        update_strategy: 'PARTIAL_DELETE',
        user_profile: {
          ...values,
          ...Object.fromEntries(whole.map((name) => [name, null])),
          ...keyFields(profile)
        }
      })
    },
    deleteProfile: async (who, profile) =>
      performLine('USER_PROFILE', who, { operation: 'DELETE', user_profile: keyFields(profile) }),
    segments: {
      add: async (who, segment, membership = {}) => {
        demandOptions('segments.add', membership, optionNames.addSegment)
        const { expires, dataBag } = membership
        return performLine('USER_SEGMENT', who, {
          operation: 'UPDATE',
          ...segmentField(segment),
          expiration_ts: expires === undefined ? never : endOf(expires),
          ...(dataBag !== undefined && { data_bag: dataBag })
        })
      },
      remove: async (who, segment) =>
        performLine('USER_SEGMENT', who, { operation: 'DELETE', ...segmentField(segment) })
    },
    choices: {
      set: async (who, processing, choice, at) =>
        performLine('USER_CHOICE', who, {
          operation: 'UPSERT',
          force_replace: true,
          user_choice: withFields(choice, { $processing_id: processing, $choice_ts: momentOf(at) })
        }),
      remove: async (who, processing) =>
        performLine('USER_CHOICE', who, { operation: 'DELETE', user_choice: { $processing_id: processing } })
    },
    run: async (type, line) => doneOf(valueOf(await engine.runOne(type, line))),
    execute: async (commands) => valueOf(await engine.execute(commands)),
    import: importerOf(engine, limits.maxRejected),
    sweep: async (asked) => valueOf(await engine.sweep(asked)),
    purge: async (asked) => valueOf(await engine.purge(asked)),
    purgeOwed: async () => valueOf(await engine.purgeOwed()),
    forgetChanges: async () => valueOf(await engine.forgetChanges()),
    forgetConsumer: async (name) => valueOf(await engine.forgetConsumer(name)),
    close: () => door.close(() => closeWithin(closingMilliseconds, engine.idle(), async () => repository.close?.()))
  }
  const calls: Calls = { ...door.guard(open), close }

  return {
    ...calls,
    safe: safely(calls),
    insider: createInsider({ engine: door.engine(engine), settings: complete.identity }),
    export: () =>
      door.listing(async function* () {
        for await (const subject of listed(engine.userPoints())) yield personOf(subject)
      }),
    receipts: receiptCalls(engine, door),
    suppressions: () => door.listing(() => listed(receiptsOf(engine).suppressions())),
    changes: (asked) => {
      // At once, so that a wrong name is an error of the call.
      changesOf(engine, asked)
      const changes = changesOf(engine, { ...asked, signal: door.until(asked.signal) })
      return door.listing(async function* () {
        if (feed.state === 'off')
          throw new WrongCall('WRONG_ARGUMENT', 'changes need the setting feed: { state: "on" }')
        yield* listed(changes)
        // A reader that waited would else take the end for that of its own signal.
        if (asked.signal?.aborted !== true) door.demandOpen()
      })
    },
    executions: () => door.listing(() => listed(engine.executions()))
  }
}
