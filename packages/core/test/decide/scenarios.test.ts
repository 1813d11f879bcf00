import { describe, expect, it } from 'vitest'
import { account, device, email, given, now } from './given.ts'
import { scenario, wholePerson } from './whole-person.ts'

const enter = (name: string, reference = email('h1')) => ({ _tag: 'EnterScenario', reference, scenario: name }) as const
const leave = (name: string, reference = email('h1')) => ({ _tag: 'LeaveScenario', reference, scenario: name }) as const

const ada = wholePerson('p1', { emails: ['h1'], scenarios: [scenario('welcome')] })

describe('EnterScenario', () => {
  it('puts the user point into it, from now on', () => {
    const world = given(ada)
    expect(world.when(enter('churn')).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'ScenarioEntered', userPoint: 'p1', userPointCreated: false }
    })
    expect(world.get(email('h1'))).toEqual({
      ...ada.point,
      scenarios: [scenario('welcome'), { scenario: 'churn', createdAt: now, modifiedAt: now }]
    })
  })

  it('is a no-op for one that is in it already', () => {
    const world = given(ada)
    expect(world.when(enter('welcome'))).toEqual({ verdict: { _tag: 'NoOp', reason: 'UNCHANGED' }, changes: [] })
  })

  it('an unknown identifier starts a user point, an unknown device point none', () => {
    const world = given(ada)
    expect(
      world.when({ _tag: 'EnterScenario', reference: account('1', 'a'), scenario: 'welcome' }).verdict
    ).toMatchObject({ effect: { userPoint: 'new-1', userPointCreated: true } })
    expect(world.get(account('1', 'a')).scenarios).toHaveLength(1)
    expect(
      world.when({ _tag: 'EnterScenario', reference: device('udp:9'), scenario: 'welcome' }).verdict
    ).toMatchObject({ code: 'UNKNOWN_DEVICE_POINT' })
  })
})

describe('LeaveScenario', () => {
  it('takes the user point out of it; it stays', () => {
    const world = given(ada)
    expect(world.when(leave('welcome')).verdict).toEqual({
      _tag: 'Applied',
      effect: { _tag: 'ScenarioLeft', userPoint: 'p1' }
    })
    expect(world.get(email('h1'))).toEqual({ ...ada.point, scenarios: [] })
  })

  it('[A-09] is a no-op for what is not there, and never creates', () => {
    const world = given(ada)
    for (const command of [leave('churn'), leave('welcome', email('nobody'))]) {
      expect(world.when(command)).toEqual({ verdict: { _tag: 'NoOp', reason: 'NOT_FOUND' }, changes: [] })
    }
  })
})
