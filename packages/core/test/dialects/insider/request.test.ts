import { describe, expect, it } from 'vitest'
import { warningMessages } from '../../../src/command/decoded.ts'
import { rejectionMessages } from '../../../src/command/rejection.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { createInsider, type RequestBody } from '../../../src/dialects/insider/insider.ts'
import { countingRuntime, fakeRepository } from '../../engine/fake-repository.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const users = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ identifiers: { uuid: `${n}` }, whole: ['a'] }))

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

  it('[B-19] the size of a body is for the server to limit', async () => {
    const text = JSON.stringify({ users: users(1) })
    const { result, asked } = await answer('deleteAttributes', bytes(`${' '.repeat(5_000_001)}${text}`))
    expect(result).toMatchObject({ _tag: 'Right', right: { successful: { count: 1 } } })
    expect(asked).toEqual(['load'])
  })

  it.each(calls)('%s refuses what is not JSON, or no UTF-8', async (call) => {
    for (const text of ['', '{', 'users', "{'users':[]}", '{"users":[]}}', '{"users":[],}']) {
      expect(await answer(call, bytes(text))).toEqual(notJson)
    }
    expect(await answer(call, Uint8Array.from([0x22, 0xff, 0x22]))).toEqual(notJson)
  })

  it.each(calls)('[A-41, A-47] %s refuses a body whose own fields are lost in reading', async (call) => {
    for (const number of ['12345678901234567890', '1e999', '12345678901234567890.0']) {
      expect(await answer(call, bytes(`{"users":[],"n":${number}}`))).toEqual(
        refused('BAD_NUMBER', rejectionMessages.BAD_NUMBER)
      )
    }
    expect(await answer(call, bytes('{"users":[],"n":1,"n":1}'))).toEqual(
      refused('DUPLICATE_KEY', rejectionMessages.DUPLICATE_KEY)
    )
  })

  it.each(batches)('[B-20] %s rejects a user whose text is lost in reading, and no other', async (call) => {
    const user = (more = '') => `{"identifiers":{"uuid":"u"},"whole":["a"],"attributes":{}${more}}`
    const some = [user(), user(',"n":1e999,"n":2'), user(',"n":{"n":1,"n":2}'), user()]
    const { result } = await answer(call, bytes(`{"users":[${some.join()}]}`))
    expect(result).toMatchObject({
      right: {
        verdicts: [{}, { code: 'BAD_NUMBER', path: '*' }, { code: 'DUPLICATE_KEY', path: '*.*' }, {}],
        successful: { count: 2 },
        fail: {
          count: 2,
          errors: {
            'users.1.*.bad_number': [rejectionMessages.BAD_NUMBER],
            'users.2.*.*.duplicate_key': [rejectionMessages.DUPLICATE_KEY]
          }
        }
      }
    })
    const whole = await answer(call, bytes('{"users":[12345678901234567890]}'))
    expect(whole).toMatchObject({ asked: [], result: { right: { verdicts: [{ code: 'BAD_NUMBER' }] } } })
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
        right: { verdicts: [], successful: { count: 0 }, fail: { count: 0, errors: {} }, warnings: {} }
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

  it('[B-33] an unknown field beside users is a warning; what a client sends about itself is not', async () => {
    const known = { not_append: true, skip_hook: false, platform: 'x', error_callback_endpoint: 'https://example.org' }
    const { result } = await answer('upsertUsers', { value: { users: [], ...known, colour: 1 } })
    expect(result).toMatchObject({
      right: { warnings: { 'colour.unknown_field': [warningMessages.UNKNOWN_FIELD] } }
    })
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
