/** An engine and the oracle side by side: after every step, all that is known of everybody is compared. */
import type { Engine, Json, JsonObject, Subject, Verdict } from '@userpoint/core'
import { claimOf, type Reference, userPointIdOf } from '@userpoint/core/command'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { codeOf, perform } from '../arbitraries/history.ts'
import type { UserIntent } from '../arbitraries/insider.ts'
import type { Intent } from '../arbitraries/intent.ts'
import {
  addressHashes,
  type AttributeName,
  beginning,
  claimedOf,
  type DeviceName,
  type Identified,
  mintedDevice,
  mintedId,
  mintIds,
  namedUniverse,
  type PointName,
  universe
} from '../arbitraries/people.ts'
import { print } from '../code.ts'
import { difference, fail } from '../compare.ts'
import type { Handle, TrialStore } from '../trial.ts'
import { byClaim, byId } from '../writes.ts'
import { type Abilities, type Asking, askedOf, changed, type Deed, type History, sentOf, type Step } from './deeds.ts'
import { engineOver } from './engine.ts'
import { createOracle, type Oracle, type Said } from './oracle.ts'

// The number of an id that is never minted.
const never = 999_999

type Who = Identified | DeviceName | PointName | AttributeName

/** The engine's ids, each with the oracle's for the same thing: one to one, for ever. */
interface Pairs {
  readonly ofEngine: ReadonlyMap<string, string>
  readonly oracleIdOf: (id: string) => string
  readonly pair: (id: string, other: string | undefined) => string
}

const createPairs = (): Pairs => {
  const ofEngine = new Map<string, string>()
  const taken = new Set<string>()
  return {
    ofEngine,
    oracleIdOf: (id) => ofEngine.get(id) ?? 'nobody',
    pair: (id, other) => {
      const known = ofEngine.get(id)
      if (known !== undefined) return known
      if (other === undefined || taken.has(other)) return `${id}, which nothing should have made`
      ofEngine.set(id, other)
      taken.add(other)
      return other
    }
  }
}

/** The same, with other names for those it names. */
const renamed = <A extends Intent | UserIntent>(wanted: A, rename: (who: Who) => Who): A => {
  if (!('who' in wanted)) return wanted
  const { who } = wanted
  if ('identifiers' in who) return { ...wanted, who: { ...who, point: who.point && rename(who.point) } }
  return { ...wanted, who: 'tag' in who ? rename(who) : who.map(rename) }
}

/** The same, with the oracle's ids for the engine's. */
const translated = (wanted: Intent | UserIntent, { oracleIdOf }: Pairs): Intent | UserIntent =>
  renamed(wanted, (who) => {
    if (who.tag === 'device') return { tag: 'device', device: oracleIdOf(who.device) }
    return who.tag === 'point' ? { tag: 'point', point: oracleIdOf(who.point) } : who
  })

const isDevice = (id: string): boolean => id.startsWith('udp:')

const firstMinted = BigInt(`0x${mintedId(0).replaceAll('-', '')}`)

/**
 * Replaces guessed ids by ids that exist. A sender cannot know an id before the store creates it, and a guess would select a
 * user point in the engine and none in the oracle. Half of the ids lead to a user point, and some to none.
 */
const resolved = <A extends Intent | UserIntent>(wanted: A, oracle: Oracle, { ofEngine }: Pairs): A => {
  const idFor = (guess: bigint, isSuch: (id: string) => boolean, whoOf: (id: string) => Who): string | undefined => {
    const n = Number(guess - firstMinted)
    if (n % 4 === 3) return undefined
    const given = [...ofEngine].filter(([id]) => isSuch(id))
    const some = n % 2 === 1 ? given : given.filter(([, id]) => oracle.pointOf(whoOf(id)) !== undefined)
    return some[(n >> 1) % Math.max(1, some.length)]?.[0]
  }
  return renamed(wanted, (who) => {
    if (who.tag === 'device') {
      const guess = BigInt(who.device.slice('udp:'.length))
      const device = idFor(guess, isDevice, (id) => ({ tag: 'device', device: id }))
      return { tag: 'device', device: device ?? mintedDevice(never) }
    }
    if (who.tag !== 'point') return who
    const guess = BigInt(`0x${who.point.replaceAll('-', '')}`)
    const isPoint = (id: string) => !isDevice(id)
    return { tag: 'point', point: idFor(guess, isPoint, (id) => ({ tag: 'point', point: id })) ?? mintedId(never) }
  })
}

const nameOf = (verdict: Verdict): string =>
  verdict._tag === 'Applied' ? 'Applied' : verdict._tag === 'NoOp' ? verdict.reason : verdict.code

/** A verdict, in the oracle's words. */
const saidOf = (verdict: Verdict, expected: Said, { pair, oracleIdOf }: Pairs): Said => {
  // The histories of this oracle suppress nothing.
  if (verdict._tag !== 'Applied' || !('userPoint' in verdict.effect)) return { verdict: nameOf(verdict) }
  const { _tag, userPoint, merged, ...counts } = { merged: [], ...verdict.effect }
  return {
    verdict: 'Applied',
    point: pair(userPoint, expected.point),
    merged: merged.map(oracleIdOf),
    counts: counts as NonNullable<Said['counts']>
  }
}

const inFull = ({ verdict, point, merged = [], counts = {} }: Said): JsonObject => ({
  verdict,
  ...(point !== undefined && { point, merged: merged.toSorted(), counts })
})

/** Entries under their names; one that is there twice has a name of its own. */
const byName = (entries: ReadonlyArray<readonly [string, Json]>): JsonObject =>
  Object.fromEntries(
    entries.map(([name, value], index) => {
      const before = entries.slice(0, index).filter(([each]) => each === name).length
      return [before === 0 ? name : `${name}, again (${before})`, value]
    })
  )

const spoken = (...parts: ReadonlyArray<unknown>): string => parts.join(' ')

const called = (who: Who): string => spoken(...Object.values(who))

const orNothing = (value: unknown): Json => (value === undefined ? 'nothing' : (value as Json))

const keyOf = (key: unknown): string =>
  typeof key === 'object' && key !== null ? spoken(...Object.values(key)) : String(key)

/** Returns a user point as the oracle has it. */
const expectedView = (oracle: Oracle, id: string, now: number): JsonObject => {
  const { at, devices, links, things, merges } = oracle.show(id, now)
  return {
    at: orNothing(at),
    devices: byName(devices.map((each) => [each.id, each.at])),
    identifiers: byName(links.map(({ who, device, at: since }) => [called(who), [orNothing(device), since]])),
    merges: merges.toSorted((a, b) => a - b),
    things: byName(
      things.map(({ kind, key, value, created, modified }) => {
        const fields = Object.entries(value).map(([name, each]) => [name, orNothing(each)])
        return [spoken(kind, keyOf(key)), { created, modified, ...Object.fromEntries(fields) }]
      })
    )
  }
}

/** Pairs each device of a user point with its counterpart. */
const pairDevices = ({ point }: Subject, oracle: Oracle, id: string, { ofEngine, pair }: Pairs): void => {
  const { devices, links } = oracle.show(id)
  for (const { id: device, agents } of point.devicePoints) {
    const link = links.find(({ who }) => who.tag === 'agent' && agents.some((agent) => agent.id === who.agent))
    if (link !== undefined) pair(device, link.device)
  }
  // A device may lose its technical ids in the unit of work that creates it. Then its age tells it from others.
  const strangers = point.devicePoints.filter((device) => !ofEngine.has(device.id)).map((device) => device.id)
  const known = new Set(ofEngine.values())
  const unpaired = devices.filter((device) => !known.has(device.id)).toSorted((a, b) => a.age - b.age)
  for (const [index, device] of strangers.toSorted().entries()) pair(device, unpaired[index]?.id)
}

/** Returns a user point as the store has it, in the oracle's terms. */
const actualView = ({ point }: Subject, { pair }: Pairs): JsonObject => {
  const deviceCalled = (id: string) => pair(id, undefined)
  const identifier = (at: number, ...parts: ReadonlyArray<string>) => [spoken(...parts), ['nothing', at]] as const
  const thing = (
    { createdAt: created, modifiedAt: modified }: { readonly createdAt: number; readonly modifiedAt: number },
    name: string,
    value: JsonObject = {}
  ) => [name, { created, modified, ...value }] as const
  return {
    at: point.createdAt,
    devices: byName(point.devicePoints.map((device) => [deviceCalled(device.id), device.createdAt])),
    identifiers: byName([
      ...point.accounts.map((each) => identifier(each.createdAt, 'account', each.compartment, each.accountId)),
      ...point.emailHashes.map((each) => identifier(each.createdAt, 'email', each.hash)),
      ...point.named.map((each) => identifier(each.createdAt, 'named', each.name, each.value)),
      ...point.devicePoints.flatMap((device) =>
        device.agents.map((each) => [spoken('agent', each.id), [deviceCalled(device.id), each.createdAt]] as const)
      )
    ]),
    merges: point.mergedAt.toSorted((a, b) => a - b),
    things: byName([
      ...point.profiles.map((each) =>
        thing(each, spoken('profile', each.compartment, each.accountId), { body: each.properties })
      ),
      ...point.segments.map((each) =>
        thing(each, spoken('segment', each.naming, each.segment), {
          ends: each.expiresAt ?? 'never',
          bag: orNothing(each.dataBag)
        })
      ),
      ...point.choices.map((each) =>
        thing(each, spoken('choice', each.processing), { body: each.properties, chosen: each.chosenAt })
      ),
      ...point.scenarios.map((each) => thing(each, spoken('scenario', each.scenario)))
    ])
  }
}

const demandSame = (expected: Json, actual: Json, what: string): void => {
  const found = difference(expected, actual)
  if (found !== undefined) fail(`${what}: ${found}`)
}

const failureOf = (left: unknown): string => {
  const { error = left } = left as { readonly error?: unknown }
  return String((error as { readonly _tag?: unknown })._tag)
}

const nothing: Said = { verdict: 'nothing' }

/** An engine and the oracle, side by side. */
interface Agreement {
  /** Does a step in both, and demands that they agree on its verdicts and, through each handle, on all user points. */
  readonly step: (step: Step) => Promise<void>
  /** Does a step that names the engine's own ids. */
  readonly exactly: (deed: Asking) => Promise<void>
  /** Demands that every reference that leads or led to a user point leads to the same one in the engine and the oracle. */
  readonly end: () => Promise<void>
  /** Returns the number of user points. */
  readonly count: () => number
  /** Returns the ids of all present and former user points. */
  readonly ids: () => ReadonlyArray<string>
}

/** Creates an engine over each handle of a store, and an empty oracle. */
export const createAgreement = async (
  store: TrialStore,
  settings: History['settings'],
  { peer = false }: Abilities = {}
): Promise<Agreement> => {
  const oracle = createOracle(settings, addressHashes)
  const pairs = createPairs()
  const newId = mintIds()
  let now = beginning
  let steps = 0
  const engineOf = ({ repository }: Handle): Engine<DocumentType> => engineOver(repository, { clock: () => now, newId })
  let handles = peer ? [store.handle, await store.peer()] : [store.handle]
  let versions: ReadonlyMap<string, number> = new Map()

  store.note(() => `let now = ${beginning}`)
  store.note(() => 'const newId = mintIds()')
  store.note(() => `const settings = ${print(settings)}`)
  store.note(
    () => "const over = (repository) => createEngine({ repository, clock: () => now, newId, purge: 'manual' })"
  )

  /** Returns every reference that leads or led to a user point, in the engine's terms and in the oracle's. */
  const everywhere = (): ReadonlyArray<readonly [Reference, Who]> => [
    ...[...universe, ...namedUniverse].map((who) => [claimedOf(who), who] as const),
    ...[...pairs.ofEngine].map(([id, other]): readonly [Reference, Who] =>
      isDevice(id)
        ? [claimedOf({ tag: 'device', device: id }), { tag: 'device', device: other }]
        : [
            { _tag: 'UserPoint', id: userPointIdOf(id) },
            { tag: 'point', point: other }
          ]
    )
  ]

  /** Demands that a handle has the same as the oracle; returns the versions of the documents. */
  const compare = async (handle: Handle, when: string): Promise<ReadonlyMap<string, number>> => {
    let count = 0
    for await (const subject of engineOf(handle).userPoints()) {
      const id = pairs.oracleIdOf(subject.id)
      pairDevices(subject, oracle, id, pairs)
      demandSame(expectedView(oracle, id, now), actualView(subject, pairs), `${id}, ${when}`)
      if (++count > 10_000) fail('the user points do not end')
    }
    if (count !== oracle.count()) fail(`${count} user points instead of ${oracle.count()}, ${when}`)
    const references = everywhere()
    const byReference = await handle.repository.load(
      references.map(([meant]) => (meant._tag === 'UserPoint' ? byId(meant.id) : byClaim(claimOf(meant))))
    )
    // The id of an absorbed user point is a claim of its survivor.
    const byOldId = await handle.repository.load(
      references.map(([meant]) => byClaim(meant._tag === 'UserPoint' ? `user_point:${meant.id}` : claimOf(meant)))
    )
    const found = byReference.map((each, n) => each ?? byOldId[n])
    for (const [index, [, who]] of references.entries()) {
      const id = found[index]?.id
      const [expected, actual] = [oracle.pointOf(who), id && pairs.oracleIdOf(id)]
      if (expected !== actual) fail(`${called(who)} leads to ${actual} instead of ${expected}, ${when}`)
    }
    return new Map(found.flatMap((each) => (each === undefined ? [] : [[each.id, each.version]])))
  }

  const compareAll = async (isApplied: boolean, when: string): Promise<void> => {
    for (const [index, handle] of handles.entries()) {
      const through = index === 0 ? when : `${when}, through the peer`
      const found = await compare(handle, through)
      const isSame = found.size === versions.size && [...found].every(([id, version]) => versions.get(id) === version)
      if (!isApplied && !isSame) fail(`something was written although no verdict says so, ${through}`)
      if (index === handles.length - 1) versions = found
    }
  }

  const compareUser = (expected: Said, user: JsonObject | undefined, when: string): void => {
    const { iid, ...shown } = (user?.['attributes'] ?? {}) as JsonObject
    const shownId = user && pairs.oracleIdOf(iid as string)
    if (shownId !== expected.point) fail(`the user that is shown is ${shownId} instead of ${expected.point}, ${when}`)
    if (user === undefined || expected.point === undefined) return
    const { attributes, identifiers } = oracle.showUser(expected.point)
    // Of several that came at the same time, any may be the one that is shown.
    const chosen = identifiers.filter(({ name, value }) => Object.hasOwn(shown, name) && shown[name] === value)
    if (identifiers.some(({ name }) => chosen.every((each) => each.name !== name))) {
      fail(`an identifier of a user is not shown, ${when}`)
    }
    const whole = { ...attributes, ...Object.fromEntries(chosen.map(({ name, value }) => [name, value])) }
    demandSame(whole, shown, `the user that is shown, ${when}`)
  }

  /** Does what is asked, in both; gives whether anything may have been written. */
  const ask = async (deed: Asking, handle: Handle, when: string): Promise<boolean> => {
    const sent = sentOf(deed)
    store.note(() => codeOf(sent, handle === handles[0] ? 'over(store)' : 'over(peer)'))
    const wanted = askedOf(deed)
    const { verdicts, answer } = await perform(engineOf(handle), sent, settings)
    const expected = wanted.map(
      (each): Said => ('verb' in each ? oracle.step(translated(each, pairs), now) : { verdict: each.verdict })
    )
    const ending = answer._tag === 'Left' ? failureOf(answer.left) : 'Answered'
    if (sent._tag === 'Request' && sent.call === 'getUser') {
      const [said = nothing] = expected
      const isConflict = said.verdict === 'IDENTIFIER_CONFLICT'
      if (ending !== (isConflict ? 'Rejected' : 'Answered')) fail(`the call ended with ${ending}, ${when}`)
      if (answer._tag === 'Right') compareUser(said, answer.right as JsonObject | undefined, when)
      return false
    }
    if (answer._tag === 'Left') return fail(`the call ended with ${ending}, ${when}`)
    if (sent._tag === 'Sweep') {
      const report = { ...oracle.sweep(now), completed: true }
      demandSame(report, answer.right as Json, `the report of the sweep, ${when}`)
      return report.userPointsDeleted + report.devicePointsDeleted > 0
    }
    const said = verdicts.map((verdict, index) => saidOf(verdict, expected[index] ?? nothing, pairs))
    demandSame(expected.map(inFull), said.map(inFull), `the verdicts, ${when}`)
    return said.some(({ verdict }) => verdict === 'Applied')
  }

  const act = async (deed: Deed, handle: Handle, when: string): Promise<boolean> => {
    switch (deed._tag) {
      case 'Reopen':
        handles = [await store.reopen()]
        return false
      case 'Purge':
        await handle.purge()
        return false
      case 'Line':
      case 'Document':
      case 'Commands':
      case 'Request':
      case 'Sweep':
        return await ask(deed, handle, when)
    }
  }

  const next = async (deed: Deed, place: number): Promise<void> => {
    steps += 1
    const when = `after step ${steps} (${deed._tag})`
    await compareAll(await act(deed, handles[place % handles.length] as Handle, when), when)
  }

  return {
    step: async ({ deed, wait, handle }) => {
      now += wait
      if (wait > 0) store.note(() => `now += ${wait}`)
      await next(
        deed._tag === 'Reopen' || deed._tag === 'Purge'
          ? deed
          : changed(deed, (wanted) => resolved(wanted, oracle, pairs)),
        handle
      )
    },
    exactly: async (deed) => await next(deed, 0),
    end: async () => {
      const engine = engineOf(handles[0] as Handle)
      for (const [meant, who] of everywhere()) {
        const found = await engine.find(meant)
        if (found._tag === 'Left') fail(`looking for ${called(who)} ended with ${found.left._tag}`)
        else if ((found.right && pairs.oracleIdOf(found.right.id)) !== oracle.pointOf(who)) {
          fail(`${called(who)} is found to be another user point's, at the end`)
        }
      }
    },
    ids: () => [...pairs.ofEngine.keys()].filter((id) => !isDevice(id)),
    count: oracle.count
  }
}
