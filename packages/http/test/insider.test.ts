import type { Repository } from '@userpoint/core/repository'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { warningMessages } from '@userpoint/core'
import { describe, expect, it } from 'vitest'
import { asking, ended, otherToken, token, upload } from './asking.ts'

const ada = { email: 'ada@example.org' }
const users = (...all: ReadonlyArray<object>) => ({ users: all })
const calls = [
  ['POST', 'upsert'],
  ['POST', 'attribute/delete'],
  ['POST', 'profile'],
  ['POST', 'anonymize'],
  ['PATCH', 'identity'],
  ['DELETE', 'identity'],
  ['POST', 'delete']
] as const

const unknown = { success: false, message: 'The request processing has failed because of an unknown error.' }

describe('every call', () => {
  it.each(calls)('%s %s [B-23] needs a known partner, in lower case: 400', async (method, path) => {
    const at = asking()
    for (const name of ['', 'MyBrand', 'nobody', '__proto__']) {
      const refused = await at.call(method, path, users(), { 'x-partner-name': name })
      expect([refused.status, refused.json]).toEqual([400, { success: false, message: 'Partner is invalid.' }])
    }
  })

  it.each(calls)('%s %s [B-22] needs that partner’s token: 403', async (method, path) => {
    const at = asking()
    for (const wrong of ['', 'wrong', otherToken]) {
      const refused = await at.call(method, path, users(), { 'x-request-token': wrong })
      expect([refused.status, refused.json]).toEqual([
        403,
        {
          success: false,
          message: 'Access Denied. You do not have sufficient access to perform this action.'
        }
      ])
    }
  })

  it.each(calls)('%s %s needs its content type: 400', async (method, path) => {
    for (const type of ['text/plain', 'application/jsonp']) {
      const refused = await asking().call(method, path, '{}', { 'content-type': type })
      expect([refused.status, refused.json]).toEqual([400, { error: 'content type must be application/json' }])
    }
  })

  it.each(calls)('%s %s rejects a content encoding: 400', async (method, path) => {
    const refused = await asking().call(method, path, '{}', { 'content-encoding': 'gzip' })
    expect([refused.status, refused.json]).toEqual([400, { error: 'content encoding must be identity' }])
    const plain = await asking().call(method, path, '{}', { 'content-encoding': 'Identity' })
    expect(plain.json).not.toEqual(refused.json)
  })

  it.each(calls)('%s %s rejects a body that is not JSON: 400', async (method, path) => {
    for (const body of ['', '{', 'null null', new Uint8Array([0x22, 0xff, 0x22])]) {
      const refused = await asking().call(method, path, body)
      expect([refused.status, refused.json]).toEqual([
        400,
        { success: false, message: 'Request data is not in valid JSON format.' }
      ])
    }
  })

  it.each(calls)(
    '%s %s [B-19] refuses a body of more than 5,000,000 bytes, said or sent: 400',
    async (method, path) => {
      const at = asking()
      const message = { error: 'request body is bigger than maximum allowed size 5,000,000 bytes' }
      const said = await at.call(method, path, `{"users":[]}${' '.repeat(5_000_000)}`)
      expect([said.status, said.json]).toEqual([400, message])
      let pulls = 0
      const endless = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          pulls++
          controller.enqueue(new Uint8Array(100_000))
        }
      })
      const sent = await at.ask(method, `/api/user/v1/${path}`, {
        headers: { 'x-partner-name': 'mybrand', 'x-request-token': token, 'content-type': 'application/json' },
        body: endless
      })
      expect([sent.status, sent.json]).toEqual([400, message])
      // The rest of the body is not read.
      expect(pulls).toBeLessThan(60)
      const most = await at.call(method, path, ' '.repeat(4_999_998) + '{}')
      expect(most.json).not.toEqual(message)
    }
  )

  it.each(calls)('%s %s reveals no reason if the store fails: 500', async (method, path) => {
    const broken: Repository = {
      ...createMemoryRepository(),
      load: () => {
        throw new Error('secret of the store')
      }
    }
    const at = asking({
      datamarts: { '1162': { repository: broken, partner: 'mybrand' }, '7': { repository: broken } }
    })
    const body =
      path === 'identity' && method === 'PATCH'
        ? { old_identifier: ada, new_identifier: { email: 'b@example.org' } }
        : path === 'upsert'
          ? users({ identifiers: ada, attributes: {} })
          : path === 'attribute/delete'
            ? users({ identifiers: ada, whole: ['name'] })
            : { identifiers: ada, attributes: ['name'] }
    const failed = await at.call(method, path, body)
    expect([failed.status, failed.json]).toEqual([500, unknown])
  })
})

describe('upsert and delete attribute', () => {
  const both = ['upsert', 'attribute/delete'] as const

  it.each(both)('%s needs users: 400', async (path) => {
    for (const body of [{}, { users: {} }, [], { users: null }, JSON.parse('{"__proto__":{"users":[]}}') as object]) {
      const refused = await asking().call('POST', path, body)
      expect([refused.status, refused.json]).toEqual([400, { error: 'users must be defined: bad request' }])
    }
  })

  it.each(both)(
    '%s [B-19] takes 1,000 users and no more: 400',
    async (path) => {
      const at = asking()
      const one = { identifiers: ada, whole: ['x'], attributes: {} }
      const refused = await at.call('POST', path, users(...Array.from({ length: 1_001 }, () => one)))
      expect([refused.status, refused.json]).toEqual([400, { error: 'a request can pass only 1,000 users' }])
      expect((await at.call('POST', path, users(...Array.from({ length: 1_000 }, () => one)))).status).toBe(200)
    },
    30_000
  )

  it('[B-24] share one limit of each partner within a minute: 429', async () => {
    let now = 1_000 * 60_000 + 45_500
    const at = asking({ clock: () => now, limits: { requestsPerMinute: 3 } })
    const body = users({ identifiers: ada, whole: ['x'], attributes: {} })
    for (const path of [...both, 'upsert']) expect((await at.call('POST', path, body)).status).toBe(200)
    for (const path of both) {
      const refused = await at.call('POST', path, body)
      expect([refused.status, refused.json]).toEqual([429, { error: 'rejected: too many requests' }])
      expect(refused.headers.get('retry-after')).toBe('15')
    }
    // Other calls and other partners are not counted.
    expect((await at.call('POST', 'profile', { identifiers: ada, attributes: ['*'] })).status).toBe(200)
    const theirs = { 'x-partner-name': 'other', 'x-request-token': otherToken }
    expect((await at.call('POST', 'upsert', body, theirs)).status).toBe(200)
    now += 14_500
    expect((await at.call('POST', 'upsert', body)).status).toBe(200)
  })

  it('[B-20, B-21] answer {} if no user failed, and a report otherwise', async () => {
    const at = asking()
    const made = await at.call(
      'POST',
      'upsert',
      users({ identifiers: ada, attributes: { name: 'Ada', age: 36, list: [1, 2, 1] } })
    )
    expect([made.status, made.json]).toEqual([200, { data: { successful: { count: 1 }, fail: {} } }])
    const removed = await at.call(
      'POST',
      'attribute/delete',
      users({ identifiers: ada, whole: ['age'], partial: { list: [1] } })
    )
    expect([removed.status, removed.json]).toEqual([200, {}])
    const asked = await at.call('POST', 'attribute/delete', users({ identifiers: ada, whole: ['age'] }), {
      prefer: 'return=representation'
    })
    expect(asked.json).toEqual({ data: { successful: { count: 1 }, fail: {} } })
    const wrong = [
      { identifiers: { email: 'secret' }, whole: ['name'] },
      { identifiers: ada, whole: ['name'] },
      { identifiers: { phone_number: 'secret' }, whole: ['name'] },
      { identifiers: { uuid: 7 }, whole: ['name'] },
      { identifiers: { secret: 'x' }, whole: ['name'] },
      {}
    ]
    const some = await at.call('POST', 'attribute/delete', users(...wrong))
    expect(some.status).toBe(200)
    expect(some.json).toEqual({
      data: {
        successful: { count: 1 },
        fail: {
          count: 5,
          errors: {
            'users.0.identifiers.*.regexp(^.+@.+\\..+$)': ['not a valid email address'],
            'users.2.identifiers.*.regexp(^\\+[1-9]\\d{6,14}$)': ['user has an invalid phone number'],
            'users.3.identifiers.*.type(string)': ['uuid must be string'],
            'users.4.identifiers.*.in(defaults_column)': ['key must be one of phone_number(pn), email(em) or uuid'],
            'users.5.identifiers.required': ['either insider_id or idenifiers must be specified'],
            'users.5.insider_id.required': ['either insider_id or idenifiers must be specified']
          }
        }
      }
    })
    const read = await at.call('POST', 'profile', { identifiers: ada, attributes: ['*'] })
    expect(read.json).toMatchObject({ attributes: { list: [2] } })
    expect(read.text).not.toContain('Ada')
  })
})

describe('what the sender is told', () => {
  it('[B-21] counts of nothing are left out, as the vendor does', async () => {
    const failed = await asking().call('POST', 'upsert', users({ attributes: {} }))
    expect(failed.json).toMatchObject({ data: { successful: {}, fail: { count: 1 } } })
  })

  it('[B-33] warnings stand beside the report, after an upsert and after a deletion', async () => {
    const at = asking()
    const events = [{ event_name: 'visit' }]
    const made = await at.call('POST', 'upsert', {
      ...users({ identifiers: ada, attributes: { name: 'Ada' }, events }, { identifiers: ada, attributes: {} }),
      colour: 1
    })
    expect(made.json).toEqual({
      data: {
        successful: { count: 2 },
        fail: {},
        warnings: {
          'colour.unknown_field': [warningMessages.UNKNOWN_FIELD],
          'users.0.events.events_not_supported': [warningMessages.EVENTS_NOT_SUPPORTED]
        }
      }
    })
    const removed = await at.call('POST', 'attribute/delete', users({ identifiers: ada, partial: { name: ['Ada'] } }))
    expect(removed.json).toEqual({
      data: {
        successful: { count: 1 },
        fail: {},
        warnings: { 'users.0.name.not_an_array': [warningMessages.NOT_AN_ARRAY] }
      }
    })
  })

  it('[B-33] warnings of a call on one user too', async () => {
    const at = asking()
    await at.call('POST', 'upsert', users({ identifiers: ada, attributes: {} }))
    const stale = await at.call('POST', 'delete', { insider_id: 'stale', identifiers: ada })
    expect([stale.status, stale.json]).toEqual([
      200,
      { data: { warnings: { 'identifiers.other_user': [warningMessages.OTHER_USER] } } }
    ])
    expect((await at.call('POST', 'profile', { identifiers: ada, attributes: ['*'] })).status).toBe(200)
  })
})

describe('paths and methods', () => {
  it.each(['', 'user/v1/nosuchcall', 'user/v2/upsert', 'raw/v1/export', 'user/v1/upsert/'])(
    '/api/%s is unknown: 404 in the vendor’s shape',
    async (path) => {
      const { status, json } = await asking().ask('POST', `/api/${path}`)
      expect([status, json]).toEqual([404, { success: false, message: 'Not found.' }])
    }
  )

  it.each([
    ['GET', 'user/v1/upsert', 'POST'],
    ['DELETE', 'user/v1/attribute/delete', 'POST'],
    ['PUT', 'user/v1/identity', 'PATCH, DELETE'],
    ['GET', 'user/v3/metadata/columns', 'POST'],
    ['GET', 'contact/v1/anonymize', 'POST']
  ])('%s /api/%s is no method: 405, with those that are', async (method, path, allow) => {
    const { status, json, headers } = await asking().ask(method, `/api/${path}`)
    expect([status, json]).toEqual([405, { success: false, message: 'Method not allowed.' }])
    expect(headers.get('allow')).toBe(`${allow}, OPTIONS`)
  })
})

describe('the list of attributes', () => {
  const columns = async (at: ReturnType<typeof asking>, body: object) =>
    at.ask('POST', '/api/user/v3/metadata/columns', {
      headers: { 'x-partner-name': 'mybrand', 'x-request-token': token, 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })

  it('[B-37] has the default attributes and the custom ones in use; there are no events', async () => {
    const at = asking()
    await at.call('POST', 'upsert', users({ identifiers: ada, attributes: { custom: { tags: ['a'], size: 1 } } }))
    const found = await columns(at, { table: 'contacts' })
    expect(found.status).toBe(200)
    expect(found.headers.get('x-incomplete')).toBeNull()
    expect(found.json).toEqual(
      expect.arrayContaining([
        { key: 'email', display_name: 'Email', type: 'string' },
        { key: 'c_size', display_name: 'size', type: 'number' },
        { key: 'c_tags', display_name: 'tags', type: 'array' }
      ])
    )
    expect((await columns(at, { table: 'events' })).json).toEqual([])
    for (const table of [undefined, 'users']) {
      const refused = await columns(at, { table })
      expect([refused.status, refused.json]).toEqual([
        400,
        { error: 'the field has the wrong type or is empty: bad request' }
      ])
    }
  })

  it('[B-37] reveals no reason if the store fails: 500', async () => {
    const repository: Repository = {
      ...createMemoryRepository(),
      scan: () => {
        throw new Error('secret of the store')
      }
    }
    const at = asking({ datamarts: { '1162': { repository, partner: 'mybrand' }, '7': { repository } } })
    const failed = await columns(at, { table: 'contacts' })
    expect([failed.status, failed.json]).toEqual([500, unknown])
  })
})

describe('calls on one user', () => {
  const withAda = async () => {
    const at = asking()
    await at.call('POST', 'upsert', users({ identifiers: { ...ada, uuid: 'u1' }, attributes: { name: 'Ada' } }))
    return at
  }

  it('[B-31] profile returns the attributes that are asked for: 200, or 404 for a missing user', async () => {
    const at = await withAda()
    expect((await at.call('POST', 'profile', { identifiers: ada, attributes: ['name'], quota: true })).json).toEqual({
      attributes: { name: 'Ada', iid: expect.any(String) },
      events: {},
      quota: { cost: 0, used: 0, total: 1_000 }
    })
    const missing = await at.call('POST', 'profile', { identifiers: { email: 'b@example.org' }, attributes: ['*'] })
    expect([missing.status, missing.json]).toEqual([404, { error: 'no such user for these identifiers: no data' }])
    expect((await at.call('POST', 'profile', { attributes: ['*'] })).status).toBe(400)
    const nothing = await at.call('POST', 'profile', { identifiers: ada })
    expect([nothing.status, nothing.json]).toEqual([
      400,
      { error: 'a required field is missing or empty: bad request' }
    ])
  })

  it('[B-35] anonymize deletes what is personal, and the user stays; 404 for a missing user', async () => {
    const at = await withAda()
    expect((await at.call('POST', 'anonymize', { identifiers: ada })).json).toEqual({})
    const shown = await at.call('POST', 'profile', { identifiers: { uuid: 'u1' }, attributes: ['*'] })
    expect(shown.json).toEqual({ attributes: { uuid: 'u1', iid: expect.any(String) }, events: {} })
    const missing = await at.call('POST', 'anonymize', { identifiers: ada })
    expect([missing.status, missing.json]).toEqual([404, { error: 'no such user for these identifiers: no data' }])
    expect((await at.call('POST', 'anonymize', { identifiers: { uuid: 'u1' } })).json).toEqual({})
    const { iid } = shown.json.attributes as { iid: string }
    const older = (insider_id: string) =>
      at.ask('POST', '/api/contact/v1/anonymize', {
        headers: { 'x-partner-name': 'mybrand', 'x-request-token': token, 'content-type': 'application/json' },
        body: JSON.stringify({ insider_id })
      })
    expect((await older(iid)).status).toBe(200)
    expect((await older('nobody')).status).toBe(404)
  })

  it('update identifier changes one, or reports why not', async () => {
    const at = await withAda()
    await at.call('POST', 'upsert', users({ identifiers: { email: 'b@example.org' }, attributes: {} }))
    const change = (from: object, to: object) =>
      at.call('PATCH', 'identity', { old_identifier: from, new_identifier: to })
    const refusals = [
      [ada, ada, 'identifier values are the same: bad request'],
      [ada, { email: 'b@example.org' }, 'new identifier already has a user assigned to it: bad request'],
      [{ ...ada, uuid: 'u1' }, ada, 'there must be exactly 1 entry for both new and old identifiers: bad request']
    ] as const
    for (const [from, to, error] of refusals) {
      const refused = await change(from, to)
      expect([refused.status, refused.json]).toEqual([400, { error }])
    }
    const missing = await change({ email: 'nobody@example.org' }, { email: 'c@example.org' })
    expect([missing.status, missing.json]).toEqual([404, { error: 'no such user for these identifiers: no data' }])
    expect((await change(ada, { email: 'c@example.org' })).json).toEqual({})
    const moved = { identifiers: { email: 'c@example.org' }, attributes: ['*'] }
    expect((await at.call('POST', 'profile', moved)).status).toBe(200)
  })

  it('delete identifiers removes them, but not the last one', async () => {
    const at = await withAda()
    expect((await at.call('DELETE', 'identity', { identifiers: { uuid: 'u1' } })).json).toEqual({})
    const sole = await at.call('DELETE', 'identity', { identifiers: ada })
    expect([sole.status, sole.json]).toEqual([
      400,
      { error: 'you cannot delete the sole identifier specified for a user: bad request' }
    ])
  })

  it('[B-05] delete user deletes a user, and succeeds for a missing one', async () => {
    const at = await withAda()
    expect((await at.call('POST', 'delete', { identifiers: ada })).json).toEqual({})
    expect((await at.call('POST', 'delete', { identifiers: ada })).json).toEqual({})
    expect((await at.call('POST', 'profile', { identifiers: ada, attributes: ['*'] })).status).toBe(404)
  })

  it('are about the same person as mediarithmics’ files', async () => {
    const at = await withAda()
    const { json } = await at.call('POST', 'profile', { identifiers: ada, attributes: ['*'] })
    const { iid: id } = json.attributes as { iid: string }
    await ended(at, await upload(at, 'USER_POINTS_DELETION', `{"type":"USER_POINT","user_point_id":"${id}"}\n`))
    expect((await at.call('POST', 'profile', { identifiers: ada, attributes: ['*'] })).status).toBe(404)
  })
})
