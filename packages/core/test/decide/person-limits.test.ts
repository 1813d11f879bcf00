import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adds, type Command } from '../../src/command/command.ts'
import { rejection } from '../../src/command/rejection.ts'
import { excessOf, type PersonLimits } from '../../src/domain/person-limits.ts'
import { removeValues, shallowMerge, within } from '../../src/domain/patch.ts'
import type { Context } from '../../src/decide/view.ts'
import { claimsOf } from '../../src/domain/claims.ts'
import type { Subject, UserPoint } from '../../src/domain/user-point.ts'
import type { Json } from '../../src/domain/json.ts'
import { law } from '../laws/law.ts'
import { commandOf, contextAt, intents, run, type World } from '../laws/world.ts'
import { account, email, givenUnder, key, person, profile } from './given.ts'
import { choice, scenario, wholePerson } from './whole-person.ts'

const codes = ['TOO_MANY_IDENTIFIERS', 'TOO_MANY_ATTACHMENTS', 'PROFILE_TOO_LARGE', 'ARRAY_TOO_LONG']

const longest = (value: Json | undefined): number =>
  typeof value !== 'object' || value === null
    ? 0
    : Math.max(Array.isArray(value) ? value.length : 0, ...Object.values(value).map(longest))

/** Returns the sizes of a user point in the order of the limits, counted in another way than the domain counts. */
const sizesOf = (point: UserPoint): ReadonlyArray<number> => [
  new Set(claimsOf(point)).size,
  [point.profiles, point.segments, point.scenarios, point.choices].flat().length,
  Math.max(0, ...point.profiles.map(({ properties }) => new TextEncoder().encode(JSON.stringify(properties)).length)),
  Math.max(0, ...point.profiles.map(({ properties }) => longest(properties)))
]

const isWithin = (point: UserPoint, limits: PersonLimits): boolean => {
  const most = [limits.identifiers, limits.attachments, limits.profileBytes, limits.arrayLength]
  return sizesOf(point).every((size, at) => size <= (most[at] as number))
}

const limits: fc.Arbitrary<PersonLimits> = fc.record({
  identifiers: fc.integer({ min: 1, max: 6 }),
  attachments: fc.integer({ min: 1, max: 6 }),
  profileBytes: fc.integer({ min: 2, max: 60 }),
  arrayLength: fc.integer({ min: 0, max: 3 })
})

const none: PersonLimits = { identifiers: 100, attachments: 100, profileBytes: 1_000, arrayLength: 100 }

describe('the limits of a person', () => {
  law(
    '[A-50] hold for every user point of a history, no removal meets them, and a rejection changes nothing',
    fc.tuple(intents(), limits),
    ([wanted, given]) => {
      let world: World = new Map()
      return wanted.map(commandOf).every((command, i) => {
        const { decision, after } = run(world, command, { ...contextAt(1_000 + i, 2 * i), limits: given })
        const { verdict } = decision
        const isLimited = verdict._tag === 'Rejected' && codes.includes(verdict.code)
        world = after
        return (
          [...after.values()].every((point) => isWithin(point, given)) &&
          (!isLimited || (adds(command) && decision.changes.length === 0))
        )
      })
    },
    300
  )

  const ada = person('ada', { emails: ['h1', 'h2'], profiles: [profile(key('0'), { tags: ['a', 'b', 'c'] })] })
  const verdictOn = (people: ReadonlyArray<Subject>, command: Command, policies: Pick<Context, 'limits'>) =>
    givenUnder(policies, ...people).when(command).verdict

  const association = { _tag: 'Associate', references: [email('h1'), account('1', 'ada')] } as const
  const upsert = (body: Record<string, Json>) =>
    ({ _tag: 'UpsertProfile', reference: email('h1'), key: key('0'), patch: shallowMerge(body) }) as const
  const untagged = {
    _tag: 'EditProfile',
    reference: email('h1'),
    key: key('0'),
    patch: within(new Map([['tags', removeValues(['a'])]])),
    checks: [],
    dropEmptied: []
  } as const

  it.each([
    ['TOO_MANY_IDENTIFIERS', { identifiers: 2 }, association],
    ['TOO_MANY_ATTACHMENTS', { attachments: 1 }, { ...upsert({ a: 1 }), key: key('1') }],
    ['PROFILE_TOO_LARGE', { profileBytes: 30 }, upsert({ a: 'é'.repeat(4) })],
    ['ARRAY_TOO_LONG', { arrayLength: 3 }, upsert({ a: [1, 2, 3, [], {}] })]
  ] as const)('[A-50] %s', (code, some, command) => {
    const under = { ...none, ...some }
    const most = Object.fromEntries(Object.entries(some).map(([name, limit]) => [name, limit + 1]))
    expect(verdictOn([ada], command, { limits: under })).toStrictEqual(rejection(code))
    if (code !== 'PROFILE_TOO_LARGE' && code !== 'ARRAY_TOO_LONG')
      expect(verdictOn([ada], command, { limits: { ...under, ...most } })._tag).toBe('Applied')
    expect(verdictOn([ada], command, {})._tag).toBe('Applied')
  })

  it('[A-50] one that is too large already takes what makes it no larger', () => {
    const small = { identifiers: 1, attachments: 0, profileBytes: 2, arrayLength: 1 }
    expect(verdictOn([ada], untagged, { limits: small })._tag).toBe('Applied')
    expect(verdictOn([ada], upsert({ tags: ['x', 'y', 'z'] }), { limits: small })._tag).toBe('Applied')
    expect(verdictOn([ada], upsert({ tags: ['x', 'y', 'zz'] }), { limits: small })).toMatchObject({
      code: 'PROFILE_TOO_LARGE'
    })
  })

  it('[A-50] counts what a merge brings together, and the ids that lead on', () => {
    const others = [ada, person('bob', { emails: ['h3'], createdAt: 200 })]
    const merge = { _tag: 'Associate', references: [email('h1'), email('h3')] } as const
    // Three hashes, and the id of the one that was absorbed.
    expect(verdictOn(others, merge, { limits: { ...none, identifiers: 3 } })).toMatchObject({
      code: 'TOO_MANY_IDENTIFIERS'
    })
    expect(verdictOn(others, merge, { limits: { ...none, identifiers: 4 } })._tag).toBe('Applied')
  })

  it.each([
    ['é', 2],
    ['€', 3],
    ['🙂', 4],
    ['"', 2],
    ['\u0001', 6]
  ])('[A-50] counts %j as its bytes in JSON', (text, bytes) => {
    const before = wholePerson('p', { scenarios: [scenario('s')] }).point
    const after = { ...before, profiles: [profile(key('0'), { a: text })], choices: [choice('c')] }
    const size = '{"a":""}'.length + bytes
    expect(excessOf(before, after, { ...none, profileBytes: size })).toBe(undefined)
    expect(excessOf(before, after, { ...none, profileBytes: size - 1 })).toBe('PROFILE_TOO_LARGE')
  })
})
