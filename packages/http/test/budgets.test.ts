/** Everything that a sender chooses has a bound, and a code that says so. */
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMemorySpool, type Spool } from '../src/index.ts'
import { type BodyLimits, readBody } from '../src/body.ts'
import { asking, type Asking, ended, token, upload, upsertLine } from './asking.ts'
import { createImport, dataOf, fileHead, formEnd, formHeaders, linesOf, send } from './uploading.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Returns a body that sends a byte every so many milliseconds, for ever. */
const dripping = (milliseconds: number): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: async (controller) => {
      await new Promise((next) => setTimeout(next, milliseconds))
      controller.enqueue(bytesOf(' '))
    }
  })

const deferred = () => {
  let settle = (): void => undefined
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

describe('[L-41] a body', () => {
  afterEach(() => void vi.useRealTimers())

  const limits: BodyLimits = { most: 1_000_000, idleMilliseconds: 30_000, bytesPerSecond: 2_048 }
  const request = (body: ReadableStream<Uint8Array>): Request =>
    new Request('http://localhost', { method: 'POST', body, duplex: 'half' })

  it.each([
    ['that never pauses long but is slow ends after the grace', dripping(1_000), limits, 11_000],
    [
      'that is fast enough ends at its deadline',
      dripping(10),
      { ...limits, bytesPerSecond: 50, bodyMilliseconds: 60_000 },
      61_000
    ],
    ['that pauses ends after the longest pause', dripping(40_000), { ...limits, bytesPerSecond: 0 }, 30_001]
  ] as const)('%s', async (_, body, given, milliseconds) => {
    vi.useFakeTimers()
    const outcome = readBody(request(body), given).then(
      () => 'read',
      ({ reason }: { reason: string }) => reason
    )
    const isOpen = Symbol('open')
    await vi.advanceTimersByTimeAsync(milliseconds - 3_000)
    expect(await Promise.race([outcome, Promise.resolve(isOpen)])).toBe(isOpen)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await Promise.race([outcome, Promise.resolve(isOpen)])).toBe('Broken')
  })

  it('of brackets is refused before it is parsed, in both dialects', async () => {
    const at = asking()
    const deep = '['.repeat(1_000_000)
    const wide = `{"users":[${'[],'.repeat(200_000)}0]}`
    const startedAt = performance.now()
    const profile = '/v1/datamarts/1162/user_points/email_hash=a/user_profiles/compartment_id=0'
    const headers = { authorization: token, 'content-type': 'application/json' }
    const put = await at.ask('PUT', profile, { headers, body: deep })
    expect([put.status, put.json.error_code, put.json.error]).toEqual([
      400,
      'REJECTED',
      'TOO_DEEP: arrays and objects are nested deeper than the limit'
    ])
    const removed = await at.call('POST', 'delete', deep)
    expect([removed.status, removed.json.error]).toEqual([400, 'arrays and objects are nested deeper than the limit'])
    expect((await at.call('POST', 'upsert', wide)).json).toEqual({ error: 'a request can pass only 1,000 users' })
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })

  it('on several users rejects the one beyond the bounds alone', async () => {
    const deep = `${'['.repeat(3_000)}1${']'.repeat(3_000)}`
    const user = (email: string, value: string): string =>
      `{"identifiers":{"email":"${email}"},"attributes":{"a":${value}}}`
    const answer = await asking().call('POST', 'upsert', `{"users":[${user('a@b.c', deep)},${user('d@e.f', '1')}]}`)
    expect(answer.json).toEqual({
      data: {
        successful: { count: 1 },
        fail: {
          count: 1,
          errors: { 'users.0.too_deep': ['arrays and objects are nested deeper than the limit'] }
        }
      }
    })
  })
})

describe('[L-41] requests at work', () => {
  /** Starts requests whose bodies do not come, and returns what ends them. */
  const waiting = (at: Asking, count: number) => {
    const { promise, settle } = deferred()
    const body = () =>
      new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          await promise
          controller.enqueue(bytesOf('{}'))
          controller.close()
        }
      })
    const headers = { authorization: token, 'content-type': 'application/json' }
    const asked = Array.from({ length: count }, () =>
      at.ask('POST', '/v1/datamarts/1162/document_imports', { headers, body: body() })
    )
    return async (): Promise<void> => {
      settle()
      await Promise.all(asked)
    }
  }

  it('of one datamart are bounded: 429, and none of another is refused', async () => {
    const at = asking({ limits: { requestsAtOnce: 3 } })
    const end = waiting(at, 3)
    const refused = await at.on('GET', 'document_imports')
    expect([refused.status, refused.json.error_code, refused.headers.get('retry-after')]).toEqual([
      429,
      'TOO_MANY_REQUESTS',
      '1'
    ])
    const insider = await at.call('POST', 'profile', '{}')
    expect([insider.status, insider.json, insider.headers.get('retry-after')]).toEqual([
      429,
      { error: 'rejected: too many requests' },
      '1'
    ])
    const other = await at.ask('GET', '/v1/datamarts/7', { headers: { authorization: 'token-of-7' } })
    expect(other.status).toBe(200)
    await end()
    expect((await at.on('GET', 'document_imports')).status).toBe(200)
  })

  it('in all are bounded: 503, and never those on its health', async () => {
    const at = asking({ requestsAtOnce: 2 })
    await at.handler.resume()
    const end = waiting(at, 2)
    const refused = await at.ask('GET', '/v1/datamarts/7', { headers: { authorization: 'token-of-7' } })
    expect([refused.status, refused.json.error_code, refused.headers.get('retry-after')]).toEqual([
      503,
      'SERVER_BUSY',
      '1'
    ])
    expect((await at.call('POST', 'profile', '{}')).status).toBe(503)
    expect((await at.ask('GET', '/healthz')).status).toBe(200)
    expect((await at.ask('GET', '/readyz')).status).toBe(200)
    await end()
    expect((await at.on('GET', 'document_imports')).status).toBe(200)
  })
})

describe('[L-41] executions', () => {
  /** Returns a spool whose uploads are read only once `open` is called, with the number that are read at once. */
  const heldSpool = () => {
    const { promise, settle } = deferred()
    const spool = createMemorySpool()
    const reading = { now: 0, most: 0 }
    const held: Spool = {
      ...spool,
      async *read(key) {
        reading.most = Math.max(reading.most, ++reading.now)
        try {
          await promise
          yield* spool.read(key)
        } finally {
          reading.now--
        }
      }
    }
    return { held, reading, open: settle }
  }

  it('of one datamart are applied at most so many at once, and all of them in the end', async () => {
    const { held, reading, open } = heldSpool()
    const at = asking({ spool: held, limits: { executionsAtOnce: 2 } })
    const paths: string[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e']) paths.push(await upload(at, 'USER_PROFILE', upsertLine(name, {})))
    await vi.waitFor(() => expect(reading.now).toBe(2), 30_000)
    open()
    for (const path of paths) expect(await ended(at, path)).toMatchObject({ status: 'SUCCEEDED' })
    expect(reading.most).toBe(2)
  })

  it('that wait are canceled at once, and do not keep the server from its end', async () => {
    const { held, open } = heldSpool()
    const at = asking({ spool: held, limits: { executionsAtOnce: 1 } })
    const paths: string[] = []
    for (const name of ['a', 'b', 'c']) paths.push(await upload(at, 'USER_PROFILE', upsertLine(name, {})))
    const canceled = await at.on('PUT', `${paths[1]}/actions`, { action: 'CANCEL' })
    expect(dataOf(canceled)).toMatchObject({ status: 'CANCELED' })
    const stopped = at.handler.stop()
    open()
    await stopped
    expect(dataOf(await at.on('GET', String(paths[2])))).toMatchObject({ status: 'PENDING' })
  })

  it('of an earlier server do not keep an upload waiting', async () => {
    const { promise, settle } = deferred()
    const spool = createMemorySpool()
    const at = asking({
      spool: {
        ...spool,
        contents: async (key) => {
          await promise
          return spool.contents(key)
        }
      }
    })
    const resumed = at.handler.resume()
    const path = await upload(at, 'USER_PROFILE', upsertLine('a', { x: 1 }))
    expect(await ended(at, path)).toMatchObject({ status: 'SUCCEEDED', parameters: { total_success: 1 } })
    const later = await upload(at, 'USER_PROFILE', upsertLine('b', { x: 1 }))
    settle()
    await resumed
    expect(await ended(at, later)).toMatchObject({ status: 'SUCCEEDED', parameters: { total_success: 1 } })
    expect(await ended(at, path)).toMatchObject({ status: 'SUCCEEDED' })
  })
})

describe('an upload as gzip', () => {
  const text = upsertLine('a', { x: 1 }) + upsertLine('b', { x: 2 })

  it.each([
    ['as the content encoding says', gzipSync(text), { 'content-encoding': 'gzip' }],
    ['as its bytes say', gzipSync(text), {}],
    ['twice', gzipSync(gzipSync(text)), { 'content-encoding': 'GZIP' }],
    ['in a form', Buffer.concat([Buffer.from(fileHead('a.gz')), gzipSync(text), Buffer.from(formEnd)]), formHeaders],
    ['as a whole form', gzipSync(`${fileHead('a')}${text}${formEnd}`), { ...formHeaders, 'content-encoding': 'gzip' }]
  ] as const)('is unpacked: %s', async (_, body, headers) => {
    const at = asking()
    const path = await createImport(at, 'USER_PROFILE')
    const sent = await send(at, `${path}/executions`, body, headers)
    expect(sent.status).toBe(200)
    expect(await ended(at, `${path}/executions/${String(dataOf(sent).id)}`)).toMatchObject({
      status: 'SUCCEEDED',
      parameters: { total_success: 2 }
    })
  })

  it.each([
    ['larger than the limit once unpacked', gzipSync('x'.repeat(5_000_000)), {}, 413, 'BODY_TOO_LARGE'],
    ['cut off', gzipSync(text).subarray(0, 40), {}, 400, 'BAD_REQUEST'],
    ['that is not gzip', bytesOf(text), { 'content-encoding': 'gzip' }, 400, 'BAD_REQUEST'],
    ['of another encoding', bytesOf(text), { 'content-encoding': 'br' }, 415, 'UNSUPPORTED_MEDIA_TYPE']
  ] as const)('is refused, and nothing is kept: %s', async (_, body, headers, status, code) => {
    const at = asking({ limits: { uploadBytes: 1_000_000 } })
    const path = await createImport(at, 'USER_PROFILE')
    const sent = await send(at, `${path}/executions`, body, headers)
    expect([sent.status, sent.json.error_code]).toEqual([status, code])
    expect((await at.on('GET', `${path}/executions`)).json).toMatchObject({ total: 0 })
  })
})

describe('a spool that fails', () => {
  it.each([
    ['ENOSPC', 507, 'SPOOL_FULL'],
    ['EDQUOT', 507, 'SPOOL_FULL'],
    ['EROFS', 503, 'SPOOL_FAILED'],
    ['EACCES', 503, 'SPOOL_FAILED'],
    ['EIO', 503, 'SPOOL_FAILED'],
    ['ENOENT', 500, 'INTERNAL']
  ])('answers %s with %d, and the log has the cause', async (code, status, answered) => {
    const fault = Object.assign(new Error('no value of a person'), { code })
    const at = asking({ spool: { ...createMemorySpool(), put: () => Promise.reject(fault) } })
    const asked = { document_type: 'USER_PROFILE', mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'a' }
    const refused = await at.on('POST', 'document_imports', asked)
    expect([refused.status, refused.json.error_code, refused.text.includes('person')]).toEqual([
      status,
      answered,
      false
    ])
    expect(at.events).toContainEqual(expect.objectContaining({ _tag: 'RequestFailed', error: `Error ${code}` }))
  })
})

describe('[A-50] the server', () => {
  const line = upsertLine('a', { list: Array.from({ length: 10_001 }, (_, n) => n) })

  it('has limits of a person by default', async () => {
    const at = asking()
    const path = await upload(at, 'USER_PROFILE', line)
    expect(await ended(at, path)).toMatchObject({ parameters: { total_failure: 1 } })
    expect(linesOf(await at.on('GET', `${path}/errors`))).toMatchObject([{ code: 'ARRAY_TOO_LONG' }])
  })

  it('has none if they are null', async () => {
    const { repository } = asking()
    const at = asking({ datamarts: { '1162': { repository, policies: { limits: null } }, '7': { repository } } })
    expect(await ended(at, await upload(at, 'USER_PROFILE', line))).toMatchObject({ parameters: { total_success: 1 } })
  })
})

describe('the upload of an execution that failed', () => {
  it('is gone because it has ended, and not because it is applied', async () => {
    const at = asking({ limits: { maxRejected: 0 } })
    const path = await upload(at, 'USER_PROFILE', 'no JSON\n')
    expect(await ended(at, path)).toMatchObject({ status: 'FAILED' })
    const gone = await at.on('GET', `${path}/input`)
    expect([gone.status, gone.json.error]).toEqual([410, 'an upload is removed once its execution has ended'])
  })
})
