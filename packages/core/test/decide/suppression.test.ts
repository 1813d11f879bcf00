import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/command/command.ts'
import { put } from '../../src/domain/patch.ts'
import { account, agent, device, email, givenUnder, key, person, userPoint } from './given.ts'
import { byId, named } from './whole-person.ts'

const ada = person('p1', { accounts: [['1', 'ada']], emails: ['h1'], devices: { 'udp:1': ['vec:1', 'vec:2'] } })
const adasClaims = ['account:1:ada', 'email_hash:h1', 'agent:vec:1', 'agent:vec:2']
const world = (suppression: 'none' | 'people' | 'all' = 'none', ...people: ReadonlyArray<typeof ada>) =>
  givenUnder({ suppression, canSuppress: true }, ...(people.length === 0 ? [ada] : people))
const claimsIn = (given: ReturnType<typeof world>): ReadonlyArray<string> =>
  given.suppressions().map(({ claim }) => claim)

const at = key('0')
const patch = put({ city: 'Lyon' })
const erase: Command = { _tag: 'DeleteUserPoint', reference: email('h1'), suppress: true }

describe('[L-37] an erasure that suppresses', () => {
  it('suppresses every identifier of the person, and no id that only the store gives', () => {
    const given = world()
    expect(given.when(erase).verdict).toMatchObject({ effect: { _tag: 'UserPointDeleted', suppressed: 4 } })
    expect(claimsIn(given)).toEqual(adasClaims)
  })

  it('suppresses the identifiers that the command names of a person who is unknown', () => {
    const given = world()
    const reference = { _tag: 'AnyOf', references: [named('email', 'a@x.y'), email('h9')] as const } as const
    const command: Command = {
      _tag: 'DeleteUserPoint',
      reference: { ...reference, onConflict: 'Reject', decisive: false },
      suppress: true
    }
    expect(given.when(command).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'IdentifiersSuppressed', identifiers: 2 }
    })
    expect(claimsIn(given)).toEqual(['named:5:email:a@x.y', 'email_hash:h9'])
    expect(given.when(command).verdict).toMatchObject({ _tag: 'NoOp', reason: 'NOT_FOUND' })
  })

  it('suppresses nothing if it finds no person although other identifiers lead to one', () => {
    const given = world()
    const references = [userPoint('p9'), email('h1'), email('h9')] as const
    const command: Command = {
      _tag: 'DeleteUserPoint',
      reference: { _tag: 'AnyOf', references, onConflict: 'Reject', decisive: true },
      suppress: true
    }
    expect(given.when(command).verdict._tag).toBe('NoOp')
    expect(claimsIn(given)).toEqual([])
  })

  it.each([
    [{ _tag: 'DeleteIdentifier', identifier: email('h1') }, ['email_hash:h1']],
    [{ _tag: 'DeleteDevicePoint', device: device('udp:1') }, ['agent:vec:1', 'agent:vec:2']]
  ] as ReadonlyArray<readonly [Command, ReadonlyArray<string>]>)(
    'under the policy `all`, and not under `people`: %j',
    (command, claims) => {
      const [all, people] = [world('all'), world('people')]
      all.when(command)
      people.when(command)
      expect(claimsIn(all)).toEqual(claims)
      expect(claimsIn(people)).toEqual([])
    }
  )

  it('is rejected by an engine that cannot suppress, and changes nothing', () => {
    const given = givenUnder({}, ada)
    expect(given.when(erase).verdict).toMatchObject({ _tag: 'Rejected', code: 'NO_SUPPRESSION' })
    expect(given.find(email('h1'))).toBeDefined()
  })

  it('of the sweep suppresses nothing', () => {
    const given = world('all')
    expect(given.when({ _tag: 'CollectUserPoint', id: ada.id }).verdict._tag).toBe('Applied')
    expect(claimsIn(given)).toEqual([])
  })
})

describe('[L-37] a suppressed identifier', () => {
  const eve = person('p2', { emails: ['h2'] })
  const bringing: ReadonlyArray<Command> = [
    { _tag: 'UpsertProfile', reference: email('h1'), key: at, patch },
    { _tag: 'UpdateSegment', reference: agent('vec:2'), key: byId('s'), expiry: { _tag: 'Never' } },
    { _tag: 'UpsertChoice', reference: account('1', 'ada'), processing: 'ads', chosenAt: 1, patch },
    { _tag: 'EnterScenario', reference: email('h1'), scenario: 's' },
    { _tag: 'Associate', references: [email('h2'), email('h1')] },
    {
      _tag: 'UpsertUser',
      userPoint: eve.id,
      identifiers: [],
      attach: [{ ...named('email', 'a@x.y'), hash: 'h1' }],
      limits: new Map(),
      key: at,
      patch
    },
    { _tag: 'ReplaceIdentifier', from: named('email', 'e@x.y'), to: { ...named('email', 'a@x.y'), hash: 'h1' } }
  ]

  it.each(bringing)('makes a command that would bring it back rejected as a whole: %j', (command) => {
    const given = world('none', ada, eve)
    given.when(erase)
    const decision = given.when(command)
    expect(decision.verdict).toMatchObject({ _tag: 'Rejected', code: 'SUPPRESSED' })
    expect(decision.changes).toEqual([])
  })

  it.each([
    { _tag: 'DeleteIdentifier', identifier: email('h1') },
    { _tag: 'DeleteProfile', reference: email('h1'), scope: { _tag: 'All' } },
    { _tag: 'LeaveScenario', reference: email('h1'), scenario: 's' }
  ] as ReadonlyArray<Command>)('is as any unknown one to a deletion: %j', (command) => {
    const given = world()
    given.when(erase)
    expect(given.when(command).verdict).toMatchObject({ _tag: 'NoOp', reason: 'NOT_FOUND' })
  })

  it('may come back once its suppression is lifted, and the others may not', () => {
    const given = world()
    given.when(erase)
    const lift: Command = { _tag: 'LiftSuppression', identifiers: [email('h1'), email('h7')] }
    expect(given.when(lift).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'SuppressionLifted', identifiers: 1 }
    })
    expect(given.when(lift).verdict).toEqual({ _tag: 'NoOp', reason: 'NOT_FOUND' })
    expect(given.when({ _tag: 'EnterScenario', reference: email('h1'), scenario: 's' }).verdict._tag).toBe('Applied')
    expect(given.when({ _tag: 'EnterScenario', reference: agent('vec:1'), scenario: 's' }).verdict).toMatchObject({
      code: 'SUPPRESSED'
    })
  })
})
