import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command, EditProfile } from '../../src/command/command.ts'
import { rejection } from '../../src/command/rejection.ts'
import { decide } from '../../src/decide/decide.ts'
import type { Verdict } from '../../src/decide/verdict.ts'
import type { Context } from '../../src/decide/view.ts'
import { Workspace } from '../../src/decide/workspace.ts'
import {
  hyperPointReasons,
  isQuarantined,
  suggestedHyperPointLimits,
  suggestedQuarantineLimits
} from '../../src/domain/hyper-point.ts'
import type { UserPointId } from '../../src/domain/identifier.ts'
import { deletion, put, shallowMerge, within } from '../../src/domain/patch.ts'
import type { Subject, UserPoint } from '../../src/domain/user-point.ts'
import type { DevicePointId } from '../../src/domain/user-agent-id.ts'
import { law } from '../laws/law.ts'
import { same } from '../laws/predicates.ts'
import { agent, at, email, key, profile, userPoint } from './given.ts'
import { byId, choice, named, scenario, segment, wholePerson } from './whole-person.ts'

const day = 86_400_000
const now = 100 * day

/** Returns the verdicts on commands in order, under some guards. */
const verdicts = (
  people: ReadonlyArray<Subject>,
  guards: Pick<Context, 'quarantine' | 'hyperPoint'>,
  ...commands: ReadonlyArray<Command>
): ReadonlyArray<Verdict> => {
  const workspace = new Workspace(people.map((subject) => ({ ...subject, version: 1 })))
  let n = 0
  return commands.map((command) => {
    const decision = decide(workspace, command, {
      ...at(now),
      newUserPointId: () => `new-${++n}` as UserPointId,
      newDevicePointId: () => `udp:${++n}` as DevicePointId,
      ...guards
    })
    workspace.apply(decision, () => 'no-suppression')
    return decision.verdict
  })
}

const empty = wholePerson('p0').point
const withPoint = (changes: Partial<UserPoint>): UserPoint => ({ ...empty, ...changes })
const times = (count: number, createdAt: number) => Array.from({ length: count }, (_, n) => ({ n, createdAt }))

const accountsOf = (count: number, createdAt: number) =>
  times(count, createdAt).map(({ n }) => ({ compartment: '0' as never, accountId: `${createdAt}-${n}`, createdAt }))
const hashes = (count: number, createdAt: number) =>
  times(count, createdAt).map(({ n }) => ({ hash: `${createdAt}-${n}`, createdAt }))
const agents = (scheme: string, count: number, createdAt: number) =>
  times(count, createdAt).map(({ n }) => ({ id: `${scheme}:${createdAt}${n}` as never, createdAt }))
const device = (id: string, some: ReturnType<typeof agents>) => ({
  id: id as DevicePointId,
  createdAt: 0,
  agents: some
})

describe('hyper points', () => {
  it.each<readonly [string, string, UserPoint, UserPoint]>([
    [
      'technical ids of one registry',
      'TECHNICAL_IDS',
      withPoint({
        devicePoints: [device('udp:1', agents('net:9', 6, now)), device('udp:2', agents('net:9', 5, now - 1))]
      }),
      withPoint({
        devicePoints: [device('udp:1', agents('net:9', 10, now)), device('udp:2', agents('net:8', 10, now))]
      })
    ],
    [
      'technical ids of a scheme without registries',
      'TECHNICAL_IDS',
      withPoint({ devicePoints: [device('udp:1', agents('vec', 11, now))] }),
      withPoint({ devicePoints: [device('udp:1', [...agents('vec', 10, now), ...agents('vec', 5, now - 2 * day)])] })
    ],
    [
      'accounts',
      'ACCOUNTS',
      withPoint({ accounts: accountsOf(5, now - 7 * day + 1) }),
      withPoint({ accounts: [...accountsOf(4, now), ...accountsOf(9, now - 7 * day)] })
    ],
    [
      'e-mail hashes',
      'EMAIL_HASHES',
      withPoint({ emailHashes: hashes(5, now) }),
      withPoint({ emailHashes: [...hashes(4, now), ...hashes(9, now - 7 * day)] })
    ],
    [
      'merges',
      'MERGES',
      withPoint({ mergedAt: Array.from({ length: 9 }, () => now - 13 * day) }),
      withPoint({ mergedAt: [...Array.from({ length: 8 }, () => now), now - 14 * day] })
    ],
    [
      'identifiers, however old',
      'IDENTIFIERS',
      withPoint({ emailHashes: hashes(101, 1) }),
      withPoint({ emailHashes: hashes(100, 1) })
    ]
  ])('[A-39] more %s than the limit make one', (_, reason, over, under) => {
    expect(hyperPointReasons(over, now)).toEqual([reason])
    expect(hyperPointReasons(under, now)).toEqual([])
    expect(hyperPointReasons(under, now, suggestedHyperPointLimits)).toEqual([])
  })

  it('[A-39] registries of different schemes, and schemes without registries, are counted apart', () => {
    const some = (...schemes: ReadonlyArray<string>) =>
      withPoint({ devicePoints: schemes.map((scheme, n) => device(`udp:${n}`, agents(scheme, 6, now))) })
    expect(hyperPointReasons(some('net:9', 'ins:9', 'vec', 'mum', 'tv'), now)).toEqual([])
    expect(hyperPointReasons(some('vec', 'mum', 'vec'), now)).toEqual(['TECHNICAL_IDS'])
    // `net:` ids without a registry are of no grammar, and a store may hold them all the same.
    expect(hyperPointReasons(some('net', 'net:9'), now)).toEqual([])
    expect(hyperPointReasons(some('net', 'net'), now)).toEqual(['TECHNICAL_IDS'])
  })

  it('[A-39] names every reason, and the limits are data', () => {
    const point = withPoint({ accounts: accountsOf(1, now), emailHashes: hashes(1, now) })
    const none = { count: 0, days: 1 }
    const limits = { technicalIds: none, accounts: none, emailHashes: none, merges: none, identifiers: 1 }
    expect(hyperPointReasons(point, now, limits)).toEqual(['ACCOUNTS', 'EMAIL_HASHES', 'IDENTIFIERS'])
  })

  const crowd = (count: number) => Array.from({ length: count }, (_, n) => wholePerson(`p${n}`, { emails: [`h${n}`] }))
  const mergeAll = (count: number): Command => ({
    _tag: 'Associate',
    references: [email('h0'), ...Array.from({ length: count - 1 }, (_, n) => email(`h${n + 1}`))]
  })

  it('[A-39] the verdict on a merge says so where the policy is set, and nothing is refused', () => {
    const told = verdicts(crowd(10), { hyperPoint: suggestedHyperPointLimits }, mergeAll(10))
    expect(told).toMatchObject([{ _tag: 'Applied', effect: { merged: { length: 9 }, hyperPoint: ['MERGES'] } }])
    const few = verdicts(crowd(2), { hyperPoint: suggestedHyperPointLimits }, mergeAll(2))
    expect(few).toMatchObject([{ _tag: 'Applied', effect: { hyperPoint: [] } }])
    // Without a merge there is nothing to say.
    const grown = verdicts(crowd(1), { hyperPoint: suggestedHyperPointLimits }, mergeAll(2))
    expect(grown[0]).not.toHaveProperty('effect.hyperPoint')
  })

  const users = (count: number) =>
    Array.from({ length: count }, (_, n) => wholePerson(`p${n}`, { named: [['uuid', `${n}`]] }))
  const upsertAll = (count: number): Command => ({
    _tag: 'UpsertUser',
    userPoint: undefined,
    identifiers: Array.from({ length: count }, (_, n) => named('uuid', `${n}`)),
    limits: new Map(),
    key: key('0'),
    patch: shallowMerge({})
  })

  it('[A-39] so does that on an upsert of a user', () => {
    const told = verdicts(users(10), { hyperPoint: suggestedHyperPointLimits }, upsertAll(10))
    expect(told).toMatchObject([{ _tag: 'Applied', effect: { merged: { length: 9 }, hyperPoint: ['MERGES'] } }])
    const few = verdicts(users(2), { hyperPoint: suggestedHyperPointLimits }, upsertAll(2))
    expect(few).toMatchObject([{ _tag: 'Applied', effect: { hyperPoint: [] } }])
    const grown = verdicts(users(1), { hyperPoint: suggestedHyperPointLimits }, upsertAll(2))
    expect(grown[0]).not.toHaveProperty('effect.hyperPoint')
  })

  it('[A-39] is off by default', () => {
    expect(verdicts(crowd(10), {}, mergeAll(10))[0]).not.toHaveProperty('effect.hyperPoint')
    expect(verdicts(users(10), {}, upsertAll(10))[0]).not.toHaveProperty('effect.hyperPoint')
  })
})

describe('quarantine', () => {
  const quarantine = { segments: 2 }
  const inQuarantine = wholePerson('p1', {
    emails: ['h1'],
    devices: { 'udp:1': ['vec:1'] },
    named: [
      ['uuid', 'u1'],
      ['uuid', 'u2']
    ],
    profiles: [profile(key('0'), { a: 1, b: 2 })],
    segments: [segment(byId('a')), segment(byId('b')), segment(byId('c'))],
    scenarios: [scenario('s')],
    choices: [choice('ads')]
  })
  const free = wholePerson('p2', { emails: ['h2'] })

  it('[A-39] counts the memberships that have not ended', () => {
    const ended = segment(byId('d'), { expiresAt: now })
    const point = withPoint({ segments: [segment(byId('a')), segment(byId('b'), { expiresAt: now + 1 }), ended] })
    expect(isQuarantined(point, now, { segments: 1 })).toBe(true)
    expect(isQuarantined(point, now, { segments: 2 })).toBe(false)
    expect(isQuarantined(point, now, suggestedQuarantineLimits)).toBe(false)
    const many = Array.from({ length: 5_001 }, (_, n) => segment(byId(`${n}`)))
    expect(isQuarantined(withPoint({ segments: many }), now, suggestedQuarantineLimits)).toBe(true)
    expect(isQuarantined(withPoint({ segments: many.slice(1) }), now, suggestedQuarantineLimits)).toBe(false)
  })

  const additions: ReadonlyArray<Command> = [
    { _tag: 'UpsertProfile', reference: email('h1'), key: key('0'), patch: put({}) },
    { _tag: 'Associate', references: [email('h1'), email('h9')] },
    { _tag: 'Associate', references: [email('h2'), agent('vec:1')] },
    { _tag: 'UpdateSegment', reference: email('h1'), key: byId('d'), expiry: { _tag: 'Never' } },
    { _tag: 'UpsertChoice', reference: email('h1'), processing: 'x', chosenAt: 1, patch: put({}) },
    { _tag: 'EnterScenario', reference: email('h1'), scenario: 'x' },
    {
      _tag: 'UpsertUser',
      userPoint: undefined,
      identifiers: [named('uuid', 'u1')],
      limits: new Map(),
      key: key('0'),
      patch: shallowMerge({})
    }
  ]

  it.each(additions)('[A-39] one in it takes no $_tag', (command) => {
    const people = [inQuarantine, free]
    expect(verdicts(people, { quarantine }, command)).toStrictEqual([rejection('QUARANTINED')])
    expect(verdicts(people, {}, command)).toMatchObject([{ _tag: 'Applied' }])
    expect(verdicts(people, { quarantine: { segments: 3 } }, command)).toMatchObject([{ _tag: 'Applied' }])
  })

  const edit: EditProfile = {
    _tag: 'EditProfile',
    reference: email('h1'),
    key: key('0'),
    patch: within(new Map([['a', deletion]])),
    checks: [],
    dropEmptied: []
  }
  const removals: ReadonlyArray<Command> = [
    edit,
    { _tag: 'DeleteProfile', reference: email('h1'), scope: { _tag: 'All' } },
    { _tag: 'DeleteSegment', reference: email('h1'), key: byId('a') },
    { _tag: 'DeleteChoice', reference: email('h1'), processing: 'ads' },
    { _tag: 'LeaveScenario', reference: email('h1'), scenario: 's' },
    { _tag: 'DeleteNamedIdentifiers', identifiers: [named('uuid', 'u1')], onConflict: 'Reject' },
    { _tag: 'DeleteDevicePoint', device: agent('vec:1') },
    { _tag: 'DeleteIdentifier', identifier: email('h1') },
    { _tag: 'DeleteUserPoint', reference: userPoint('p1') }
  ]

  it.each(removals)('[A-39] $_tag proceeds all the same', (command) => {
    expect(verdicts([inQuarantine, free], { quarantine }, command)).toMatchObject([{ _tag: 'Applied' }])
  })

  it('[A-39] ends when enough is deleted', () => {
    const [, , taken] = verdicts(
      [inQuarantine],
      { quarantine },
      additions[0] as Command,
      { _tag: 'DeleteSegment', reference: email('h1'), key: byId('a') },
      additions[0] as Command
    )
    expect(taken?._tag).toBe('Applied')
  })

  it('[A-39] of another user point does not matter', () => {
    const upsert: Command = { _tag: 'UpsertProfile', reference: email('h2'), key: key('0'), patch: put({}) }
    expect(verdicts([inQuarantine, free], { quarantine }, upsert)).toMatchObject([{ _tag: 'Applied' }])
  })
})

describe('status and arrival', () => {
  const moment = fc.integer({ min: now - 20 * day, max: now })
  const point = fc
    .record({
      accounts: fc.array(moment, { maxLength: 8 }),
      hashes: fc.array(moment, { maxLength: 8 }),
      agents: fc.array(fc.tuple(fc.constantFrom('net:9', 'net:8', 'vec'), moment), { maxLength: 30 }),
      merged: fc.array(moment, { maxLength: 12 }),
      segments: fc.array(fc.option(fc.constantFrom(now - 1, now, now + 1), { nil: undefined }), { maxLength: 6 })
    })
    .map(
      (made): UserPoint =>
        withPoint({
          accounts: made.accounts.map((createdAt, n) => ({ compartment: '0' as never, accountId: `${n}`, createdAt })),
          emailHashes: made.hashes.map((createdAt, n) => ({ hash: `${n}`, createdAt })),
          devicePoints: made.agents.map(([scheme, createdAt], n) =>
            device(`udp:${n}`, [{ id: `${scheme}:${n}` as never, createdAt }])
          ),
          mergedAt: made.merged,
          segments: made.segments.map((expiresAt, n) =>
            segment(byId(`${n}`), expiresAt === undefined ? {} : { expiresAt })
          )
        })
    )
  const shuffled = <A>(items: ReadonlyArray<A>): fc.Arbitrary<ReadonlyArray<A>> =>
    fc.shuffledSubarray([...items], { minLength: items.length })
  const inAnyOrder = (of: UserPoint): fc.Arbitrary<UserPoint> =>
    fc
      .tuple(
        shuffled(of.accounts),
        shuffled(of.emailHashes),
        shuffled(of.devicePoints),
        shuffled(of.mergedAt),
        shuffled(of.segments)
      )
      .map(([accounts, emailHashes, devicePoints, mergedAt, segments]) => ({
        ...of,
        accounts,
        emailHashes,
        devicePoints,
        mergedAt,
        segments
      }))

  law(
    '[L-27, A-39] a user point with the same data has the same status, in any order of arrival',
    point.chain((one) => fc.tuple(fc.constant(one), inAnyOrder(one))),
    ([one, other]) =>
      same(hyperPointReasons(one, now), hyperPointReasons(other, now)) &&
      [0, 1, 2, 3].every(
        (segments) => isQuarantined(one, now, { segments }) === isQuarantined(other, now, { segments })
      )
  )

  const additions = fc.uniqueArray(
    fc.oneof(
      fc.nat(8).map((n): Command => ({ _tag: 'Associate', references: [email('root'), email(`h${n}`)] })),
      fc.nat(14).map((n): Command => ({ _tag: 'Associate', references: [email('root'), agent(`net:9:${n}`)] })),
      fc.nat(5).map(
        (n): Command => ({
          _tag: 'UpdateSegment',
          reference: email('root'),
          key: byId(`s${n}`),
          expiry: { _tag: 'Never' }
        })
      )
    ),
    { selector: (command) => JSON.stringify(command), maxLength: 30 }
  )

  law(
    '[L-27, A-39] what is added to a user point in any order gives it the same status',
    additions.chain((some) => fc.tuple(fc.constant(some), shuffled(some))),
    ([one, other]) => {
      const statusAfter = (commands: ReadonlyArray<Command>) => {
        const workspace = new Workspace([{ ...wholePerson('p1', { emails: ['root'] }), version: 1 }])
        let n = 0
        for (const command of commands) {
          const context = {
            ...at(now),
            newUserPointId: () => `new-${++n}` as UserPointId,
            newDevicePointId: () => `udp:${++n}` as DevicePointId
          }
          workspace.apply(decide(workspace, command, context), () => 'no-suppression')
        }
        const found = workspace.find(email('root'))?.point ?? empty
        return [hyperPointReasons(found, now), isQuarantined(found, now, { segments: 3 })]
      }
      return same(statusAfter(one), statusAfter(other))
    }
  )
})
