import { describe, expect, it } from 'vitest'
import { put } from '../../src/domain/patch.ts'
import { account, agent, device, email, given, key, person, profile, userPoint } from './given.ts'

const ada = person('p1', {
  accounts: [['1', 'ada']],
  emails: ['h1'],
  devices: { 'udp:1': ['vec:1', 'net:9:a'], 'udp:2': [] },
  profiles: [profile(key('0'), { city: 'Lund' }), profile(key('1', 'ada'), {})]
})
const everyReference = [
  account('1', 'ada'),
  email('h1'),
  agent('vec:1'),
  agent('net:9:a'),
  device('udp:1'),
  device('udp:2'),
  userPoint('p1')
]

describe('DeleteUserPoint', () => {
  it.each(everyReference)('[A-19] by %j removes everything attached, and nothing leads there any more', (reference) => {
    const bob = person('p2', { accounts: [['2', 'ada']] })
    const world = given(ada, bob)
    const { verdict, changes } = world.when({ _tag: 'DeleteUserPoint', reference })
    expect(verdict).toEqual({
      _tag: 'Applied',
      effect: {
        _tag: 'UserPointDeleted',
        userPoint: 'p1',
        identifiers: 4,
        devicePoints: 2,
        profiles: 2,
        segments: 0,
        scenarios: 0,
        choices: 0
      }
    })
    expect(changes).toEqual([{ id: 'p1', point: undefined }])
    for (const each of everyReference) expect(world.find(each)).toBeUndefined()
    expect(world.find(account('2', 'ada'))).toEqual(bob)
  })

  it('[A-09] of the lines that lead to one user point the first is applied, the others are no-ops', () => {
    const world = given(ada)
    const verdicts = everyReference.map((reference) => world.when({ _tag: 'DeleteUserPoint', reference }).verdict._tag)
    expect(verdicts).toEqual(['Applied', ...everyReference.slice(1).map(() => 'NoOp')])
    expect(world.pending()).toHaveLength(1)
  })

  it('[B-01] identifiers of different user points reject it', () => {
    const bob = person('p2', { emails: ['h2'] })
    const reference = {
      _tag: 'AnyOf',
      references: [email('h1'), email('h2')],
      onConflict: 'Reject',
      decisive: false
    } as const
    expect(given(ada, bob).when({ _tag: 'DeleteUserPoint', reference })).toMatchObject({
      verdict: { _tag: 'Rejected', code: 'IDENTIFIER_CONFLICT' },
      changes: []
    })
  })

  it('[A-31] afterwards the same identifier starts a new user point, with a new id', () => {
    const world = given(ada)
    world.when({ _tag: 'DeleteUserPoint', reference: email('h1') })
    const upsert = { _tag: 'UpsertProfile', reference: email('h1'), key: key('0'), patch: put({ a: 1 }) } as const
    expect(world.when(upsert).verdict).toMatchObject({ effect: { userPointCreated: true } })
    expect(world.find(email('h1'))?.id).toBe('new-1')
    expect(world.find(account('1', 'ada'))).toBeUndefined()
  })
})
