/** Vectors 12 to 17 of the specification's section 11, on every store, with data of our own. */
import { describe, expect, it } from 'vitest'
import { nameOf, opener, stores } from './insider-stores.ts'

describe.each(stores)('%s', (_, create) => {
  const open = opener(create)

  it('[B-08] vector 12: whole beats partial, and values go from the list attribute', async () => {
    const { upserting, deleting, shown } = open({
      identifiers: [{ name: 'email' }, { name: 'uuid' }, { name: 'card', custom: true }]
    })
    const identifiers = { email: 'ada@x.y', uuid: '7a', custom: { card: 'k9' } }
    const custom = { motto: 'poetical science', hats: ['straw', 'silk'], shoes: ['red'] }
    const attributes = { name: 'Ada', surname: 'L', email_optin: true, age: 36, list_id: [1, 2, 3], custom }
    await upserting({ identifiers, attributes })
    const plan = {
      whole: ['name', 'surname', 'email_optin'],
      partial: { list_id: [1, 2] },
      custom: { whole: ['motto', 'hats'], partial: { hats: ['straw', 'felt'], shoes: ['blue'] } }
    }
    expect(await deleting({ identifiers, ...plan })).toEqual(['Applied'])
    const { email, uuid } = identifiers
    expect(await shown({ identifiers })).toEqual({ age: 36, list_id: [3], c_shoes: ['red'], email, uuid, c_card: 'k9' })
  })

  it('[B-11] vector 13: "1" does not take 1', async () => {
    const { upserting, deleting, shown } = open()
    const identifiers = { uuid: 'u' }
    await upserting({ identifiers, attributes: { list_id: [1], custom: { list: [1] } } })
    expect(await deleting({ identifiers, partial: { list_id: ['1'] }, custom: { partial: { list: ['1'] } } })).toEqual([
      'UNCHANGED'
    ])
    expect(await shown({ identifiers })).toEqual({ list_id: [1], c_list: [1], uuid: 'u' })
  })

  it('[B-20] vector 14: of three users the one with an invalid phone number fails, by its attested key', async () => {
    const { upserting, report, shown } = open()
    const people = ['a', 'b', 'c'].map((uuid) => ({ identifiers: { uuid }, attributes: { age: 1 } }))
    await upserting(...people)
    const users = people.map(({ identifiers }, n) => ({
      identifiers: { ...identifiers, ...(n === 1 && { phone_number: '0700' }) },
      whole: ['age']
    }))
    const { verdicts, successful, fail } = await report('deleteAttributes', users)
    expect(verdicts.map(nameOf)).toEqual(['Applied', 'INVALID_PHONE_NUMBER', 'Applied'])
    expect(successful).toEqual({ count: 2 })
    expect(fail).toEqual({
      count: 1,
      errors: { 'users.1.identifiers.*.regexp(^\\+[1-9]\\d{6,14}$)': ['user has an invalid phone number'] }
    })
    expect(await Promise.all(people.map(shown))).toEqual([{ uuid: 'a' }, { age: 1, uuid: 'b' }, { uuid: 'c' }])
  })

  it('[B-07] vector 15: an attribute that identifies fails that user, and nothing else of it changes', async () => {
    const { upserting, deleting, all } = open()
    const identifiers = { email: 'ada@x.y' }
    await upserting({ identifiers, attributes: { age: 1, tags: [1] } })
    const before = await all()
    expect(await deleting({ identifiers, whole: ['age', 'email'], partial: { tags: [1] } })).toEqual([
      'IDENTIFIER_ATTRIBUTE'
    ])
    expect(await all()).toEqual(before)
  })

  it('[B-01] vector 16: identifiers of two users conflict, and both are unchanged', async () => {
    const { upserting, deleting, all } = open()
    await upserting(
      { identifiers: { email: 'a@x.y' }, attributes: { age: 1 } },
      { identifiers: { uuid: 'b' }, attributes: { age: 2 } }
    )
    const before = await all()
    expect(await deleting({ identifiers: { email: 'a@x.y', uuid: 'b' }, whole: ['age'] })).toEqual([
      'IDENTIFIER_CONFLICT'
    ])
    expect(await all()).toEqual(before)
  })

  it('[B-19] vector 17: 1,001 users are refused, and nothing changed', async () => {
    const { insider, upserting, all } = open()
    const identifiers = { uuid: 'u' }
    await upserting({ identifiers, attributes: { age: 1 } })
    const before = await all()
    const users = Array.from({ length: 1_001 }, () => ({ identifiers, whole: ['age'] }))
    expect(await insider.deleteAttributes({ value: { users } })).toMatchObject({ left: { code: 'TOO_MANY_USERS' } })
    expect(await all()).toEqual(before)
    // One user less is accepted.
    const accepted = await insider.deleteAttributes({ value: { users: users.slice(1) } })
    expect(accepted).toMatchObject({ right: { successful: { count: 1_000 } } })
    expect(await all()).not.toEqual(before)
  })
})
