import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/command/command.ts'
import type { UserPointId } from '../../src/domain/identifier.ts'
import { momentOf } from '../../src/domain/moment.ts'
import { put, merge } from '../../src/domain/patch.ts'
import type { Retention } from '../../src/domain/retention.ts'
import { email, given, key, now, profile, userPoint } from './given.ts'
import { byId, choice, scenario, segment, wholePerson } from './whole-person.ts'

const day = 86_400_000
const retain = (rules: Retention): Command => ({ _tag: 'ApplyRetention', id: 'p1' as UserPointId, rules })
/** The time that a rule of some days has just reached. */
const old = (days: number): number => now - days * day

const gone = { point: undefined }
const kept = { verdict: { _tag: 'NoOp', reason: 'STILL_NEEDED' }, changes: [] }

describe('[L-39] retention', () => {
  it.each([
    [old(3), true],
    [old(3) + 1, false]
  ])('forgets a person, a profile and a membership at the age of the rule, and not before: %i', (time, goes) => {
    const times = { createdAt: time, modifiedAt: time }
    const parts = {
      createdAt: time,
      emails: ['h1'],
      profiles: [profile(key('0'), { city: 'Paris' }, times)],
      segments: [segment(byId('vip'), times)]
    }
    expect(given(wholePerson('p1', parts)).when(retain({ people: 3 })).changes).toMatchObject(goes ? [gone] : [])
    for (const rules of [{ profiles: 3 }, { memberships: 3 }]) {
      expect(given(wholePerson('p1', parts)).when(retain(rules)).verdict._tag).toBe(goes ? 'Applied' : 'NoOp')
    }
  })

  it.each([
    ['an identifier', { emails: ['h1'], createdAt: now }],
    ['a profile', { profiles: [profile(key('0'), {}, { createdAt: 0, modifiedAt: now })] }],
    ['a membership', { segments: [segment(byId('vip'), { modifiedAt: now })] }],
    ['a scenario', { scenarios: [scenario('welcome', { modifiedAt: now })] }],
    ['a choice', { choices: [choice('ads', {}, { modifiedAt: now })] }],
    ['a merge', { mergedAt: [now] }]
  ])('keeps a person of whom %s is young', (_, parts) => {
    const subject = wholePerson('p1', { createdAt: old(9), ...parts })
    expect(given(subject).when(retain({ people: 3 }))).toEqual(kept)
  })

  it('forgets a property by its own last write, and changes nothing else', () => {
    const world = given(
      wholePerson('p1', {
        emails: ['h1'],
        profiles: [profile(key('0'), { phone: '1', city: 'Paris' }, { createdAt: old(9), modifiedAt: old(9) })]
      })
    )
    const patch = merge(new Map([['city', put('Lyon')]]))
    world.when({ _tag: 'UpsertProfile', reference: email('h1'), key: key('0'), patch })
    const [before] = world.get(userPoint('p1')).profiles
    const rules = ['phone', 'city', 'name'].map((name) => ({ name, days: 3 }))
    expect(world.when(retain({ properties: rules })).verdict).toEqual({
      _tag: 'Applied',
      effect: {
        _tag: 'RetentionApplied',
        userPoint: 'p1',
        userPointDeleted: false,
        profiles: 0,
        properties: 1,
        memberships: 0
      }
    })
    const [after] = world.get(userPoint('p1')).profiles
    expect(after?.properties).toEqual({ city: 'Lyon' })
    expect(after).toMatchObject({
      createdAt: before?.createdAt,
      modifiedAt: before?.modifiedAt,
      writtenAt: before?.writtenAt
    })
    expect(world.when(retain({ properties: rules }))).toEqual(kept)
  })

  it('counts the last write to any part of a property', () => {
    const parts = { at: momentOf(old(9)), in: { address: { at: momentOf(old(9)), in: { city: momentOf(now) } } } }
    const own = {
      ...profile(key('0'), { address: { city: 'Lyon', zip: '1' }, age: 7 }),
      writtenAt: momentOf(now),
      parts
    }
    const world = given(wholePerson('p1', { profiles: [own] }))
    const properties = [
      { name: 'address', days: 3 },
      { name: 'age', days: 3 }
    ]
    world.when(retain({ properties }))
    expect(world.get(userPoint('p1')).profiles[0]?.properties).toEqual({ address: { city: 'Lyon', zip: '1' } })
  })

  it('forgets nothing without a rule, and no person who is unknown', () => {
    expect(given(wholePerson('p1', { createdAt: old(9) })).when(retain({}))).toEqual(kept)
    expect(given().when(retain({ people: 1 })).verdict).toEqual({ _tag: 'NoOp', reason: 'NOT_FOUND' })
  })
})
