import { describe, expect, it } from 'vitest'
import { account, agent, device, email, given, key, person, profile, userPoint } from './given.ts'

const ada = person('p1', {
  accounts: [
    ['1', 'ada'],
    ['2', 'ada']
  ],
  emails: ['h1', 'h2'],
  devices: { 'udp:1': ['vec:1', 'net:9:a'] },
  profiles: [profile(key('1', 'ada'), { city: 'Lund' }), profile(key('0'), { tags: [1] })]
})
const bob = person('p2', { accounts: [['1', 'bob']], emails: ['h3'] })

describe('DeleteIdentifier', () => {
  it('removes an account of one compartment, and nothing else', () => {
    const world = given(ada, bob)
    const { verdict, changes } = world.when({ _tag: 'DeleteIdentifier', identifier: account('1', 'ada') })
    expect(verdict).toEqual({ _tag: 'Applied', effect: { _tag: 'IdentifierDeleted', userPoint: 'p1' } })
    expect(changes).toEqual([
      { id: 'p1', point: { ...ada.point, accounts: [{ compartment: '2', accountId: 'ada', createdAt: 100 }] } }
    ])
    expect(world.find(account('1', 'ada'))).toBeUndefined()
    expect(world.find(account('2', 'ada'))?.id).toBe('p1')
    expect(world.find(account('1', 'bob'))).toEqual(bob)
  })

  it('removes an e-mail hash, and nothing else', () => {
    const world = given(ada)
    const { changes } = world.when({ _tag: 'DeleteIdentifier', identifier: email('h1') })
    expect(changes).toEqual([{ id: 'p1', point: { ...ada.point, emailHashes: [{ hash: 'h2', createdAt: 100 }] } }])
    expect(world.find(email('h1'))).toBeUndefined()
  })

  it('removes a technical id; its device point and the others of it stay', () => {
    const world = given(ada)
    world.when({ _tag: 'DeleteIdentifier', identifier: agent('vec:1') })
    expect(world.find(agent('vec:1'))).toBeUndefined()
    expect(world.find(agent('net:9:a'))?.id).toBe('p1')
    expect(world.find(device('udp:1'))?.id).toBe('p1')
  })

  it('[A-28] keeps the profile bound to the account', () => {
    const world = given(ada)
    world.when({ _tag: 'DeleteIdentifier', identifier: account('1', 'ada') })
    expect(world.get(email('h1')).profiles).toEqual(ada.point.profiles)
  })

  it('[A-16] keeps a user point that has no identifier left, reachable by its id', () => {
    const world = given(bob)
    world.when({ _tag: 'DeleteIdentifier', identifier: account('1', 'bob') })
    world.when({ _tag: 'DeleteIdentifier', identifier: email('h3') })
    expect(world.find(account('1', 'bob'))).toBeUndefined()
    expect(world.find(email('h3'))).toBeUndefined()
    expect(world.find(userPoint('p2'))?.point).toEqual({ ...bob.point, accounts: [], emailHashes: [] })
    expect(world.pending()).toMatchObject([{ id: 'p2', expected: 3, point: { accounts: [], emailHashes: [] } }])
  })

  it('[A-18] keeps a device point that has no technical id left, reachable by its udp: id', () => {
    const world = given(person('p1', { devices: { 'udp:1': ['vec:1'] } }))
    world.when({ _tag: 'DeleteIdentifier', identifier: agent('vec:1') })
    expect(world.get(device('udp:1')).devicePoints).toEqual([{ id: 'udp:1', createdAt: 100, agents: [] }])
    const { verdict } = world.when({ _tag: 'DeleteDevicePoint', device: device('udp:1') })
    expect(verdict).toMatchObject({ _tag: 'Applied', effect: { technicalIds: 0 } })
    expect(world.find(device('udp:1'))).toBeUndefined()
  })

  it('[A-09] what is not there is a no-op, and the second time is too', () => {
    const world = given(ada)
    for (const identifier of [account('3', 'ada'), account('1', 'Ada'), email('H1'), agent('vec:2')]) {
      expect(world.when({ _tag: 'DeleteIdentifier', identifier })).toEqual({
        verdict: { _tag: 'NoOp', reason: 'NOT_FOUND' },
        changes: []
      })
    }
    world.when({ _tag: 'DeleteIdentifier', identifier: email('h1') })
    expect(world.when({ _tag: 'DeleteIdentifier', identifier: email('h1') }).verdict).toEqual({
      _tag: 'NoOp',
      reason: 'NOT_FOUND'
    })
  })

  it('[A-35] a technical id leads to one device point of one user point, so that one deletion is enough', () => {
    const world = given(ada, person('p2', { devices: { 'udp:2': ['vec:2'] } }))
    world.when({ _tag: 'Associate', references: [agent('vec:1'), agent('vec:2')] })
    world.when({ _tag: 'DeleteIdentifier', identifier: agent('vec:2') })
    expect(world.find(agent('vec:2'))).toBeUndefined()
    expect(world.find(agent('vec:1'))?.id).toBe('p1')
  })
})
