/** One address, in clear and hashed, is one identifier in every command. */
import { describe, expect, it } from 'vitest'
import type { Command, Named } from '../../src/command/command.ts'
import type { UserPointId } from '../../src/domain/identifier.ts'
import { deletion, shallowMerge, within } from '../../src/domain/patch.ts'
import { account, email, given, key, now, userPoint } from './given.ts'
import { named, wholePerson } from './whole-person.ts'

const mail = (value: string, hash = `h-${value}`): Named => ({ _tag: 'Named', name: 'email', value, hash })
const uuid = (value: string) => named('uuid', value)

const upsert = (identifiers: ReadonlyArray<Named>, fields: object = {}): Command => ({
  _tag: 'UpsertUser',
  userPoint: undefined,
  identifiers,
  limits: new Map(),
  key: key('0'),
  patch: shallowMerge({}),
  ...fields
})

const world = (...commands: ReadonlyArray<Command>) => {
  const made = given()
  for (const command of commands) made.when(command)
  return made
}

describe('an address and its hash', () => {
  it('[A-48] lead to one user point from the first upsert on', () => {
    const people = world(upsert([mail('a')]))
    expect(people.find(named('email', 'a'))).toEqual(people.find(email('h-a')))
    expect(people.get(email('h-a'))).toMatchObject({
      emailHashes: [{ hash: 'h-a', createdAt: now }],
      named: [{ name: 'email', value: 'a', hash: 'h-a' }]
    })
    expect(people.when(upsert([mail('a')])).changes).toMatchObject([{ point: { emailHashes: [{ hash: 'h-a' }] } }])
  })

  it('[A-48] an upsert finds the person of a document, and joins the two if both were there', () => {
    const ofDocument = wholePerson('p1', { emails: ['h-a'] })
    const people = given(ofDocument)
    expect(people.when(upsert([mail('a')])).verdict).toMatchObject({
      effect: { userPoint: 'p1', userPointCreated: false }
    })
    expect(people.find(named('email', 'a'))?.id).toBe('p1')
    const before = wholePerson('p2', { createdAt: 1_000, named: [['email', 'a']] })
    const both = given(ofDocument, before)
    expect(both.when(upsert([mail('a')])).verdict).toMatchObject({ effect: { merged: ['p2'] } })
    expect(both.get(email('h-a')).named).toMatchObject([{ value: 'a', hash: 'h-a' }])
  })

  it('[A-48] an address whose hash is another person\u2019s is not attached, nor is it beside an id', () => {
    const people = world(upsert([mail('a')]), upsert([uuid('u')]))
    const id = people.find(uuid('u'))?.id as UserPointId
    expect(people.when(upsert([mail('A', 'h-a')], { userPoint: id })).verdict).toMatchObject({
      code: 'IDENTIFIER_CONFLICT'
    })
    expect(people.when(upsert([uuid('u')], { attach: [mail('A', 'h-a')] })).verdict).toMatchObject({
      warnings: [{ code: 'IDENTIFIER_NOT_ATTACHED', path: 'attributes.email' }]
    })
    expect(people.when(upsert([uuid('u')], { attach: [mail('b')] })).verdict).not.toHaveProperty('warnings')
    expect(people.find(email('h-b'))?.id).toBe(id)
    // Another spelling of the same address.
    expect(people.when(upsert([uuid('u')], { attach: [mail('B', 'h-b')] })).verdict).not.toHaveProperty('warnings')
    expect(people.get(uuid('u')).emailHashes.map(({ hash }) => hash)).toEqual(['h-b'])
    const limits = new Map([['email', 1]])
    expect(people.when(upsert([uuid('u'), mail('c')], { limits })).verdict).toMatchObject({
      warnings: [{ code: 'IDENTIFIER_NOT_ATTACHED' }]
    })
    expect(people.find(email('h-c'))).toBeUndefined()
  })

  it('[A-48] go together: a deletion of either deletes both', () => {
    const start = () => world(upsert([mail('a'), uuid('u')]))
    const byHash = start()
    expect(byHash.when({ _tag: 'DeleteIdentifier', identifier: { _tag: 'EmailHash', hash: 'h-a' } }).verdict._tag).toBe(
      'Applied'
    )
    const byAddress = start()
    expect(
      byAddress.when({ _tag: 'DeleteNamedIdentifiers', identifiers: [mail('a')], onConflict: 'Reject' }).verdict
    ).toMatchObject({ effect: { identifiers: 2 } })
    const anonymous = start()
    expect(
      anonymous.when({
        _tag: 'AnonymiseUser',
        reference: email('h-a'),
        names: ['email'],
        key: key('0'),
        patch: within(new Map([['name', deletion]]))
      }).verdict
    ).toMatchObject({ effect: { identifiers: 2 } })
    for (const people of [byHash, byAddress, anonymous]) {
      expect(people.find(email('h-a'))).toBeUndefined()
      expect(people.find(named('email', 'a'))).toBeUndefined()
      expect(people.get(uuid('u'))).toMatchObject({ named: [{ name: 'uuid' }], emailHashes: [] })
    }
  })

  it('[A-48] the hash stays as long as another spelling of the address does', () => {
    const people = world(upsert([mail('a', 'h'), uuid('u')]), upsert([mail('A', 'h')]))
    const take = (value: string) =>
      people.when({ _tag: 'DeleteNamedIdentifiers', identifiers: [mail(value, 'h')], onConflict: 'Reject' })
    take('a')
    expect(people.find(email('h'))?.id).toBe(people.find(named('email', 'A'))?.id)
    take('A')
    expect(people.find(email('h'))).toBeUndefined()
  })

  it('[A-48] an address that the person has in another spelling is its hash: a deletion or an exchange leaves none of it', () => {
    const start = () => world(upsert([mail('a', 'h'), uuid('u')]))
    const deleted = start()
    const remove = (identifier: Named) =>
      deleted.when({ _tag: 'DeleteNamedIdentifiers', identifiers: [identifier], onConflict: 'Reject' }).verdict
    expect(remove(mail('A', 'h'))).toMatchObject({ effect: { identifiers: 2 } })
    expect(remove(mail('A', 'h'))).toMatchObject({ reason: 'NOT_FOUND' })
    const exchanged = start()
    exchanged.when({ _tag: 'ReplaceIdentifier', from: mail('A', 'h'), to: mail('b') })
    for (const people of [deleted, exchanged]) {
      expect(people.find(named('email', 'a'))).toBeUndefined()
      expect(people.find(email('h'))).toBeUndefined()
      expect(people.find(uuid('u'))).toBeDefined()
    }
    const sole = world(upsert([mail('a', 'h')]))
    expect(
      sole.when({ _tag: 'DeleteNamedIdentifiers', identifiers: [mail('A', 'h')], onConflict: 'Reject' }).verdict
    ).toMatchObject({ code: 'SOLE_IDENTIFIER' })
  })

  it('[A-48] an address that came hashed only is deleted by the address too', () => {
    const people = given(wholePerson('p1', { emails: ['h-a'], named: [['uuid', 'u']] }))
    people.when({ _tag: 'DeleteNamedIdentifiers', identifiers: [mail('a')], onConflict: 'Reject' })
    expect(people.find(email('h-a'))).toBeUndefined()
    expect(people.find(userPoint('p1'))).toBeDefined()
  })

  it('[A-48] are exchanged together, for an address that no other person has in either form', () => {
    const people = world(upsert([mail('a'), uuid('u')]), upsert([mail('b')]))
    people.when({
      _tag: 'UpsertProfile',
      reference: email('h-c'),
      key: key('0'),
      patch: shallowMerge({})
    })
    const change = (from: string, to: string) =>
      people.when({ _tag: 'ReplaceIdentifier', from: mail(from), to: mail(to) }).verdict
    expect(change('a', 'b')).toMatchObject({ code: 'IDENTIFIER_TAKEN' })
    expect(change('a', 'c')).toMatchObject({ code: 'IDENTIFIER_TAKEN' })
    expect(change('a', 'd')).toMatchObject({ _tag: 'Applied' })
    expect(people.find(email('h-a'))).toBeUndefined()
    expect(people.find(email('h-d'))?.id).toBe(people.find(uuid('u'))?.id)
    // The person of a document, whose address is known by its hash alone.
    expect(change('c', 'e')).toMatchObject({ _tag: 'Applied' })
    expect(people.find(email('h-c'))).toBeUndefined()
    expect(people.find(named('email', 'e'))?.id).toBe(people.find(email('h-e'))?.id)
  })

  it('[A-48] of two people, one with the address and one with its hash, none is changed by chance', () => {
    const people = given(
      wholePerson('p1', {
        named: [
          ['email', 'a'],
          ['uuid', 'u']
        ]
      }),
      wholePerson('p2', { emails: ['h-a'] })
    )
    const conflict = { code: 'IDENTIFIER_CONFLICT' }
    expect(people.when({ _tag: 'ReplaceIdentifier', from: mail('a'), to: mail('b') }).verdict).toMatchObject(conflict)
    expect(
      people.when({ _tag: 'DeleteNamedIdentifiers', identifiers: [mail('a')], onConflict: 'Reject' }).verdict
    ).toMatchObject(conflict)
  })

  it('[A-48] an association by the hash joins the user with the person of an account', () => {
    const people = world(upsert([mail('a')]), {
      _tag: 'UpsertProfile',
      reference: account('7', 'x'),
      key: key('7'),
      patch: shallowMerge({ n: 1 })
    })
    people.when({ _tag: 'Associate', references: [account('7', 'x'), email('h-a')] })
    expect(people.find(named('email', 'a'))?.id).toBe(people.find(account('7', 'x'))?.id)
  })
})
