import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { DatabaseSync } from '@photostructure/sqlite'
import { createEngine, type Engine, type Reference, type Subject } from '@userpoint/core'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import {
  claimedOf,
  type Device,
  type Intent,
  intent,
  mintedDevice,
  mintedId,
  mintIds,
  type Named,
  type Point,
  universe
} from '../../../packages/core/test/arbitraries/intent.ts'
import { law } from '../../../packages/core/test/laws/law.ts'
import { same } from '../../../packages/core/test/laws/predicates.ts'
import { type Asked, createOracle } from './oracle.ts'
import { perform } from './store.ts'

type Oracle = ReturnType<typeof createOracle>

/** The engine's ids, each with the oracle's number for the same thing. One to one, for ever. */
const createPairs = () => {
  const numbers = new Map<string, number>()
  return {
    numberOf: (id: string): number => numbers.get(id) ?? -1,
    pair: (id: string, number: number | undefined): number => {
      const known = numbers.get(id)
      if (known !== undefined) return known
      if (number === undefined || [...numbers.values()].includes(number)) throw new Error(`${id} has no counterpart`)
      numbers.set(id, number)
      return number
    }
  }
}

type Pairs = ReturnType<typeof createPairs>

const askedOf = (wanted: Intent, { numberOf }: Pairs): Asked => {
  const translate = (who: Named | Device | Point) =>
    who.tag === 'device'
      ? { tag: who.tag, number: numberOf(who.device) }
      : who.tag === 'point'
        ? { tag: who.tag, number: numberOf(who.point) }
        : who
  return (
    'tag' in wanted.who ? { ...wanted, who: translate(wanted.who) } : { ...wanted, who: wanted.who.map(translate) }
  ) as Asked
}

type Times = { readonly createdAt: number; readonly modifiedAt: number }

const thing = (kind: string, key: unknown, { createdAt, modifiedAt }: Times, value: object) => ({
  kind,
  key,
  value,
  created: createdAt,
  modified: modifiedAt
})

/** A user point as the oracle shows it. */
const shown = ({ id, point }: Subject, oracle: Oracle, { pair }: Pairs) => {
  const accounts = point.accounts.map(({ compartment, accountId, createdAt }) => ({
    who: { tag: 'account' as const, compartment, account: accountId },
    device: undefined,
    at: createdAt
  }))
  const emails = point.emailHashes.map(({ hash, createdAt }) => ({
    who: { tag: 'email' as const, hash },
    device: undefined,
    at: createdAt
  }))
  const agents = point.devicePoints.flatMap((device) =>
    device.agents.map((agent) => ({
      who: { tag: 'agent' as const, agent: agent.id },
      device: device.id,
      at: agent.createdAt
    }))
  )
  const first = [...accounts, ...emails, ...agents][0]
  const number = pair(id, first && oracle.pointOf(first.who))
  const deviceNumber = (device: string): number => {
    const link = agents.find((agent) => agent.device === device)
    return pair(device, link && oracle.show(number).links.find(({ who }) => same(who, link.who))?.device)
  }
  return {
    number,
    view: {
      at: point.createdAt,
      devices: point.devicePoints.map((device) => ({ number: deviceNumber(device.id), at: device.createdAt })),
      links: [...accounts, ...emails, ...agents.map((agent) => ({ ...agent, device: deviceNumber(agent.device) }))],
      things: [
        ...point.profiles.map((profile) =>
          thing('profile', { compartment: profile.compartment, account: profile.accountId }, profile, {
            body: profile.properties
          })
        ),
        ...point.segments.map((segment) =>
          thing('segment', { naming: segment.naming, segment: segment.segment }, segment, {
            ends: segment.expiresAt ?? 'never',
            bag: segment.dataBag
          })
        ),
        ...point.choices.map((choice) =>
          thing('choice', choice.processing, choice, { body: choice.properties, chosen: choice.chosenAt })
        ),
        ...point.scenarios.map((scenario) => thing('scenario', scenario.scenario, scenario, {}))
      ],
      merges: point.mergedAt.map((at) => ({ at }))
    }
  }
}

const unordered = (view: object): object =>
  Object.fromEntries(Object.entries(view).map(([name, value]) => [name, Array.isArray(value) ? new Set(value) : value]))

/** Every reference there is, with what the oracle calls the same. */
const references = (pairs: Pairs): ReadonlyArray<readonly [Reference, Parameters<Oracle['pointOf']>[0]]> => [
  ...universe.map((who) => [claimedOf(who), who] as const),
  ...Array.from({ length: 30 }, (_, n) => [
    [
      { _tag: 'UserPoint', id: mintedId(n) } as Reference,
      { tag: 'point', number: pairs.numberOf(mintedId(n)) }
    ] as const,
    [
      { _tag: 'DevicePoint', id: mintedDevice(n) } as Reference,
      { tag: 'device', number: pairs.numberOf(mintedDevice(n)) }
    ] as const
  ]).flat()
]

const compare = async (engine: Engine, oracle: Oracle, pairs: Pairs): Promise<void> => {
  let count = 0
  for await (const subject of engine.userPoints()) {
    const { number, view } = shown(subject, oracle, pairs)
    expect(unordered(view)).toEqual(unordered(oracle.show(number)))
    count++
  }
  expect(count, 'user points').toBe(oracle.count())
  for (const [reference, who] of references(pairs)) {
    const found = await engine.find(reference)()
    const id = found._tag === 'Right' ? found.right?.id : 'nothing at all'
    expect(id && pairs.numberOf(id), `what ${JSON.stringify(reference)} leads to`).toBe(oracle.pointOf(who))
  }
}

/** One history through both, compared after every step over the whole universe. */
const agree = async (repository: Repository, history: ReadonlyArray<readonly [Intent, number]>): Promise<void> => {
  let now = 1_000
  const engine = createEngine({ repository, clock: () => now, newId: mintIds(), purgeAfterDeletions: false })
  const oracle = createOracle()
  const pairs = createPairs()
  for (const [i, [wanted, variant]] of history.entries()) {
    now = 1_000 + (i >> 1)
    const expected = oracle.step(askedOf(wanted, pairs), now)
    expect(await perform(engine, wanted, variant), `step ${i}`).toMatchObject({ _tag: expected })
    await compare(engine, oracle, pairs)
  }
}

const histories = fc.array(fc.tuple(intent(), fc.nat(9)), { minLength: 1, maxLength: 30, size: 'max' })

describe('the engine and an oracle of flat relations agree after every step of random histories', () => {
  law('[L-10, L-11, L-13, L-16] on memory', histories, (wanted) => agree(createMemoryRepository(), wanted), 250)

  law(
    '[L-10, L-11, L-13, L-16] on SQLite',
    histories,
    async (wanted) => {
      const database = new DatabaseSync(':memory:')
      await agree(createSqliteRepository(database), wanted)
      database.close()
    },
    25
  )
})
