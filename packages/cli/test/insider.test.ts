import { existsSync } from 'node:fs'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Folder, parseLines, upsert, userpoint } from './program.ts'

let folder: Folder
let store: string

beforeEach(() => {
  folder = createFolder()
  store = `sqlite:${folder.path('people.db')}`
})
afterEach(() => folder.remove())

/** Passes a body as a file. */
const send = (call: string, body: unknown, ...options: ReadonlyArray<string>) =>
  userpoint(['insider', call, folder.write('body.json', JSON.stringify(body)), '--store', store, ...options])

const ada = { identifiers: { email: 'ada@example.org' } }
const adaAndMore = { identifiers: { ...ada.identifiers, uuid: 'u-1' } }

const createAda = async (): Promise<void> => {
  const attributes = { city: 'Paris', tags: ['a', 'b', 'a'], custom: { colour: 'red' } }
  expect(await send('upsert', { users: [{ ...adaAndMore, attributes }] })).toMatchObject({ code: 0 })
}

/** All attributes of a user but the id. */
const attributesOf = async (body: object): Promise<unknown> => {
  const { stdout } = await send('get-user', { ...body, attributes: ['*'] }, '--json')
  const [user = {}] = parseLines(stdout)
  const { iid, ...attributes } = user['attributes'] as Readonly<Record<string, unknown>>
  expect(iid).toEqual(expect.any(String))
  return attributes
}

describe('requests on users', () => {
  const users = [
    { ...ada, attributes: { city: 'Paris' }, colour: 'red' },
    { identifiers: { email: 'secret' }, attributes: {} },
    { attributes: {} },
    { ...ada, attributes: { city: 'Paris' } }
  ]

  it('are reported as one line with --json', async () => {
    const { code, stdout, stderr } = await send('upsert', { users }, '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(
      '{"users":4,"successful":2,"fail":{"count":2,"errors":{' +
        '"users.1.identifiers.*.regexp(^.+@.+\\\\..+$)":["not a valid email address"],' +
        '"users.2.identifiers.required":["either insider_id or idenifiers must be specified"],' +
        '"users.2.insider_id.required":["either insider_id or idenifiers must be specified"]}},' +
        '"warnings":{"users.0.colour.unknown_field":["the field is unknown and ignored (A-08)"]},"verdicts":[' +
        '{"index":0,"verdict":"applied","warnings":[{"code":"UNKNOWN_FIELD","path":"colour"}]},' +
        '{"index":1,"verdict":"rejected","code":"INVALID_EMAIL","path":"identifiers.email",' +
        '"message":"not a valid email address"},' +
        '{"index":2,"verdict":"rejected","code":"MISSING_IDENTITY",' +
        '"message":"either insider_id or idenifiers must be specified"},' +
        '{"index":3,"verdict":"applied","changed":0}]}\n'
    )
  })

  it('are reported as a line for each error and remark, and a table', async () => {
    const { code, stdout, stderr } = await send('upsert', { users })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.slice(0, stdout.indexOf('┌'))).toBe(
      'users.1.identifiers.*.regexp(^.+@.+\\..+$): not a valid email address\n' +
        'users.2.identifiers.required: either insider_id or idenifiers must be specified\n' +
        'users.2.insider_id.required: either insider_id or idenifiers must be specified\n' +
        'warning: users.0.colour.unknown_field: the field is unknown and ignored (A-08)\n' +
        `\n${folder.path('body.json')}: upsert\n`
    )
    for (const row of [/users +│ +4 │/, /successful +│ +2 │/, /applied +│ +2 │/, /failed +│ +2 │/]) {
      expect(stdout).toMatch(row)
    }
    expect(stdout).not.toContain('secret')
  })

  it('delete attributes, and values of arrays', async () => {
    await createAda()
    const body = { users: [{ ...ada, whole: ['city'], partial: { tags: ['a'] }, custom: { whole: ['colour'] } }] }
    const { stdout } = await send('delete-attributes', body, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ users: 1, successful: 1, verdicts: [{ verdict: 'applied' }] })
    expect(await attributesOf(ada)).toEqual({ tags: ['b'], email: 'ada@example.org', uuid: 'u-1' })
  })

  it('name the users whose request was a no-op', async () => {
    await createAda()
    const idle = [
      { ...ada, whole: ['shoe_size'] },
      { identifiers: { uuid: 'nobody' }, whole: ['city'] }
    ]
    const { code, stdout } = await send('delete-attributes', { users: idle })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^users\.0: no-op \(UNCHANGED\)\nusers\.1: no-op \(NOT_FOUND\)\n\n/)
    expect(stdout).toMatch(/no-op +│ +2 │/)
  })

  it('reach users who were imported as documents', async () => {
    const profile = folder.writeLines('people.ndjson', [upsert('a', { city: 'Paris' })])
    await userpoint(['import', profile, '--type', 'USER_PROFILE', '--store', store])
    const [point] = parseLines((await userpoint(['export', '--store', store])).stdout)
    const user = { insider_id: point?.['user_point_id'] }
    await send('delete-attributes', { users: [{ ...user, whole: ['city'] }] })
    expect(await attributesOf(user)).toEqual({})
    const other = { users: [{ ...user, attributes: { n: 1 } }] }
    await send('upsert', other, '--default-compartment', '7')
    expect(parseLines((await userpoint(['export', '--store', store])).stdout)).toMatchObject([
      { profiles: [{ $compartment_id: '0' }, { $compartment_id: '7', n: 1 }] }
    ])
  })

  it('may come on standard input', async () => {
    const stdin = Readable.from([
      Buffer.from('{"users":[{"identifiers":{"uu'),
      Buffer.from('id":"1"},"attributes":{}}]}')
    ])
    const { code, stdout } = await userpoint(['insider', 'upsert', '-', '--store', store, '--json'], { stdin })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ users: 1, successful: 1 })
  })
})

describe('requests on one user', () => {
  beforeEach(createAda)

  it('delete identifiers, but not the last one', async () => {
    const { code, stdout } = await send('delete-identifiers', { identifiers: { uuid: 'u-1' } })
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${folder.path('body.json')}: delete-identifiers: applied\n` })
    const refused = await send('delete-identifiers', ada, '--json')
    expect(refused).toMatchObject({ code: 3 })
    expect(JSON.parse(refused.stdout)).toMatchObject({ verdict: 'rejected', code: 'SOLE_IDENTIFIER' })
  })

  it('update an identifier', async () => {
    const body = { old_identifier: { uuid: 'u-1' }, new_identifier: { uuid: 'u-2' } }
    expect(await send('update-identifier', body, '--json')).toMatchObject({ stdout: '{"verdict":"applied"}\n' })
    expect(await attributesOf({ identifiers: { uuid: 'u-2' } })).toMatchObject({ city: 'Paris' })
    const again = await send('update-identifier', body, '--json')
    expect(again).toMatchObject({ code: 0, stdout: '{"verdict":"no_op","code":"NOT_FOUND"}\n' })
  })

  it('[B-35] make the user anonymous', async () => {
    expect(await send('anonymise-user', ada)).toMatchObject({ code: 0 })
    expect(await attributesOf({ identifiers: { uuid: 'u-1' } })).toEqual({
      tags: ['a', 'b', 'a'],
      c_colour: 'red',
      uuid: 'u-1'
    })
    const missing = await send('anonymise-user', { insider_id: 'stale', identifiers: { uuid: 'u-1' } })
    expect(missing).toMatchObject({
      code: 0,
      stdout: `${folder.path('body.json')}: anonymise-user: no-op (NOT_FOUND)\n  warning at identifiers: OTHER_USER\n`
    })
  })

  it('delete the user', async () => {
    const asked = { ...ada, attributes: ['city'] }
    expect(await send('get-user', asked)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\{\n {2}"attributes": \{\n {4}"city": "Paris",\n {4}"iid": "/)
    })
    expect(await send('delete-user', ada)).toMatchObject({ code: 0 })
    expect(await send('get-user', asked)).toEqual({
      code: 4,
      stdout: '',
      stderr: 'userpoint: no such user\n'
    })
    expect((await userpoint(['export', '--store', store])).stdout).toBe('')
    const again = await send('delete-user', ada)
    expect(again).toMatchObject({ code: 0, stdout: `${folder.path('body.json')}: delete-user: no-op (NOT_FOUND)\n` })
  })
})

describe('a request that is rejected as a whole exits with 3 and names the code', () => {
  const tooLong = { users: [{ ...ada, attributes: { bio: 'x'.repeat(5_000_000) } }] }
  const tooMany = { users: Array<unknown>(1_001).fill({ ...ada, attributes: {} }) }
  it.each([
    ['upsert', '{', 'INVALID_JSON'],
    ['upsert', '', 'INVALID_JSON'],
    ['upsert', Uint8Array.of(0x22, 0xff, 0x22), 'INVALID_JSON'],
    ['upsert', '[]', 'USERS_MISSING'],
    ['upsert', '{"__proto__":{"users":[]}}', 'USERS_MISSING'],
    ['upsert', JSON.stringify(tooMany), 'TOO_MANY_USERS'],
    ['upsert', JSON.stringify(tooLong), 'BODY_TOO_LARGE'],
    ['delete-user', '[]', 'NOT_AN_OBJECT'],
    ['delete-user', '{}', 'MISSING_IDENTITY'],
    ['get-user', '{"identifiers":{"email":"secret"}}', 'INVALID_EMAIL']
  ])('%s %.30s: %s', async (call, body, code) => {
    await createAda()
    const args = ['insider', call, folder.write('body.json', body), '--store', store]
    const text = await userpoint(args)
    expect(text).toMatchObject({ code: 3, stdout: '' })
    expect(text.stderr).toMatch(/^userpoint: .*body\.json: rejected.*; the request is not applied\n$/)
    expect(text.stderr).toContain(`(${code})`)
    expect(text.stderr).not.toContain('secret')
    const json = await userpoint([...args, '--json'])
    expect(json.code).toBe(3)
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: 'rejected', code })
    expect(parseLines((await userpoint(['export', '--store', store])).stdout)).toHaveLength(1)
  })

  it('before it is read to its end, if it is too long', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1_000_000, ' ')
      })()
    )
    const { code, stderr } = await userpoint(['insider', 'upsert', '-', '--store', store], { stdin: endless })
    expect(code).toBe(3)
    expect(stderr).toContain('BODY_TOO_LARGE')
  })
})

describe('missing stores and inputs', () => {
  it.each(['delete-attributes', 'delete-identifiers', 'update-identifier', 'delete-user', 'get-user'])(
    'are a failure of %s, which makes no store',
    async (call) => {
      const { code, stderr } = await send(call, ada)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^userpoint: the store .*people\.db cannot be read: .*ENOENT\)\n$/)
      expect(existsSync(folder.path('people.db'))).toBe(false)
    }
  )

  it.each([
    ['nope.json', 'ENOENT'],
    ['.', 'folder']
  ])('are a failure for the body %s', async (name, reason) => {
    const { code, stderr } = await userpoint(['insider', 'upsert', folder.path(name), '--store', store])
    expect(code).toBe(1)
    expect(stderr).toContain(reason)
    expect(existsSync(folder.path('people.db'))).toBe(false)
  })

  it('are a failure if standard input breaks off', async () => {
    const stdin = new Readable({
      read() {
        this.destroy(Object.assign(new Error('read: Ada Lovelace'), { code: 'EIO' }))
      }
    })
    const { code, stderr } = await userpoint(['insider', 'upsert', '-', '--store', store], { stdin })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'userpoint: standard input: the input cannot be read: EIO\n'
    })
  })
})

describe('identity settings', () => {
  const users = [{ identifiers: { custom: { crm_id: '7' } }, attributes: { n: 1 } }]
  const withSettings = (identity: object) =>
    send('upsert', { users }, '--json', '--config', folder.write('userpoint.json', JSON.stringify({ identity })))

  it('[B-03] define the identifiers', async () => {
    expect(JSON.parse((await send('upsert', { users }, '--json')).stdout)).toMatchObject({ fail: { count: 1 } })
    const identifiers = [{ name: 'email' }, { name: 'crm_id', custom: true, limit: 2 }]
    expect(JSON.parse((await withSettings({ identifiers })).stdout)).toMatchObject({
      successful: 1,
      fail: { count: 0 }
    })
    // Omitted settings keep their defaults.
    expect(JSON.parse((await withSettings({})).stdout)).toMatchObject({ fail: { count: 1 } })
  })

  it('that are wrong exit with 2 before a store is made', async () => {
    const { code, stdout, stderr } = await withSettings({ onConflict: 'first' })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('identity.onConflict: expected "reject" or "priority" (WRONG_VALUE)')
    expect(existsSync(folder.path('people.db'))).toBe(false)
  })

  it('cannot come on standard input, which is for the body', async () => {
    const { code, stderr } = await userpoint(['insider', 'upsert', '-', '--config', '-', '--store', store])
    expect(code).toBe(2)
    expect(stderr).toContain('--config')
  })
})
