import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../src/engine/engine.ts'
import { createInsider, type RequestBody } from '../../../src/dialects/insider/insider.ts'
import { countingRuntime, fakeRepository } from '../../engine/fake-repository.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const users = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ identifiers: { uuid: `${n}` }, whole: ['a'] }))

/** A request of exactly so many bytes; what fills it is white space. */
const sized = (length: number, text = JSON.stringify({ users: users(1) })): Uint8Array =>
  bytes(`${' '.repeat(length - bytes(text).length)}${text}`)

const calls = [
  'deleteAttributes',
  'upsertUsers',
  'deleteIdentifiers',
  'updateIdentifier',
  'deleteUser',
  'getUser'
] as const
const batches = ['deleteAttributes', 'upsertUsers'] as const

/** Returns the answer of a call, and its calls to the store. */
const answer = async (call: (typeof calls)[number], body: RequestBody) => {
  const repository = fakeRepository()
  const insider = createInsider({ engine: createEngine({ repository, ...countingRuntime() }) })
  const result: unknown = await insider[call](body)
  return { result, asked: repository.calls }
}

const refused = (code: string, message: string) => ({
  result: { _tag: 'Left', left: { _tag: 'RequestRejected', code, message } },
  asked: []
})
const tooLarge = refused('BODY_TOO_LARGE', 'request body is bigger than maximum allowed size 5,000,000 bytes')
const tooMany = refused('TOO_MANY_USERS', 'a request can pass only 1,000 users')
const notJson = refused('INVALID_JSON', 'Request data is not in valid JSON format.')
const missing = refused('USERS_MISSING', 'users must be defined: bad request')

describe('a request that is refused as a whole, before any work', () => {
  it.each(batches)('[B-19] vector 17: %s takes 1,000 users and refuses 1,001', async (call) => {
    expect(await answer(call, { value: { users: users(1_001) } })).toEqual(tooMany)
    expect(await answer(call, bytes(JSON.stringify({ users: users(1_001) })))).toEqual(tooMany)
    const { result } = await answer(call, { value: { users: users(1_000) } })
    expect(result).toMatchObject({ _tag: 'Right', right: { verdicts: { length: 1_000 } } })
  })

  it.each(calls)('[B-19] vector 17: %s refuses 5,000,001 bytes', async (call) => {
    expect(await answer(call, sized(5_000_001))).toEqual(tooLarge)
  })

  it('[B-19] vector 17: 5,000,000 bytes are taken', async () => {
    const { result, asked } = await answer('deleteAttributes', sized(5_000_000))
    expect(result).toMatchObject({ _tag: 'Right', right: { successful: { count: 1 } } })
    expect(asked).toEqual(['load'])
  })

  it('[B-19] the limit is on bytes, not on characters, and comes before the JSON is read', async () => {
    const wide = `${'é'.repeat(2_600_000)}`
    expect(wide.length).toBeLessThan(5_000_000)
    expect(await answer('deleteAttributes', bytes(wide))).toEqual(tooLarge)
  })

  it.each(calls)('%s refuses what is not JSON, or no UTF-8', async (call) => {
    for (const text of ['', '{', 'users', "{'users':[]}", '{"users":[]}}', '{"users":[],}']) {
      expect(await answer(call, bytes(text))).toEqual(notJson)
    }
    expect(await answer(call, Uint8Array.from([0x22, 0xff, 0x22]))).toEqual(notJson)
  })

  it.each(calls)('%s refuses a body whose numbers would change in silence', async (call) => {
    const message = 'a number is out of range, or an integer has more digits than can be kept; text can keep them'
    for (const number of ['12345678901234567890', '1e999']) {
      expect(await answer(call, bytes(`{"users":[${number}]}`))).toEqual(refused('BAD_NUMBER', message))
    }
  })

  it.each(batches)('%s refuses a body without users', async (call) => {
    for (const value of [{}, [], null, 1, 'users', { users: null }, { users: {} }, { users: 'x' }, { Users: [] }]) {
      expect(await answer(call, { value })).toEqual(missing)
      expect(await answer(call, bytes(JSON.stringify(value)))).toEqual(missing)
    }
    expect(await answer(call, { value: undefined })).toEqual(missing)
    expect(await answer(call, { value: Object.create({ users: [] }) })).toEqual(missing)
  })

  it.each(batches)('%s takes no users at all, and asks the store nothing', async (call) => {
    expect(await answer(call, { value: { users: [] } })).toEqual({
      result: {
        _tag: 'Right',
        right: { verdicts: [], successful: { count: 0 }, fail: { count: 0, errors: {} } }
      },
      asked: []
    })
  })

  it.each(batches)('%s asks the store nothing about users that are all rejected', async (call) => {
    const hostile = [null, 1, 'x', [], true, {}, { identifiers: { email: 'x' } }, { insider_id: 'a\0' }, new Date(0)]
    const { result, asked } = await answer(call, { value: { users: hostile } })
    expect(asked).toEqual([])
    expect(result).toMatchObject({ right: { successful: { count: 0 }, fail: { count: hostile.length } } })
  })

  it('a byte order mark is no part of the JSON', async () => {
    const marked = bytes(`\ufeff${JSON.stringify({ users: users(1) })}`)
    expect((await answer('deleteAttributes', marked)).result).toMatchObject({ _tag: 'Right' })
  })

  it('all users of a request are one load', async () => {
    const { asked } = await answer('deleteAttributes', { value: { users: users(1_000) } })
    expect(asked).toEqual(['load'])
  })

  it('[A-02] without a default compartment no user can be meant', async () => {
    const repository = fakeRepository()
    const policies = { defaultCompartment: undefined }
    const insider = createInsider({ engine: createEngine({ repository, policies, ...countingRuntime() }) })
    const outcome = await insider.deleteAttributes({ value: { users: users(1) } })
    expect(outcome).toMatchObject({ right: { verdicts: [{ code: 'NO_DEFAULT_COMPARTMENT' }] } })
    expect(repository.calls).toEqual([])
  })
})
