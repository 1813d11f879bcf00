import { describe, expect, it } from 'vitest'
import { put } from '../../src/domain/patch.ts'
import { account, agent, device, email, given, key, person, profile, userPoint } from './given.ts'

const atKey = (reference: ReturnType<typeof email | typeof account | typeof agent | typeof device>, at = key('0')) =>
  ({ _tag: 'DeleteProfile', reference, scope: { _tag: 'Key', key: at } }) as const

const profiles = [key('0'), key('0', 'ada'), key('1'), key('1', 'ada')].map((at, i) => profile(at, { n: i }))
const ada = person('p1', { emails: ['h1'], devices: { 'udp:1': ['vec:1'] }, profiles })
const notFound = { verdict: { _tag: 'NoOp', reason: 'NOT_FOUND' }, changes: [] }

describe('DeleteProfile', () => {
  it.each(profiles)('[A-12] removes the profile at its key, and no other: %j', (at) => {
    const world = given(ada)
    const { verdict } = world.when(atKey(email('h1'), at))
    expect(verdict).toEqual({ _tag: 'Applied', effect: { _tag: 'ProfilesDeleted', userPoint: 'p1', profiles: 1 } })
    expect(world.get(userPoint('p1'))).toEqual({ ...ada.point, profiles: profiles.filter((each) => each !== at) })
  })

  it.each([email('h1'), agent('vec:1'), device('udp:1')])(
    '[A-12] removes them all where that is the scope, by %j',
    (reference) => {
      const world = given(ada)
      const { verdict } = world.when({ _tag: 'DeleteProfile', reference, scope: { _tag: 'All' } })
      expect(verdict).toMatchObject({ effect: { _tag: 'ProfilesDeleted', profiles: 4 } })
      expect(world.get(userPoint('p1'))).toEqual({ ...ada.point, profiles: [] })
    }
  )

  it('[A-12] undoes an UPSERT', () => {
    const world = given(person('p1', { emails: ['h1'] }))
    world.when({ _tag: 'UpsertProfile', reference: email('h1'), key: key('4', 'x'), patch: put({ a: 1 }) })
    world.when(atKey(email('h1'), key('4', 'x')))
    expect(world.get(email('h1')).profiles).toEqual([])
  })

  it('[A-17] keeps a user point whose last profile it was', () => {
    const world = given(person('p1', { emails: ['h1'], profiles: [profile(key('0'), {})] }))
    world.when(atKey(email('h1')))
    expect(world.get(email('h1'))).toMatchObject({ profiles: [], emailHashes: [{ hash: 'h1' }] })
  })

  it('[A-09] a profile that is not there is a no-op', () => {
    const world = given(person('p1', { emails: ['h1'], profiles: [profile(key('0'), {})] }))
    expect(world.when(atKey(email('h1'), key('1'))), '[A-12] others are there').toEqual({
      verdict: { ...notFound.verdict, warnings: [{ code: 'OTHER_PROFILES', path: 'user_profile' }] },
      changes: []
    })
    world.when(atKey(email('h1')))
    expect(world.when(atKey(email('h1')))).toEqual(notFound)
    expect(world.when({ _tag: 'DeleteProfile', reference: email('h1'), scope: { _tag: 'All' } })).toEqual(notFound)
  })

  it('[A-10] an unknown identifier is a no-op, and creates nothing', () => {
    const world = given(ada)
    for (const reference of [email('h9'), account('1', 'eve'), agent('vec:9'), device('udp:9')]) {
      expect(world.when(atKey(reference))).toEqual(notFound)
      expect(world.when({ _tag: 'DeleteProfile', reference, scope: { _tag: 'All' } })).toEqual(notFound)
      expect(world.find(reference)).toBeUndefined()
    }
    expect(world.pending()).toEqual([])
  })
})
