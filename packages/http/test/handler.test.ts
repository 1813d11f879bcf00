import { createMemoryRepository } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import { v7 } from 'uuid'
import { describe, expect, it, vi } from 'vitest'
import { createHandler, createMemorySpool, type HandlerOptions, sha256Of } from '../src/index.ts'
import { createPrometheusMetrics } from '../src/node/index.ts'
import { asking, ended, token, upload, upsertLine } from './asking.ts'

const never = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) })

describe('a handler', () => {
  it('ends an upload whose sender is idle, and one that is too large', async () => {
    const at = asking({ limits: { idleMilliseconds: 20, uploadBytes: 1_000 } })
    const path = await upload(at, 'USER_PROFILE', '')
    const executions = `/v1/datamarts/1162/${path.slice(0, path.lastIndexOf('/'))}`
    const headers = { authorization: token, 'content-type': 'application/x-ndjson' }
    const slow = await at.ask('POST', executions, { headers, body: never })
    expect([slow.status, slow.json.error_code]).toEqual([408, 'BODY_BROKEN'])
    const long = await at.ask('POST', executions, { headers, body: 'x'.repeat(1_001) })
    expect([long.status, long.json.error_code]).toEqual([413, 'BODY_TOO_LARGE'])
    const listed = await at.ask('GET', executions, { headers: { authorization: token } })
    expect(listed.json).toMatchObject({ total: 1 })
  })

  it('keeps the request id of the sender if it is safe to log', async () => {
    const at = asking()
    for (const [id, kept] of [
      ['abc-DEF_123', true],
      ['short', false],
      ['x'.repeat(65), false],
      ['with spaces in it', false]
    ] as const) {
      const { headers } = await at.ask('GET', '/healthz', { headers: { 'x-request-id': id } })
      expect(headers.get('x-request-id') === id).toBe(kept)
    }
  })

  it('logs each request by its route, without other content', async () => {
    const at = asking()
    await at.on('GET', 'user_points/email_hash=secret')
    await at.ask('GET', '/secret')
    await at.ask('PROPFIND', '/healthz')
    const told = at.events.flatMap((event) =>
      event._tag === 'Request' ? [[event.method, event.route, event.status, event.datamart]] : []
    )
    expect(told).toEqual([
      ['GET', '/v1/datamarts/:datamart/user_points/:selector', 404, '1162'],
      ['GET', '*', 404, undefined],
      ['OTHER', '*', 405, undefined]
    ])
  })

  it('logs the code of a system error, and never its message', async () => {
    const failed = async (error: Error): Promise<ReadonlyArray<string>> => {
      const at = asking({ spool: { ...createMemorySpool(), put: () => Promise.reject(error) } })
      const asked = { document_type: 'USER_PROFILE', mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'a' }
      const headers = { authorization: token, 'content-type': 'application/json' }
      const path = '/v1/datamarts/1162/document_imports'
      expect((await at.ask('POST', path, { headers, body: JSON.stringify(asked) })).status).toBeGreaterThanOrEqual(500)
      return at.events.flatMap((event) => (event._tag === 'RequestFailed' ? [event.error] : []))
    }
    const full = Object.assign(new Error('ENOSPC: no space left, write /secret'), { code: 'ENOSPC' })
    expect(await failed(full)).toEqual(['Error ENOSPC'])
    for (const code of ['a secret', 'SECRET@EXAMPLE.ORG', 42, undefined])
      expect(await failed(Object.assign(new RangeError('secret'), { code }))).toEqual(['RangeError'])
  })

  it('serves counters if it has metrics', async () => {
    expect((await asking().ask('GET', '/metrics')).status).toBe(404)
    const at = asking({ metrics: createPrometheusMetrics() })
    await at.call('POST', 'upsert', { users: [{ identifiers: { email: 'a@b.c' }, attributes: {} }, {}] })
    await ended(at, await upload(at, 'USER_PROFILE', upsertLine('a', {})))
    const page = await at.ask('GET', '/metrics')
    expect(page.headers.get('content-type')).toMatch(/^text\/plain/)
    for (const line of [
      'userpoint_verdicts_total{dialect="insider",verdict="Applied"} 1',
      'userpoint_verdicts_total{dialect="insider",verdict="Rejected"} 1',
      'userpoint_verdicts_total{dialect="mediarithmics",verdict="Applied"} 1',
      'userpoint_executions_total{status="SUCCEEDED"} 1',
      'userpoint_http_request_duration_seconds_count{method="POST",route="/api/user/v1/upsert",status="200"} 1'
    ]) {
      expect(page.text).toContain(line)
    }
  })

  it('purges once for several deletions, and when it stops', async () => {
    let purges = 0
    const repository: Repository = { ...createMemoryRepository(), purge: () => void purges++ }
    const at = asking({
      datamarts: { '1162': { repository, partner: 'mybrand' }, '7': { repository } },
      purgeDelay: 2_000
    })
    const erase = async (email: string): Promise<void> => {
      await at.call('POST', 'upsert', { users: [{ identifiers: { email }, attributes: { city: 'Lund' } }] })
      await at.call('POST', 'delete', { identifiers: { email } })
    }
    for (let n = 0; n < 5; n++) await erase('a@b.c')
    expect(purges).toBe(0)
    await vi.waitFor(() => expect(purges).toBe(1), 30_000)
    await erase('a@b.c')
    await at.handler.stop()
    expect(purges).toBe(2)
    await at.handler.stop()
    expect(purges).toBe(2)
  })

  it('[A-52] purges what an earlier process owed, and nothing if it owed nothing', async () => {
    let purges = 0
    const repository: Repository = { ...createMemoryRepository(), purge: () => void purges++ }
    const datamarts = { '1162': { repository, partner: 'mybrand' }, '7': { repository } }
    // It is killed before its delay is over.
    const killed = asking({ datamarts, purgeDelay: 3_600_000 })
    const body = { users: [{ identifiers: { email: 'a@b.c' }, attributes: { city: 'Lund' } }] }
    await killed.call('POST', 'upsert', body)
    await killed.call('POST', 'delete', { identifiers: { email: 'a@b.c' } })
    for (let start = 1; start <= 2; start++) {
      const next = asking({ datamarts, purgeDelay: 3_600_000 })
      await next.handler.resume()
      // In the background.
      await vi.waitFor(() => expect(purges).toBe(1), 30_000)
      await next.handler.stop()
    }
    expect(purges).toBe(1)
  })

  it('[L-30] continues unfinished executions of an earlier handler, each line once', async () => {
    const spool = createMemorySpool()
    const repository = createMemoryRepository()
    const datamarts = { '1162': { repository }, '7': { repository: createMemoryRepository() } }
    const first = asking({ spool, datamarts })
    const lines = Array.from({ length: 5_000 }, (_, i) => upsertLine('a', { seen: [i] })).join('')
    const path = await upload(first, 'USER_PROFILE', lines)
    while (((await first.on('GET', path)).json.data as { status: string }).status === 'PENDING')
      await new Promise((resolve) => setTimeout(resolve, 1))
    await first.handler.stop()
    const second = asking({ spool, datamarts })
    expect(((await second.on('GET', path)).json.data as { status: string }).status).toBe('PENDING')
    await second.handler.resume()
    expect(await ended(second, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 5_000 } })
    const { json } = await second.on('GET', 'user_points/email_hash=a')
    const [profile] = (json.data as { profiles: Array<{ seen: number[] }> }).profiles
    expect(profile?.seen).toEqual(Array.from({ length: 5_000 }, (_, i) => i))
  }, 30_000)

  it('removes abandoned uploads, but not incoming or queued ones', async () => {
    const spool = createMemorySpool()
    const at = asking({ spool })
    const path = await upload(at, 'USER_PROFILE', upsertLine('a', {}))
    await ended(at, path)
    // As after a crash before the server stored the execution's record, or before it removed the upload.
    await spool.write(['1162', 'uploads', 'stray'], new Blob([upsertLine('secret', {})]).stream())
    let goOn: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let arrives: () => void = () => undefined
    const isArriving = new Promise<void>((resolve) => {
      arrives = resolve
    })
    const slow = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(upsertLine('b', {}))),
      // Once the first piece has been read.
      pull: async (controller) => {
        arrives()
        await held
        controller.close()
      }
    })
    const arriving = at.ask('POST', `/v1/datamarts/1162/${path.slice(0, path.lastIndexOf('/'))}`, {
      headers: { authorization: token, 'content-type': 'application/x-ndjson' },
      body: slow
    })
    await isArriving
    await at.handler.resume()
    expect(await spool.contents(['1162', 'uploads'])).toEqual([])
    goOn()
    const { data } = (await arriving).json as { data: { id: string } }
    await at.handler.resume()
    const executions = path.slice(0, path.lastIndexOf('/'))
    expect(await ended(at, `${executions}/${data.id}`)).toMatchObject({ result: { total_success: 1 } })
  })

  it('continues an execution when its store is back', async () => {
    const inner = createMemoryRepository()
    let isDown = true
    const repository: Repository = {
      ...inner,
      commit: (writes) => {
        if (isDown) throw Object.assign(new Error('down'), { applied: false })
        return inner.commit(writes)
      }
    }
    const at = asking({ datamarts: { '1162': { repository }, '7': { repository: inner } } })
    const path = await upload(at, 'USER_PROFILE', upsertLine('a', { n: [1] }))
    const statusOf = async () => ((await at.on('GET', path)).json.data as { status: string }).status
    while ((await statusOf()) !== 'EXECUTOR_NOT_RESPONDING') await new Promise((resolve) => setTimeout(resolve, 2))
    isDown = false
    expect(await ended(at, path)).toMatchObject({ status: 'SUCCEEDED', result: { total_success: 1 } })
  }, 30_000)

  it.each<[string, Partial<HandlerOptions>]>([
    ['an invalid datamart id', { datamarts: { 'a b': { repository: createMemoryRepository() } }, tokens: [] }],
    ['a token for an undefined datamart', { tokens: [{ sha256: sha256Of('x'), datamart: '99' }] }],
    [
      'the same token twice',
      {
        tokens: [
          { sha256: 'a'.repeat(64), datamart: '7' },
          { sha256: 'A'.repeat(64), datamart: '7' }
        ]
      }
    ],
    ['a token in clear', { tokens: [{ sha256: 'secret', datamart: '7' }] }],
    [
      'a partner in capitals',
      { datamarts: { '1': { repository: createMemoryRepository(), partner: 'A' } }, tokens: [] }
    ],
    ['a datamart without a store', { datamarts: { '1': { repository: [] } }, tokens: [] }],
    [
      'the same partner twice',
      {
        datamarts: {
          '1': { repository: createMemoryRepository(), partner: 'a' },
          '2': { repository: createMemoryRepository(), partner: 'a' }
        },
        tokens: []
      }
    ]
  ])('is not created with %s', (_, wrong) => {
    const options = {
      datamarts: { '7': { repository: createMemoryRepository() } },
      tokens: [],
      spool: createMemorySpool(),
      clock: Date.now,
      newId: v7
    }
    expect(() => createHandler({ ...options, ...wrong })).toThrow(TypeError)
  })
})
