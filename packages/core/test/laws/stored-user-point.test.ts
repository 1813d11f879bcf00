import { json } from '@userpoint/conformance/arbitraries'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CompartmentId } from '../../src/domain/compartment.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import { momentOf } from '../../src/domain/moment.ts'
import type { Profile } from '../../src/domain/profile.ts'
import { fromStored, toStored } from '../../src/domain/stored-user-point.ts'
import { emptyUserPoint, type UserPoint } from '../../src/domain/user-point.ts'
import type { Parts } from '../../src/domain/written.ts'
import { byId, choice, scenario, segment, wholePerson } from '../decide/whole-person.ts'
import { law } from './law.ts'
import { same } from './predicates.ts'

// Few, so that many are alike; all that a clock may say.
const moment = fc.oneof(
  fc.integer({ min: -1, max: 2 }),
  fc.constantFrom(0.5, 1_700_000_000_000, Number.MAX_SAFE_INTEGER)
)
const writtenAt = fc.oneof(moment.map(momentOf), fc.constantFrom(1_003, 1_700_000_000_000_037))
const parts: fc.Arbitrary<Parts> = writtenAt.map((at) => ({ at, in: { a: 5, b: { at: 7, whole: true } } }))
const compartment = fc.constantFrom('0', '12').map((id) => id as CompartmentId)
const text = fc.constantFrom('a', '__proto__', '\u{1f642}')
const properties = fc.dictionary(fc.constantFrom('a', '', '__proto__', 'createdAt'), json()) as fc.Arbitrary<JsonObject>

const profile: fc.Arbitrary<Profile> = fc
  .record({
    compartment,
    accountId: fc.option(text, { nil: undefined }),
    createdAt: moment,
    modifiedAt: moment,
    writtenAt,
    parts: fc.option(parts, { nil: undefined }),
    properties
  })
  .map(({ accountId, parts: some, ...rest }) => ({
    ...rest,
    ...(accountId !== undefined && { accountId }),
    ...(some !== undefined && { parts: some })
  }))

const userPoint: fc.Arbitrary<UserPoint> = fc
  .record({
    createdAt: moment,
    accounts: fc.array(fc.record({ compartment, accountId: text, createdAt: moment }), { maxLength: 3 }),
    emailHashes: fc.array(fc.record({ hash: text, createdAt: moment }), { maxLength: 3 }),
    profiles: fc.array(profile, { maxLength: 3 }),
    others: fc.boolean()
  })
  .map(({ others, ...rest }) => {
    const whole = wholePerson('p', { segments: [segment(byId('s'))], scenarios: [scenario('s')] }).point
    const more: UserPoint = {
      ...whole,
      choices: [choice('c')],
      named: [{ name: 'email', value: 'x', createdAt: 1 }],
      mergedAt: [1]
    }
    return { ...(others ? more : emptyUserPoint(0)), ...rest }
  })

describe('a user point that is stored', () => {
  law('is read as it was', userPoint, (point) =>
    same(fromStored(JSON.parse(JSON.stringify(toStored(point)))), JSON.parse(JSON.stringify(point)))
  )

  it('says no time twice', () => {
    const since = 1_700_000_000_000
    const times = { createdAt: since, modifiedAt: since, writtenAt: momentOf(since) + 37 }
    const point: UserPoint = {
      ...emptyUserPoint(since),
      emailHashes: [{ hash: 'a1b2', createdAt: since }],
      profiles: [{ compartment: '0' as CompartmentId, ...times, properties: { city: 'Paris' } }]
    }
    expect(JSON.stringify(toStored(point))).toBe(
      '{"moment":1700000000000037,"emailHashes":[{"hash":"a1b2"}],"profiles":[{"compartment":"0","properties":{"city":"Paris"}}]}'
    )
  })
})
