/** Tests the oracle of people with examples of the documentation, independent of core. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { User, UserIntent } from '../src/arbitraries/insider.ts'
import { cardSettings } from '../src/arbitraries/insider.ts'
import type { Intent } from '../src/arbitraries/intent.ts'
import { addressHashes, type AttributeName, type Identified } from '../src/arbitraries/people.ts'
import { createOracle } from '../src/behaviour/oracle.ts'

const account = (id: string, compartment = '0'): Identified => ({ tag: 'account', compartment, account: id })
const email = (hash: string): Identified => ({ tag: 'email', hash })
const agent = (id: string): Identified => ({ tag: 'agent', agent: id })
const named = (name: string, value: string): AttributeName => ({ tag: 'named', name, value })
const user = (...identifiers: ReadonlyArray<AttributeName>): User => ({ point: undefined, identifiers })

const upsert = (who: Identified, body: object, mode: 'replace' | 'shallow' | 'deep' = 'replace'): Intent => ({
  verb: 'upsert',
  who,
  key: { compartment: '0', account: undefined },
  mode,
  body: body as never
})
const upsertUser = (who: User, attributes: object, custom: object = {}): UserIntent => ({
  verb: 'upsertUser',
  who,
  appends: true,
  attributes: attributes as never,
  custom: custom as never
})
const plan = (whole: ReadonlyArray<string> = [], partial: object = {}) => ({ whole, partial: partial as never })

const telling = (settings: Parameters<typeof createOracle>[0] = cardSettings) => {
  const oracle = createOracle(settings, addressHashes)
  let now = 0
  return {
    oracle,
    verdict: (asked: Intent | UserIntent): string => oracle.step(asked, ++now).verdict,
    /** Returns the body of the default profile of this identifier's user point. */
    body: (who: Identified | AttributeName): unknown => {
      const { things } = oracle.show(oracle.pointOf(who) ?? 'nobody')
      const profile = things.find(
        ({ kind, key }) => kind === 'profile' && (key as { account: unknown }).account === undefined
      )
      return profile && Object.entries(profile.value).find(([name]) => name === 'body')?.[1]
    },
    sweep: () => oracle.sweep(++now)
  }
}

describe('documents', () => {
  test('[L-10] a deleted user point is unknown, with all its identifiers', () => {
    const { oracle, verdict } = telling()
    const all = [account('a'), email('h'), agent('vec:1')]
    expect(verdict({ verb: 'associate', who: all })).toBe('Applied')
    expect(verdict({ verb: 'associate', who: all })).toBe('ALREADY_ASSOCIATED')
    expect(verdict({ verb: 'deleteUserPoint', who: email('h') })).toBe('Applied')
    expect(verdict({ verb: 'deleteUserPoint', who: account('a') })).toBe('NOT_FOUND')
    expect(all.map(oracle.pointOf)).toEqual([undefined, undefined, undefined])
    expect(oracle.count()).toBe(0)
  })

  test('[L-11] a deletion of an identifier removes nothing else', () => {
    const { oracle, verdict, body } = telling()
    verdict({ verb: 'associate', who: [account('a'), email('h')] })
    verdict(upsert(account('a'), { city: 'Paris' }))
    expect(verdict({ verb: 'deleteIdentifier', who: account('a') })).toBe('Applied')
    expect(oracle.pointOf(account('a'))).toBe(undefined)
    expect(body(email('h'))).toEqual({ city: 'Paris' })
  })

  test('[A-38] the oldest user point has everything of those that it absorbs, and of each property the later value', () => {
    const { oracle, verdict, body } = telling()
    verdict(upsert(email('old'), { of: 'old', own: 1 }))
    verdict(upsert(email('new'), { of: 'new' }))
    const old = oracle.pointOf(email('old'))
    expect(verdict({ verb: 'associate', who: [email('new'), email('old')] })).toBe('Applied')
    expect([email('old'), email('new')].map(oracle.pointOf)).toEqual([old, old])
    expect(body(email('old'))).toEqual({ of: 'new', own: 1 })
    expect(oracle.pointOf({ tag: 'point', point: old ?? '' }), '[A-42]').toBe(old)
    expect(oracle.show(old ?? '').merges).toHaveLength(1)
  })

  test('[A-11, A-20, A-24] bodies merge and are trimmed as the documents say', () => {
    const { verdict, body } = telling()
    verdict(upsert(email('h'), { tags: [1], inner: { a: 1 }, kind: [1] }))
    verdict(upsert(email('h'), { tags: [1], inner: { b: 2 }, kind: 'text' }, 'deep'))
    expect(body(email('h'))).toEqual({ tags: [1, 1], inner: { a: 1, b: 2 }, kind: 'text' })
    const trim: Intent = {
      verb: 'trimProfile',
      who: email('h'),
      key: { compartment: '0', account: undefined },
      body: { tags: [1], inner: { a: null }, kind: {} }
    }
    expect([verdict(trim), verdict(trim)]).toEqual(['Applied', 'UNCHANGED'])
    expect(body(email('h'))).toEqual({ tags: [], inner: { b: 2 } })
  })

  test('[A-14, A-15] an unknown device point can neither be upserted nor associated', () => {
    const { oracle, verdict } = telling()
    const device = { tag: 'device', device: 'nobody' } as const
    expect(verdict({ verb: 'enterScenario', who: device, key: '1' })).toBe('UNKNOWN_DEVICE_POINT')
    expect(verdict({ verb: 'associate', who: [email('h'), device] })).toBe('UNKNOWN_DEVICE_POINT')
    expect(oracle.count()).toBe(0)
  })

  test('[L-26] a sweep removes collectable user points', () => {
    const { oracle, verdict, sweep } = telling()
    verdict({ verb: 'associate', who: [email('h')] })
    verdict(upsert(agent('vec:1'), {}))
    verdict({ verb: 'deleteIdentifier', who: agent('vec:1') })
    expect(sweep()).toEqual({ seen: 2, userPointsDeleted: 1, devicePointsDeleted: 1 })
    expect(sweep()).toEqual({ seen: 1, userPointsDeleted: 0, devicePointsDeleted: 0 })
    expect(oracle.count()).toBe(1)
  })
})

describe("Insider's calls", () => {
  const ada = named('email', 'ada@x.y')
  const [uuid, card] = [named('uuid', 'u'), named('custom.card', '7')]

  test('[B-01, B-02, B-04] the user of a request', () => {
    const { oracle, verdict } = telling()
    verdict(upsertUser(user(ada), { a: 1 }))
    verdict(upsertUser(user(uuid), { a: 1 }))
    const erase = (who: User): UserIntent => ({ verb: 'deleteAttributes', who, plan: plan(['a']), custom: plan() })
    expect(verdict(erase(user(ada, uuid)))).toBe('IDENTIFIER_CONFLICT')
    expect(verdict(erase(user(ada, card)))).toBe('Applied')
    expect(verdict(erase({ point: { tag: 'point', point: 'nobody' }, identifiers: [ada] }))).toBe('NOT_FOUND')
    const point = { tag: 'point', point: oracle.pointOf(ada) ?? '' } as const
    expect(verdict(erase({ point, identifiers: [uuid] }))).toBe('IDENTIFIER_CONFLICT')
    expect(verdict(erase({ point, identifiers: [] }))).toBe('UNCHANGED')
    expect(oracle.pointOf(card)).toBe(undefined)
  })

  test('[B-01] with `priority` the first known identifier of the settings decides', () => {
    const { oracle, verdict } = telling({ ...cardSettings, onConflict: 'priority' })
    verdict(upsertUser(user(ada), {}))
    verdict(upsertUser(user(uuid), {}))
    expect(verdict({ verb: 'deleteUser', who: user(uuid, ada) })).toBe('Applied')
    expect([oracle.pointOf(ada), oracle.pointOf(uuid)]).toEqual([undefined, expect.any(String)])
  })

  test('[B-06, B-08, B-10, B-11] whole beats partial, and values are compared as JSON', () => {
    const { verdict, body } = telling()
    verdict(upsertUser(user(ada), { sizes: ['S', 'M'], ids: [1, '1', 2, 1], empty: ['x'] }))
    const asked = (whole: ReadonlyArray<string>, partial: object): UserIntent => ({
      verb: 'deleteAttributes',
      who: user(ada),
      plan: plan(whole, partial),
      custom: plan()
    })
    expect(verdict(asked(['age'], {}))).toBe('UNCHANGED')
    expect(verdict(asked(['sizes'], { sizes: ['S'], ids: [1], empty: ['x'] }))).toBe('Applied')
    expect(body(ada)).toEqual({ ids: ['1', 2], empty: [] })
  })

  test('[B-07, B-13, B-14, B-16] names', () => {
    const { verdict, body } = telling()
    verdict(upsertUser(user(ada), { list_id: [1, 2], size: 1 }, { size: 'S' }))
    const asked = (root: ReturnType<typeof plan>, custom = plan()): UserIntent => ({
      verb: 'deleteAttributes',
      who: user(ada),
      plan: root,
      custom
    })
    expect(verdict(asked(plan()))).toBe('REQUIRED')
    expect(verdict(asked(plan(['email'])))).toBe('IDENTIFIER_ATTRIBUTE')
    // An attribute is protected only if the user has such an identifier.
    expect(verdict(asked(plan(), plan(['card'])))).toBe('UNCHANGED')
    verdict(upsertUser(user(ada), {}, { card: '9' }))
    expect(verdict(asked(plan(), plan(['card'])))).toBe('IDENTIFIER_ATTRIBUTE')
    expect(verdict(asked(plan(['custom'])))).toBe('UNCHANGED')
    expect(verdict(asked(plan([], { static_segment_id: [1] }), plan(['size'])))).toBe('Applied')
    expect(body(ada)).toEqual({ list_id: [2], size: 1, custom: {} })
  })

  test('an upsert merges several users within the limits; the latest value of an attribute wins', () => {
    const { oracle, verdict, body } = telling()
    verdict(upsertUser(user(ada), { a: 'ada', x: 1 }, { k: 1 }))
    verdict(upsertUser(user(uuid, card), { a: 'uuid', tags: [1] }, { l: 2 }))
    expect(verdict(upsertUser(user(ada, uuid), { tags: [2] }))).toBe('Applied')
    expect(oracle.count()).toBe(1)
    expect(body(ada)).toEqual({ a: 'uuid', x: 1, tags: [1, 2], custom: { k: 1, l: 2 } })
    verdict(upsertUser(user(named('custom.card', '8')), {}))
    expect(verdict(upsertUser(user(ada, named('custom.card', '8')), {}))).toBe('Applied')
    expect(oracle.count(), 'one card is the limit').toBe(2)
  })

  test('identifiers are deleted and updated, but the last one is not deleted', () => {
    const { oracle, verdict } = telling()
    verdict(upsertUser(user(ada, uuid), {}))
    expect(verdict({ verb: 'updateIdentifier', from: uuid, to: named('uuid', 'v') })).toBe('Applied')
    expect(verdict({ verb: 'updateIdentifier', from: uuid, to: named('uuid', 'w') })).toBe('NOT_FOUND')
    verdict(upsertUser(user(uuid), {}))
    expect(verdict({ verb: 'updateIdentifier', from: uuid, to: named('uuid', 'v') })).toBe('IDENTIFIER_TAKEN')
    expect(verdict({ verb: 'deleteIdentifiers', who: user(ada) })).toBe('Applied')
    expect(verdict({ verb: 'deleteIdentifiers', who: user(named('uuid', 'v')) })).toBe('SOLE_IDENTIFIER')
    expect(oracle.count()).toBe(2)
  })

  describe('with an e-mail hash', () => {
    const emailHash = { algorithm: 'sha256', trim: true, lowerCase: true } as const
    const [lower, upper] = [named('email', 'a@x.y'), named('email', 'A@x.y')]
    const hash = email(addressHashes.get('a@x.y') ?? '')
    const start = () => {
      const { oracle, verdict } = telling({ ...cardSettings, emailHash })
      verdict(upsertUser(user(lower, uuid), {}))
      return {
        oracle,
        verdict,
        found: () => [lower, upper, hash, uuid].map((who) => oracle.pointOf(who) !== undefined)
      }
    }

    test('[A-48] an address and its hash are one identifier', () => {
      const { verdict, found } = start()
      expect(found()).toEqual([true, false, true, true])
      expect(verdict({ verb: 'deleteIdentifiers', who: user(lower) })).toBe('Applied')
      expect(found()).toEqual([false, false, false, true])
      expect(telling().verdict({ verb: 'deleteIdentifier', who: hash })).toBe('NOT_FOUND')
    })

    test('[A-48] the hash stays while another spelling does, and takes all spellings with it', () => {
      const { verdict, found } = start()
      verdict(upsertUser(user(upper), {}))
      verdict({ verb: 'deleteIdentifiers', who: user(lower) })
      expect(found()).toEqual([false, true, true, true])
      verdict({ verb: 'deleteIdentifiers', who: user(lower) })
      expect(found()).toEqual([false, false, false, true])
      const other = start()
      other.verdict({ verb: 'deleteIdentifier', who: hash })
      expect(other.found()).toEqual([false, false, false, true])
    })

    test('[A-48] an address of two people, in clear and hashed, is not exchanged', () => {
      const { oracle, verdict } = telling({ ...cardSettings, emailHash })
      verdict(upsert(hash, {}))
      expect(verdict({ verb: 'updateIdentifier', from: upper, to: lower })).toBe('Applied')
      verdict(upsertUser(user(uuid), {}))
      expect(verdict({ verb: 'updateIdentifier', from: uuid, to: upper })).toBe('IDENTIFIER_TAKEN')
      expect(oracle.count()).toBe(2)
    })
  })

  test('[A-48] the addresses of a history have the hashes that Node gives', () => {
    for (const [address, hash] of addressHashes) {
      expect(createHash('sha256').update(address).digest('hex'), address).toBe(hash)
    }
  })
})
