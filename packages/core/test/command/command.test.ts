import { describe, expect, it } from 'vitest'
import { adds, type AnyOf, type Command, erases, referencesOf } from '../../src/command/command.ts'
import type { Reference, UserPointId } from '../../src/domain/identifier.ts'
import { identity } from '../../src/domain/patch.ts'
import { account, agent, device, email, key, userPoint } from '../decide/given.ts'
import { byId, named } from '../decide/whole-person.ts'

const who = email('h1')
const at = key('0')
const anyOf: AnyOf = {
  _tag: 'AnyOf',
  references: [userPoint('p1'), named('uuid', 'u')],
  onConflict: 'First',
  decisive: true
}
const user: Extract<Command, { readonly _tag: 'UpsertUser' }> = {
  _tag: 'UpsertUser',
  userPoint: undefined,
  identifiers: [named('email', 'a@x.y'), named('uuid', 'u')],
  limits: new Map(),
  key: at,
  patch: identity
}

/** Each verb, whom it refers to, and whether it adds to a user point. */
const verbs: ReadonlyArray<readonly [Command, ReadonlyArray<Reference>, 'adds' | 'erases']> = [
  [{ _tag: 'DeleteIdentifier', identifier: account('1', 'a') }, [account('1', 'a')], 'erases'],
  [{ _tag: 'DeleteDevicePoint', device: device('udp:1') }, [device('udp:1')], 'erases'],
  [{ _tag: 'DeleteUserPoint', reference: userPoint('p1') }, [userPoint('p1')], 'erases'],
  [{ _tag: 'DeleteUserPoint', reference: anyOf }, anyOf.references, 'erases'],
  [{ _tag: 'UpsertProfile', reference: who, key: at, patch: identity }, [who], 'adds'],
  [
    { _tag: 'EditProfile', reference: anyOf, key: at, patch: identity, checks: [], dropEmptied: [] },
    anyOf.references,
    'erases'
  ],
  [{ _tag: 'DeleteProfile', reference: who, scope: { _tag: 'All' } }, [who], 'erases'],
  [{ _tag: 'Associate', references: [agent('vec:1'), who] }, [agent('vec:1'), who], 'adds'],
  [{ _tag: 'UpdateSegment', reference: who, key: byId('s'), expiry: { _tag: 'Never' } }, [who], 'adds'],
  [{ _tag: 'DeleteSegment', reference: who, key: byId('s') }, [who], 'erases'],
  [{ _tag: 'UpsertChoice', reference: who, processing: 'ads', chosenAt: 1, patch: identity }, [who], 'adds'],
  [{ _tag: 'DeleteChoice', reference: who, processing: 'ads' }, [who], 'erases'],
  [{ _tag: 'EnterScenario', reference: who, scenario: 's' }, [who], 'adds'],
  [{ _tag: 'LeaveScenario', reference: who, scenario: 's' }, [who], 'erases'],
  [{ _tag: 'CollectUserPoint', id: 'p1' as UserPointId }, [userPoint('p1')], 'erases'],
  [user, user.identifiers, 'adds'],
  [{ ...user, userPoint: 'p1' as UserPointId }, [userPoint('p1'), ...user.identifiers], 'adds'],
  [{ ...user, attach: [named('email', 'a')] }, [...user.identifiers, named('email', 'a')], 'adds'],
  [{ _tag: 'AnonymiseUser', reference: who, names: ['email'], key: key('0'), patch: identity }, [who], 'erases'],
  [
    { _tag: 'DeleteNamedIdentifiers', identifiers: [named('uuid', 'u')], onConflict: 'Reject' },
    [named('uuid', 'u')],
    'erases'
  ],
  [
    { _tag: 'ReplaceIdentifier', from: named('uuid', 'u'), to: named('uuid', 'v') },
    [named('uuid', 'u'), named('uuid', 'v')],
    'erases'
  ],
  [
    { _tag: 'LiftSuppression', identifiers: [{ ...named('email', 'a@x.y'), hash: 'h1' }, who] },
    [{ ...named('email', 'a@x.y'), hash: 'h1' }, email('h1'), who],
    'erases'
  ]
]

describe('a command', () => {
  it.each(verbs)('[L-16] refers to all that deciding it may look at: %j', (command, references) => {
    expect(referencesOf(command)).toEqual(references)
  })

  it.each(verbs)('[A-39] either adds to a user point or erases: %j', (command, _, effect) => {
    expect(adds(command)).toBe(effect === 'adds')
    expect(erases(command)).toBe(effect === 'erases')
  })
})
