/** Tests of the door to the feed: changes with people as plain JSON, and an exactly-once consumer on SQLite. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { describe, expect, it } from 'vitest'
import { createUserpoint, type PersonChange, type Userpoint } from '../src/index.ts'

const open = (): Userpoint =>
  createUserpoint({ repository: createMemoryRepository(), settings: { feed: { state: 'on' } }, purge: 'manual' })

const told = async (people: Userpoint, consumer = 'mail'): Promise<ReadonlyArray<PersonChange>> => {
  const changes: PersonChange[] = []
  for await (const change of people.changes({ consumer, atEnd: 'stop' })) {
    await change.acknowledge()
    changes.push(change)
  }
  return changes
}

const gathered = async (changes: AsyncIterable<PersonChange>): Promise<ReadonlyArray<PersonChange>> => {
  const all: PersonChange[] = []
  for await (const change of changes) all.push(change)
  return all
}

describe('the changes of people', () => {
  it('end with CLOSED while they are waited for, and end without an error by their signal', async () => {
    const people = open()
    await people.upsert({ account: '1' }, {})
    const reading = gathered(people.changes({ consumer: 'mail', pause: 60_000 }))
    reading.catch(() => undefined)
    const ended = new AbortController()
    const stopped = gathered(people.changes({ consumer: 'crm', pause: 60_000, signal: ended.signal }))
    setTimeout(() => ended.abort(), 20)
    expect(await stopped).toHaveLength(1)
    setTimeout(() => void people.close(), 20)
    await expect(reading).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('are refused with the feed off: they would never be told', async () => {
    const people = createUserpoint({ repository: createMemoryRepository() })
    await expect(told(people)).rejects.toMatchObject({ code: 'WRONG_ARGUMENT' })
  })

  it.each<[string, unknown]>([
    ['a misspelt option', { writs: [] }],
    ['no options', null],
    ['a number', 5],
    ['the promise of a store', { within: Promise.resolve(createMemoryRepository()) }],
    ['no array of writes', { writes: { kind: 'app_seen' } }],
    ['no write', { writes: [null] }],
    ['a kind of core', { writes: [{ kind: 'user_point' }] }]
  ])('are not acknowledged with %s', async (_, options) => {
    const people = open()
    await people.upsert({ account: '1' }, {})
    for await (const { acknowledge } of people.changes({ consumer: 'mail', atEnd: 'stop' })) {
      const wrong = acknowledge(options as object)
      await expect(wrong).rejects.toMatchObject({ name: 'WrongCall' })
    }
    expect(await told(people)).toHaveLength(1)
  })

  it('begin with everybody, and continue as plain JSON', async () => {
    const people = open()
    await people.upsert({ email: 'ada@example.org' }, { city: 'Paris' })
    const [present] = await told(people)
    expect(present).toMatchObject({ what: 'present', version: 1, taken: [], given: [] })
    expect(present?.person?.profiles).toMatchObject([{ city: 'Paris' }])
    await people.upsert({ email: 'ada@example.org' }, { city: 'Lyon' })
    await people.associate({ email: 'ada@example.org' }, { account: '17' }, { userAgent: 'vec:1' })
    await people.erase({ account: '17' })
    const [changed, associated, erased] = await told(people)
    expect(changed).toMatchObject({ what: 'changed', paths: [['profiles', '0', 'city']], person: undefined })
    expect(associated?.taken).toEqual(
      expect.arrayContaining([{ type: 'USER_ACCOUNT', compartment_id: '0', user_account_id: '17' }])
    )
    expect(erased).toMatchObject({ what: 'erased', userPoint: present?.userPoint })
    expect(erased?.given).toEqual(
      expect.arrayContaining([
        { type: 'USER_ACCOUNT', compartment_id: '0', user_account_id: '17' },
        { type: 'USER_AGENT', user_agent_id: 'vec:1' },
        { type: 'NAMED', name: 'email', value: 'ada@example.org' }
      ])
    )
    expect(await told(people)).toEqual([])
  })

  it('name the people that were merged', async () => {
    const people = open()
    await told(people)
    await people.upsert({ account: '1' }, { a: 1 })
    await people.upsert({ account: '2' }, { b: 2 })
    await people.associate({ account: '1' }, { account: '2' })
    const [, second, merged] = await told(people)
    expect(merged).toMatchObject({ what: 'merged', merged: [second?.userPoint] })
  })

  it('forget a consumer, who then begins anew', async () => {
    const people = open()
    await people.upsert({ account: '1' }, { a: 1 })
    await told(people)
    expect(await told(people)).toEqual([])
    expect(await people.forgetConsumer('mail')).toBe(true)
    expect(await people.forgetConsumer('mail')).toBe(false)
    expect((await told(people)).map(({ what }) => what)).toEqual(['present'])
    expect(await people.forgetChanges()).toEqual({ entries: 1, lost: [] })
    expect(() => people.changes({ consumer: 'a b' })).toThrow(TypeError)
  })
})
