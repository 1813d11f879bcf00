import fc from 'fast-check'
import { describe } from 'vitest'
import { type Claimed, claimOf, type Identifier, type UserPointId } from '../../src/domain/identifier.ts'
import type { DevicePointId, TechnicalId } from '../../src/domain/user-agent-id.ts'
import {
  addDevicePoint,
  countIdentifiers,
  type DevicePoint,
  devicePointLookup,
  findDevicePoint,
  type Subject,
  type UserPoint
} from '../../src/domain/user-point.ts'
import { addIdentifiers, identifierCheck, removeIdentifier } from '../../src/domain/user-point-identifiers.ts'
import { absorb, joinDevicePoints, oldestFirst } from '../../src/domain/joining.ts'
import { claimsOf } from '../../src/domain/claims.ts'
import { account, agent, device, email } from '../decide/given.ts'
import { byId, choice, named, scenario, segment, wholePerson } from '../decide/whole-person.ts'
import { law } from './law.ts'
import { frozen, same } from './predicates.ts'

const letter = fc.constantFrom('a', 'b', 'c')
const attachable = fc.oneof(
  fc.tuple(fc.constantFrom('0', '1'), letter).map(([compartment, id]) => account(compartment, id)),
  letter.map(email),
  fc.tuple(fc.constantFrom('email', 'uuid'), letter).map(([name, value]) => named(name, value))
)
const technicalId = fc.integer({ min: 1, max: 8 }).map((n) => agent(`vec:${n}`))
const deviceId = fc.integer({ min: 1, max: 5 }).map((n) => device(`udp:${n}`))
const identifier: fc.Arbitrary<Identifier> = fc.oneof(attachable, technicalId)
const moment = fc.integer({ min: 1, max: 3 })

/** User points in which each identifier stands once, as it does in every one that there is. */
const userPoint: fc.Arbitrary<UserPoint> = fc
  .record({
    createdAt: moment,
    attached: fc.array(attachable, { maxLength: 6 }),
    ids: fc.uniqueArray(deviceId, { maxLength: 5, selector: ({ id }) => id }),
    ages: fc.tuple(moment, moment, moment, moment, moment),
    agents: fc.uniqueArray(technicalId, { maxLength: 8, selector: ({ id }) => id }),
    places: fc.array(fc.nat(4), { minLength: 8, maxLength: 8 })
  })
  .map(({ createdAt, attached, ids, ages, agents, places }) => {
    const { point } = wholePerson('p', { createdAt, segments: [segment(byId('s'))], scenarios: [scenario('s')] })
    const devicePoints = ids.map(({ id }, n): DevicePoint => {
      const mine = agents.filter((_, i) => (places[i] ?? 0) % ids.length === n)
      return { id, createdAt: ages[n] ?? 1, agents: mine.map((each) => ({ id: each.id, createdAt: 1 })) }
    })
    return frozen(addIdentifiers({ ...point, devicePoints, choices: [choice('c')], mergedAt: [1] }, attached, 1))
  })

const sorted = (claims: Iterable<string>): ReadonlyArray<string> => [...claims].sort()
const claims = (some: ReadonlyArray<Claimed>): ReadonlyArray<string> => some.map(claimOf)

describe('the identifiers of a user point', () => {
  law(
    '[L-13] what is added is there once, beside all that was; the same reference where all of it was',
    fc.tuple(userPoint, fc.array(attachable, { maxLength: 5 })),
    ([point, more]) => {
      const after = addIdentifiers(point, more, 9)
      const added = claims(more).filter((claim) => !claimsOf(point).includes(claim))
      return (
        same(sorted(claimsOf(after)), sorted(new Set([...claimsOf(point), ...claims(more)]))) &&
        (added.length > 0 || after === point) &&
        (['accounts', 'emailHashes', 'named'] as const).every(
          (list) =>
            same(after[list].slice(0, point[list].length), point[list]) &&
            after[list].slice(point[list].length).every(({ createdAt }) => createdAt === 9) &&
            (after[list].length > point[list].length || after[list] === point[list])
        ) &&
        same(
          { ...after, accounts: [], emailHashes: [], named: [] },
          { ...point, accounts: [], emailHashes: [], named: [] }
        )
      )
    },
    500
  )

  law(
    '[L-11] what is removed is gone alone, and its device point stays',
    fc.tuple(userPoint, identifier),
    ([point, gone]) => {
      const after = removeIdentifier(point, gone)
      return (
        same(
          claimsOf(after),
          claimsOf(point).filter((claim) => claim !== claimOf(gone))
        ) &&
        same(
          after.devicePoints.map(({ id, createdAt }) => [id, createdAt]),
          point.devicePoints.map(({ id, createdAt }) => [id, createdAt])
        ) &&
        (gone._tag !== 'Agent' || after !== point || !claimsOf(point).includes(claimOf(gone)))
      )
    },
    500
  )

  law('[L-11] a removal freezes nothing', fc.tuple(userPoint, identifier), ([point, gone]) => {
    const thawed = structuredClone(point)
    const after = removeIdentifier(thawed, gone)
    return [thawed, after, ...after.devicePoints, after.devicePoints].every((each) => !Object.isFrozen(each))
  })

  law('are as many as their claims, less the device points', userPoint, (point) => {
    return countIdentifiers(point) === claimsOf(point).length - point.devicePoints.length
  })

  law(
    'a device point is found by its own id and by its technical ids, and by no other',
    fc.tuple(userPoint, fc.oneof(technicalId, deviceId)),
    ([point, { id }]) => {
      const found = findDevicePoint(point, id)
      const expected = point.devicePoints.find((each) =>
        claimsOf({ ...point, accounts: [], emailHashes: [], named: [], devicePoints: [each] }).includes(`agent:${id}`)
      )
      return found === expected && [1, 100].every((count) => devicePointLookup(point, count)(id) === expected)
    },
    500
  )

  law(
    'an identifier is held if its claim is one of the user point, for few checks as for many',
    fc.tuple(userPoint, attachable),
    ([point, sought]) => {
      const isHeld = claimsOf(point).includes(claimOf(sought))
      return [1, 100].every((count) => identifierCheck(point, count)(sought) === isHeld)
    },
    500
  )
})

describe('device points that are joined', () => {
  law(
    '[A-38] are one, the oldest, that has the technical ids of all and the new ones; the others stay as they are',
    fc.tuple(
      userPoint,
      fc.array(deviceId, { maxLength: 4 }),
      fc.constantFrom<ReadonlyArray<string>>([], ['vec:new'], ['vec:x', 'vec:y'])
    ),
    ([point, wanted, fresh]) => {
      const ids = wanted.map(({ id }) => id)
      const after = joinDevicePoints(point, { ids, fresh: fresh as ReadonlyArray<TechnicalId> }, 9)
      const joined = point.devicePoints.filter(({ id }) => ids.includes(id))
      if (joined.length === 0 || (joined.length === 1 && fresh.length === 0)) return after === point
      const [oldest, ...rest] = joined.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
      if (oldest === undefined) return false
      const others = new Set<DevicePoint>(rest)
      const whole: DevicePoint = {
        ...oldest,
        agents: [
          ...oldest.agents,
          ...joined.filter((each) => others.has(each)).flatMap(({ agents }) => agents),
          ...fresh.map((id) => ({ id: id as TechnicalId, createdAt: 9 }))
        ],
        ...(others.size > 0 && { formerIds: joined.flatMap((each) => (others.has(each) ? [each.id] : [])) })
      }
      const expected = point.devicePoints.flatMap((each) =>
        each === oldest ? [whole] : others.has(each) ? [] : [each]
      )
      return same(after, { ...point, devicePoints: expected })
    },
    1_000
  )

  law('a new one has its technical ids, all from now', fc.tuple(userPoint, fc.array(technicalId)), ([point, some]) => {
    const id = 'udp:new' as DevicePointId
    const agents = some.map((each) => each.id)
    const fresh = { id, createdAt: 9, agents: agents.map((each) => ({ id: each, createdAt: 9 })) }
    return same(addDevicePoint(point, { id, agents }, 9), { ...point, devicePoints: [...point.devicePoints, fresh] })
  })
})

describe('user points that become one', () => {
  law(
    '[A-38] have every claim of both, in order, and the earlier creation',
    fc.tuple(userPoint, userPoint),
    ([survivor, other]) => {
      const { point: both } = absorb(
        survivor,
        { id: 'p2' as UserPointId, point: other },
        { now: 9, profileMerge: 'byProperty' }
      )
      return (
        (['accounts', 'emailHashes', 'devicePoints', 'named'] as const).every((list) =>
          same(both[list], [...survivor[list], ...other[list]])
        ) &&
        both.createdAt === Math.min(survivor.createdAt, other.createdAt) &&
        same(both.mergedAt, [...survivor.mergedAt, ...other.mergedAt, 9]) &&
        same(both.formerIds, ['p2'])
      )
    }
  )

  law(
    '[A-38] are sorted by age and then by id, from any order',
    fc.uniqueArray(
      fc
        .tuple(fc.constantFrom('p1', 'p2', 'p3', 'p4'), moment)
        .map(([id, createdAt]) => wholePerson(id, { createdAt })),
      { selector: ({ id }) => id }
    ),
    (subjects: ReadonlyArray<Subject>) => {
      const sortedOnes = oldestFirst(frozen(subjects))
      return (
        sortedOnes.length === subjects.length &&
        sortedOnes.every((each) => subjects.includes(each)) &&
        sortedOnes.every((each, i) => {
          const next = sortedOnes[i + 1]
          if (next === undefined) return true
          const [age, nextAge] = [each.point.createdAt, next.point.createdAt]
          return age < nextAge || (age === nextAge && each.id < next.id)
        })
      )
    },
    500
  )
})
