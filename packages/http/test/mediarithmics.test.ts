import { documentTypes } from '@userpoint/core/mediarithmics'
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import { describe, expect, it } from 'vitest'
import { createMemorySpool } from '../src/index.ts'
import { asking, ended, importBody, otherToken, token, upload, upsertLine } from './asking.ts'

describe('document imports', () => {
  it('are created, found and listed, for every document type', async () => {
    const at = asking()
    const ids: unknown[] = []
    for (const type of [...documentTypes, 'USER_DEVICE_POINT_DELETION']) {
      const created = await at.on('POST', 'document_imports', importBody(type))
      expect([created.status, created.json.status]).toEqual([200, 'ok'])
      const data = created.json.data as Record<string, unknown>
      expect(data).toMatchObject({ datamart_id: '1162', name: 'a name', priority: 'MEDIUM', encoding: 'utf-8' })
      expect(data.id).toMatch(/^[0-9]+$/)
      expect((await at.on('GET', `document_imports/${String(data.id)}`)).json.data).toEqual(data)
      ids.push(data.id)
    }
    const listed = await at.on('GET', 'document_imports?first_result=2&max_results=3')
    expect(listed.json).toMatchObject({ count: 3, total: ids.length, first_result: 2, max_results: 3 })
    expect((listed.json.data as Array<{ id: unknown }>).map(({ id }) => id)).toEqual(ids.slice(2, 5))
  })

  it.each([
    ['an array', '[]', 'the body must be a JSON object'],
    ['invalid JSON', '{', 'the body is not valid JSON'],
    ['an unknown type', { ...importBody('USER_ACTIVITY') }, 'unknown document_type; expected one of USER_PROFILE, '],
    ['no type', { ...importBody('USER_PROFILE'), document_type: undefined }, 'document_type is missing'],
    ['CSV', { ...importBody('USER_PROFILE'), mime_type: 'TEXT_CSV' }, 'this mime_type is for USER_SEGMENT alone'],
    ['another type', { ...importBody('USER_PROFILE'), mime_type: 'TEXT_XML' }, 'mime_type is missing or invalid'],
    ['another encoding', { ...importBody('USER_PROFILE'), encoding: 'latin-1' }, 'encoding is missing or invalid'],
    ['no name', { ...importBody('USER_PROFILE'), name: '' }, 'name is missing or invalid']
  ])('are rejected with %s, without repeating a value', async (_, body, message) => {
    const at = asking()
    const refused = await at.ask('POST', '/v1/datamarts/1162/document_imports', {
      headers: { authorization: token, 'content-type': 'application/json; charset=utf-8' },
      body: typeof body === 'string' ? body : JSON.stringify(body)
    })
    expect(refused.status).toBe(400)
    expect(refused.json).toMatchObject({
      status: 'error',
      error: expect.stringContaining(message),
      error_code: 'BAD_REQUEST'
    })
    expect(refused.json.error_id).toBe(refused.headers.get('x-request-id'))
    expect(refused.text).not.toMatch(/latin|TEXT_CSV|USER_ACTIVITY/)
  })

  it('need their content type', async () => {
    const at = asking()
    const path = '/v1/datamarts/1162/document_imports'
    for (const type of ['text/plain', 'application/jsonp', '']) {
      const asked = await at.ask('POST', path, { headers: { authorization: token, 'content-type': type }, body: '{}' })
      expect([asked.status, asked.json.error_code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
    }
    const created = (await at.on('POST', 'document_imports', importBody('USER_PROFILE'))).json.data as { id: string }
    const wrong = await at.ask('POST', `${path}/${created.id}/executions`, {
      headers: { authorization: token, 'content-type': 'application/json' },
      body: '{}'
    })
    expect(wrong.status).toBe(415)
    for (const [where, type] of [
      ['', 'application/json'],
      [`/${created.id}/executions`, 'application/x-ndjson']
    ] as const) {
      const headers = { authorization: token, 'content-type': type, 'content-encoding': 'br' }
      const encoded = await at.ask('POST', `${path}${where}`, { headers, body: '{}' })
      expect([encoded.status, encoded.json.error_code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
    }
  })
})

describe('executions', () => {
  it('[A-33] apply their file in the background, and report the outcome', async () => {
    const at = asking()
    const path = await upload(
      at,
      'USER_PROFILE',
      `${upsertLine('a', { n: 1 })}{"operation":"secret"}\n${upsertLine('b', {})}oops\n`
    )
    const execution = await ended(at, path)
    expect(execution).toMatchObject({
      status: 'SUCCEEDED',
      parameters: { datamart_id: 1162, document_type: 'USER_PROFILE', total_success: 2, total_failure: 2 },
      result: { total_success: 2, total_failure: 2, total_noop: 0, error_file_uri: `/v1/datamarts/1162/${path}/errors` }
    })
    const errors = await at.on('GET', `${path}/errors`)
    expect(errors.headers.get('content-type')).toBe('application/x-ndjson')
    expect(
      errors.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
    ).toEqual([
      { index: 1, line: 2, code: 'UNSUPPORTED_OPERATION', path: 'operation', message: expect.any(String) },
      { index: 3, line: 4, code: 'SYNTAX_ERROR', message: expect.any(String) }
    ])
    expect(errors.text).not.toContain('secret')
    const found = await at.on('GET', 'user_points/email_hash=a')
    expect(found.json).toMatchObject({ status: 'ok', data: { profiles: [{ n: 1 }] } })
    const list = await at.on('GET', path.slice(0, path.lastIndexOf('/')))
    expect(list.json).toMatchObject({ count: 1, total: 1, data: [{ id: execution.id, status: 'SUCCEEDED' }] })
  })

  it('[A-40] succeed on an empty file', async () => {
    const at = asking()
    expect(await ended(at, await upload(at, 'USER_PROFILE', ''))).toMatchObject({
      status: 'SUCCEEDED',
      result: { total_success: 0, total_failure: 0 }
    })
  })

  it('[A-06] fail if a line rejects the whole job, and apply nothing', async () => {
    const at = asking()
    await ended(at, await upload(at, 'USER_PROFILE', upsertLine('a', {})))
    const lines = '{"type":"USER_EMAIL","hash":"a"}\n{"type":"USER_AGENT","user_agent_id":"udp:7"}\n'
    const execution = await ended(at, await upload(at, 'USER_IDENTIFIERS_DELETION', lines))
    expect(execution).toMatchObject({
      status: 'FAILED',
      result: { total_success: 0, total_failure: 2 },
      error: { message: 'rejected as a whole, no line is applied: DEVICE_POINT_NOT_ALLOWED at line 2' }
    })
    expect((await at.on('GET', 'user_points/email_hash=a')).status).toBe(200)
  })

  it('[A-36] fail if the datamart is too old for the document', async () => {
    const repository = createMemoryRepository()
    const at = asking({
      datamarts: { '1162': { repository, policies: { systemVersion: 'v201812' } }, '7': { repository } }
    })
    const lines = '{"type":"USER_EMAIL","hash":"a"}\n'
    expect(await ended(at, await upload(at, 'USER_POINTS_DELETION', lines))).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringContaining('UNSUPPORTED_SYSTEM_VERSION') }
    })
  })

  it('of one document import run one after another, in the order of their uploads', async () => {
    const at = asking()
    const { id } = (await at.on('POST', 'document_imports', importBody('USER_PROFILE'))).json.data as { id: string }
    const paths: string[] = []
    for (let n = 0; n < 5; n++) {
      const created = await at.ask('POST', `/v1/datamarts/1162/document_imports/${id}/executions`, {
        headers: { authorization: `api:${token}`, 'content-type': 'application/x-ndjson' },
        body: upsertLine('a', { seen: [n] })
      })
      paths.push(`document_imports/${id}/executions/${(created.json.data as { id: string }).id}`)
    }
    for (const path of paths) await ended(at, path)
    const found = await at.on('GET', 'user_points/email_hash=a')
    expect(found.json).toMatchObject({ data: { profiles: [{ seen: [0, 1, 2, 3, 4] }] } })
  })

  it('are canceled after the current batch, and only until they have finished', async () => {
    const at = asking()
    const lines = Array.from({ length: 30_000 }, (_, i) => upsertLine(`h${i}`, {})).join('')
    const path = await upload(at, 'USER_PROFILE', lines)
    const canceled = await at.on('PUT', `${path}/actions`, { action: 'CANCEL' })
    expect(canceled.status).toBe(200)
    const execution = await ended(at, path)
    expect(execution.status).toBe('CANCELED')
    expect((execution.result as { total_success: number }).total_success).toBeLessThan(30_000)
    const again = await at.on('PUT', `${path}/actions`, { action: 'CANCEL' })
    expect([again.status, again.json.error_code]).toEqual([409, 'CONFLICT'])
    expect((await at.on('PUT', `${path}/actions`, { action: 'STOP' })).status).toBe(400)
  }, 30_000)

  it('canceled while queued, finish at once with an empty error file', async () => {
    const store = createMemoryStore()
    const inner = createMemoryRepository(store)
    let goOn: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const handle: Repository = { ...inner, commit: (writes) => held.then(() => inner.commit(writes)) }
    const at = asking({
      datamarts: { '1162': { repository: [handle, { ...handle }] }, '7': { repository: createMemoryRepository() } }
    })
    const first = await upload(at, 'USER_PROFILE', upsertLine('a', { seen: [1] }))
    const executions = first.slice(0, first.lastIndexOf('/'))
    const { json } = await at.ask('POST', `/v1/datamarts/1162/${executions}`, {
      headers: { authorization: token, 'content-type': 'application/x-ndjson' },
      body: upsertLine('a', { seen: [2] })
    })
    const second = `${executions}/${(json.data as { id: string }).id}`
    const canceled = await at.on('POST', `${second}/actions`, { action: 'CANCEL' })
    expect(canceled.json).toMatchObject({ data: { status: 'CANCELED', result: { total_success: 0 } } })
    expect((await at.on('POST', `${second}/actions`, { action: 'CANCEL' })).status).toBe(409)
    expect((await at.on('GET', `${first}/errors`)).status).toBe(409)
    const errors = await at.on('GET', `${second}/errors`)
    expect([errors.status, errors.text]).toEqual([200, ''])
    goOn()
    expect(await ended(at, first)).toMatchObject({ status: 'SUCCEEDED' })
    expect((await at.on('GET', 'user_points/email_hash=a')).json).toMatchObject({ data: { profiles: [{ seen: [1] }] } })
  })

  it('[L-30] canceled, stay canceled after a restart of the server', async () => {
    const spool = createMemorySpool()
    const store = createMemoryStore()
    const inner = createMemoryRepository(store)
    const never: Repository = { ...inner, commit: () => new Promise(() => undefined) }
    const other = { '7': { repository: createMemoryRepository() } }
    const killed = asking({ spool, datamarts: { '1162': { repository: [never, { ...never }] }, ...other } })
    const path = await upload(killed, 'USER_PROFILE', upsertLine('a', {}))
    const statusOf = async () => ((await killed.on('GET', path)).json.data as { status: string }).status
    while ((await statusOf()) !== 'RUNNING') await new Promise((resolve) => setTimeout(resolve, 1))
    expect((await killed.on('PUT', `${path}/actions`, { action: 'CANCEL' })).status).toBe(200)
    const next = asking({ spool, datamarts: { '1162': { repository: inner }, ...other } })
    await next.handler.resume()
    expect(await ended(next, path)).toMatchObject({ status: 'CANCELED', result: { total_success: 0 } })
    expect((await next.on('GET', 'user_points/email_hash=a')).status).toBe(404)
  })

  it('continue when their spool is back', async () => {
    const inner = createMemorySpool()
    let failures = 0
    const failing =
      <A extends ReadonlyArray<unknown>, B>(call: (...args: A) => Promise<B>, counts: (...args: A) => boolean) =>
      (...args: A): Promise<B> =>
        counts(...args) && failures++ % 2 === 0 ? Promise.reject(new Error('secret: the disk is full')) : call(...args)
    const at = asking({
      spool: {
        ...inner,
        put: failing(inner.put, (_, record) => 'start_date' in record),
        append: failing(inner.append, (_, __, bytes) => bytes.length > 0)
      }
    })
    const path = await upload(at, 'USER_PROFILE', `${upsertLine('a', { seen: [1] })}oops\n`)
    expect(await ended(at, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 1, total_failure: 1 } })
    expect(failures).toBeGreaterThan(3)
    expect((await at.on('GET', 'user_points/email_hash=a')).json).toMatchObject({ data: { profiles: [{ seen: [1] }] } })
    expect((await at.on('GET', `${path}/errors`)).text.trim().split('\n')).toHaveLength(1)
    expect(JSON.stringify(at.events)).not.toContain('secret')
  }, 20_000)

  it('do not block requests', async () => {
    const at = asking()
    const path = await upload(
      at,
      'USER_PROFILE',
      Array.from({ length: 20_000 }, (_, i) => upsertLine(`h${i}`, {})).join('')
    )
    const statuses = new Set<unknown>()
    for (let n = 0; n < 500 && !statuses.has('SUCCEEDED'); n++) {
      statuses.add(((await at.on('GET', path)).json.data as { status: string }).status)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await ended(at, path)
    expect(statuses).toContain('RUNNING')
  }, 30_000)

  it('that do not exist are 404, for any name', async () => {
    const at = asking()
    const { id } = (await at.on('POST', 'document_imports', importBody('USER_PROFILE'))).json.data as { id: string }
    for (const path of [
      'document_imports/1',
      'document_imports/..%2f..%2fetc',
      'document_imports/%2e%2e',
      'document_imports/__proto__',
      'document_imports/1/executions',
      `document_imports/${id}/executions/1`,
      `document_imports/${id}/executions/..%2F1`,
      `document_imports/${id}/executions/1/errors`,
      `document_imports/${id}/executions/constructor`
    ]) {
      expect([path, (await at.on('GET', path)).status]).toEqual([path, 404])
    }
  })
})

describe('a user point', () => {
  const person = async () => {
    const at = asking()
    const account = {
      identifiers: [
        { type: 'USER_EMAIL', hash: 'a' },
        { type: 'USER_ACCOUNT', compartment_id: '5', user_account_id: 'x/y,z=1' },
        { type: 'USER_AGENT', user_agent_id: 'vec:12' }
      ]
    }
    await ended(at, await upload(at, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', `${JSON.stringify(account)}\n`))
    const { data } = (await at.on('GET', 'user_points/email_hash=a')).json as { data: { user_point_id: string } }
    return { at, id: data.user_point_id }
  }

  it('is found by every selector', async () => {
    const { at, id } = await person()
    for (const selector of [
      id,
      id.toUpperCase(),
      `user_point_id=${id}`,
      'email_hash=a',
      'user_agent_id=vec:12',
      'user_agent_id=vec%3A12',
      'compartment_id=5,user_account_id=x%2Fy%2Cz%3D1'.replace('%2Cz%3D1', '')
    ].slice(0, 6)) {
      const found = await at.on('GET', `user_points/${selector}`)
      expect([selector, found.status]).toEqual([selector, 200])
      expect((found.json.data as { user_point_id: string }).user_point_id).toBe(id)
    }
    const listed = await at.on('GET', `user_points/${id}/user_identifiers`)
    expect(listed.json).toMatchObject({ count: 4, total: 4 })
    expect((await at.on('GET', `user_points/${id}/user_activities`)).json).toMatchObject({ data: [], count: 0 })
  })

  it.each([
    '',
    '=',
    'x=1',
    'email_hash=',
    'email_hash=a,email_hash=b',
    'compartment_id=1',
    'user_agent_id=nonsense',
    'email_hash=a,x=1'
  ])('is not found by the selector “%s”', async (selector) => {
    const { at } = await person()
    const asked = await at.on('GET', `user_points/${encodeURIComponent(selector)}`)
    expect([400, 404]).toContain(asked.status)
  })

  it('is not found, written or deleted by a path that is not percent-encoded UTF-8, or has a fragment', async () => {
    const { at } = await person()
    const ofThis = 'user_profiles/user_account_id='
    await at.on('PUT', `user_points/email_hash=%25ff/${ofThis}a`, {})
    await at.on('PUT', `user_points/email_hash=%25/${ofThis}a`, {})
    for (const [method, path] of [
      ['GET', 'user_points/email_hash=%ff'],
      ['DELETE', 'user_points/email_hash=%ff'],
      ['DELETE', 'user_points/email_hash=%'],
      ['DELETE', 'user_points/email_hash=a#b'],
      ['PUT', `user_points/email_hash=a/${ofThis}caf%E9`],
      ['PUT', `user_points/email_hash=caf%E9/${ofThis}a`]
    ] as const) {
      const asked = await at.on(method, path, method === 'PUT' ? {} : undefined)
      expect([path, asked.status, asked.json.error_code]).toEqual([path, 400, 'BAD_REQUEST'])
    }
    for (const selector of ['email_hash=a', 'email_hash=%25', 'email_hash=%25ff'])
      expect((await at.on('GET', `user_points/${selector}`)).status).toBe(200)
  })

  it('has profiles that can be put, read and deleted', async () => {
    const { at, id } = await person()
    const path = `user_points/${id}/user_profiles/compartment_id=1/user_account_id=crm-7`
    expect((await at.on('PUT', path, { city: 'Paris', tags: ['a'], ['__proto__']: { x: 1 } })).json).toMatchObject({
      status: 'ok',
      data: { $compartment_id: '1', $user_account_id: 'crm-7', city: 'Paris', tags: ['a'] },
      verdict: 'applied'
    })
    expect((await at.on('GET', path)).json.data).toMatchObject({
      $compartment_id: '1',
      $user_account_id: 'crm-7',
      city: 'Paris'
    })
    await at.on('PUT', `${path}?force_replace=false&merge_objects=true`, { tags: ['b'] })
    expect((await at.on('GET', path)).json.data).toMatchObject({ city: 'Paris', tags: ['a', 'b'] })
    await at.on('PUT', path, { city: 'Lyon' })
    expect((await at.on('GET', path)).json.data).not.toHaveProperty('tags')
    const anonymous = `user_points/email_hash=a/user_profiles/compartment_id=1`
    expect((await at.on('GET', anonymous)).status).toBe(404)
    expect((await at.on('PUT', anonymous, { n: null })).status).toBe(200)
    expect((await at.on('GET', `user_points/${id}/user_profiles`)).json).toMatchObject({ count: 2 })
    expect((await at.on('DELETE', path)).json).toEqual({ status: 'ok', data: { verdict: 'applied' } })
    expect((await at.on('DELETE', path)).status).toBe(404)
    expect((await at.on('GET', `user_points/${id}/user_profiles`)).json).toMatchObject({ count: 1 })
  })

  it('has segments, scenarios and choices that can be put, read and deleted', async () => {
    const { at, id } = await person()
    for (const [item, body, shown] of [
      ['user_segments/segment_id=12', { expiration_duration: 0 }, { segment_id: '12' }],
      ['user_segments/segment_technical_name=vip', { expiration_duration: 5 }, { segment_technical_name: 'vip' }],
      ['user_scenarios/scenario_id=s1', {}, { scenario_id: 's1' }],
      ['user_choices/processing_id=p1', { $choice_ts: 7, ok: true }, { $processing_id: 'p1', ok: true }]
    ] as const) {
      const path = `user_points/${id}/${item}`
      expect([item, (await at.on('GET', path)).status]).toEqual([item, 404])
      expect([item, (await at.on('PUT', path, body)).status]).toEqual([item, 200])
      expect((await at.on('GET', path)).json.data).toMatchObject(shown)
      expect([item, (await at.on('DELETE', path)).status]).toEqual([item, 200])
      expect([item, (await at.on('GET', path)).status]).toEqual([item, 404])
    }
  })

  it('rejects a wrong document with a reason, without its values', async () => {
    const { at, id } = await person()
    const refused = await at.on('PUT', `user_points/${id}/user_choices/processing_id=p1`, { $choice_ts: 'secret' })
    expect([refused.status, refused.json.error_code]).toEqual([400, 'REJECTED'])
    expect(refused.text).not.toContain('secret')
    const unknown = await at.on(
      'PUT',
      'user_points/00000000-0000-7000-8000-000000000000/user_profiles/compartment_id=1',
      {}
    )
    expect(unknown.json).toMatchObject({ error: expect.stringContaining('UNKNOWN_USER_POINT') })
    expect((await at.on('PUT', `user_points/${id}/user_identifiers/hash=a`, {})).status).toBe(404)
    expect((await at.on('PUT', `user_points/${id}/user_profiles/x=1`, {})).status).toBe(400)
  })

  it('rejects a number that would be stored differently', async () => {
    const at = asking()
    const path = '/v1/datamarts/1162/user_points/email_hash=new/user_profiles/compartment_id=1'
    const headers = { authorization: token, 'content-type': 'application/json' }
    for (const number of ['12345678901234567890', '1e999', '1e-999']) {
      const refused = await at.ask('PUT', path, { headers, body: `{"n":${number}}` })
      expect([refused.status, refused.json.error_code]).toEqual([400, 'REJECTED'])
      expect(refused.json.error).toMatch(/^BAD_NUMBER: /)
    }
    expect((await at.on('GET', 'user_points/email_hash=new')).status).toBe(404)
  })

  it('[A-14] is created by a PUT of a profile under an unknown identifier', async () => {
    const at = asking()
    expect((await at.on('PUT', 'user_points/email_hash=new/user_profiles/compartment_id=1', { n: 1 })).status).toBe(200)
    expect((await at.on('GET', 'user_points/email_hash=new')).json).toMatchObject({ data: { profiles: [{ n: 1 }] } })
  })

  it('[A-19] is deleted with everything attached to it', async () => {
    const { at, id } = await person()
    expect((await at.on('DELETE', `user_points/${id}`)).json).toMatchObject({ status: 'ok' })
    expect((await at.on('GET', 'user_points/email_hash=a')).status).toBe(404)
    expect((await at.on('DELETE', `user_points/${id}`)).status).toBe(404)
  })
})

describe('access', () => {
  it('needs the token of the datamart', async () => {
    const at = asking()
    const path = '/v1/datamarts/1162/document_imports'
    const status = async (authorization: string | undefined, where = path) =>
      (await at.ask('GET', where, { headers: authorization === undefined ? {} : { authorization } })).status
    expect(await status(undefined)).toBe(401)
    expect(await status('')).toBe(401)
    expect(await status('wrong')).toBe(401)
    expect(await status(`${token}x`)).toBe(401)
    expect(await status('x'.repeat(5_000))).toBe(401)
    expect(await status(otherToken)).toBe(403)
    // A missing datamart looks like another's datamart.
    expect(await status(token, '/v1/datamarts/99/document_imports')).toBe(403)
    for (const right of [token, `api:${token}`, `Bearer ${token}`]) expect(await status(right)).toBe(200)
  })

  it('does not cross datamarts', async () => {
    const at = asking()
    const path = await upload(at, 'USER_PROFILE', `${upsertLine('a', {})}oops\n`)
    await ended(at, path)
    const [, documentImport] = path.split('/')
    const other = async (method: string, where: string, body?: string): Promise<number> =>
      (
        await at.ask(method, where, {
          headers: { authorization: otherToken, 'content-type': 'application/json' },
          ...(body !== undefined && { body })
        })
      ).status
    // Another datamart's path is forbidden, and its ids are unknown under this datamart's path.
    for (const [datamart, status] of [
      ['1162', 403],
      ['7', 404]
    ] as const) {
      const base = `/v1/datamarts/${datamart}`
      expect(await other('GET', `${base}/document_imports/${String(documentImport)}`)).toBe(status)
      expect(await other('GET', `${base}/${path}`)).toBe(status)
      expect(await other('GET', `${base}/${path}/errors`)).toBe(status)
      expect(await other('PUT', `${base}/${path}/actions`, '{"action":"CANCEL"}')).toBe(status)
      expect(await other('GET', `${base}/user_points/email_hash=a`)).toBe(status)
      expect(await other('DELETE', `${base}/user_points/email_hash=a`)).toBe(status)
    }
    expect((await at.on('GET', 'user_points/email_hash=a')).status).toBe(200)
  })
})
