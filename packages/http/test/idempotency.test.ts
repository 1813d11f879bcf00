import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { insiderRequest } from '@userpoint/conformance/arbitraries'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { law } from '../../core/test/laws/law.ts'
import { createMemorySpool, sha256Of, type Spool } from '../src/index.ts'
import { createFileSpool } from '../src/node/index.ts'
import { asking, type Asking, ended, token, upsertLine } from './asking.ts'
import { createImport, dataOf, fileHead, formEnd, formHeaders, send } from './uploading.ts'

const day = 86_400_000

const serverOver = (repository: Repository, more: Parameters<typeof asking>[0] = {}): Asking =>
  asking({
    datamarts: { '1162': { repository, partner: 'mybrand' } },
    tokens: [{ sha256: sha256Of(token), datamart: '1162' }],
    ...more
  })

const peopleOf = async (repository: Repository): Promise<string> => {
  const people: unknown[] = []
  for await (const { body, version } of repository.scan('user_point')) people.push([body, version])
  return JSON.stringify(people)
}

const key = { 'idempotency-key': 'order 7' }
const users = (...all: ReadonlyArray<object>) => ({ users: all })
const ada = { identifiers: { email: 'ada@example.org' } }
const append = users({ ...ada, attributes: { custom: { seen: [1] } } })

const calls = fc.oneof(
  fc.record({
    path: fc.constantFrom('upsert', 'attribute/delete'),
    method: fc.constant('POST'),
    body: insiderRequest().map(({ body }) => body as unknown)
  }),
  fc.constantFrom(
    { path: 'delete', method: 'POST', body: ada },
    { path: 'anonymize', method: 'POST', body: ada },
    { path: 'identity', method: 'DELETE', body: ada },
    {
      path: 'identity',
      method: 'PATCH',
      body: { old_identifier: ada.identifiers, new_identifier: { email: 'b@example.org' } }
    }
  )
)

describe('a call of Insider under a key', () => {
  law(
    '[L-36] is applied once by two servers, and answered alike, at once and after both are gone',
    fc.record({ before: insiderRequest(), call: calls, times: fc.integer({ min: 2, max: 4 }) }),
    async ({ before, call: { path, method, body }, times }) => {
      const store = createMemoryStore()
      const servers = [serverOver(createMemoryRepository(store)), serverOver(createMemoryRepository(store))] as const
      await servers[0].call('POST', 'upsert', append)
      await servers[0].call('POST', 'upsert', before.body)
      const sent = await Promise.all(
        Array.from({ length: times }, (_, n) => servers[(n % 2) as 0 | 1].call(method, path, body, key))
      )
      const people = await peopleOf(createMemoryRepository(store))
      await Promise.all(servers.map(({ handler }) => handler.stop()))
      const later = await serverOver(createMemoryRepository(store)).call(method, path, body, key)
      const [first] = sent
      return (
        (await peopleOf(createMemoryRepository(store))) === people &&
        [...sent, later].every(({ status, text }) => status === first?.status && text === first.text)
      )
    },
    150
  )

  it('[L-36] is rejected with another body or on another path, and changes nothing', async () => {
    const at = asking()
    expect((await at.call('POST', 'upsert', append, key)).status).toBe(200)
    const people = await peopleOf(at.repository)
    for (const [method, path, body] of [
      ['POST', 'upsert', users({ ...ada, attributes: { custom: { seen: [2] } } })],
      ['POST', 'delete', ada],
      ['POST', 'attribute/delete', users({ ...ada, whole: ['seen'] })]
    ] as const) {
      const refused = await at.call(method, path, body, key)
      expect([refused.status, refused.json]).toEqual([422, { error: 'the idempotency key belongs to another request' }])
    }
    expect(await peopleOf(at.repository)).toBe(people)
    expect((await at.call('POST', 'upsert', append, { 'idempotency-key': 'order 8' })).status).toBe(200)
    const read = await at.call('POST', 'profile', { ...ada, attributes: ['c_seen'] }, key)
    expect(read.json).toMatchObject({ attributes: { c_seen: [1, 1] } })
  })

  it('may use its key again after a day', async () => {
    let now = 1_764_450_000_000
    const at = asking({ clock: () => now })
    await at.call('POST', 'upsert', append, key)
    now += day
    expect((await at.call('POST', 'delete', ada, key)).status).toBe(200)
    now += day
    await at.handler.resume()
    const receipts = async (): Promise<number> => {
      let count = 0
      for await (const _ of at.repository.scan('receipt')) count++
      return count
    }
    // In the background.
    await vi.waitFor(async () => expect(await receipts()).toBe(0), 30_000)
  })

  it('needs a key that is a key, and keeps only its digest', async () => {
    const at = asking()
    for (const wrong of ['', 'x'.repeat(256), 'é'])
      expect((await at.call('POST', 'upsert', append, { 'idempotency-key': wrong })).status).toBe(400)
    await at.call('POST', 'upsert', append, { 'idempotency-key': 'ada@example.org' })
    for await (const stored of at.repository.scan('receipt')) expect(JSON.stringify(stored)).not.toContain('ada')
  })
})

const folder = mkdtempSync(join(tmpdir(), 'userpoint-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0

describe.each<[string, () => Spool]>([
  ['memory', createMemorySpool],
  ['files', () => createFileSpool(join(folder, `${folders++}`))]
])('an upload under a key, in a spool of %s', (_, createSpool) => {
  it('[L-36] is queued once and answered alike, also after a restart', async () => {
    const [repository, spool] = [createMemoryRepository(), createSpool()]
    const at = serverOver(repository, { spool })
    const path = `${await createImport(at, 'USER_PROFILE')}/executions`
    const first = await send(at, path, upsertLine('a', { n: [1] }), key)
    expect(first.status).toBe(200)
    expect((await send(at, path, upsertLine('a', { n: [1] }), key)).text).toBe(first.text)
    await ended(at, `${path}/${String(dataOf(first).id)}`)
    await at.handler.stop()
    const next = serverOver(repository, { spool })
    await next.handler.resume()
    const form = fileHead('a') + upsertLine('a', { n: [1] }) + formEnd
    expect((await send(next, path, form, { ...key, ...formHeaders })).text).toBe(first.text)
    expect((await next.on('GET', path)).json.total).toBe(1)
    for (const [where, body] of [
      [path, upsertLine('a', { n: [2] })],
      [`${path}?verdicts=all`, upsertLine('a', { n: [1] })]
    ] as const) {
      const refused = await send(next, where, body, key)
      expect([refused.status, refused.json.error_code]).toEqual([422, 'KEY_REUSED'])
    }
    expect((await send(next, path, upsertLine('b', {}))).text).not.toBe(first.text)
  })

  law(
    '[L-36] is queued once, if several come at once and some are cut off',
    fc.array(fc.constantFrom('whole', 'cut'), { minLength: 2, maxLength: 5 }),
    async (kinds) => {
      const at = serverOver(createMemoryRepository(), { spool: createSpool() })
      const path = `${await createImport(at, 'USER_PROFILE')}/executions`
      const line = new TextEncoder().encode(upsertLine('a', { n: [1] }))
      const bodyOf = (kind: string): ReadableStream<Uint8Array> =>
        new ReadableStream({
          start: async (controller) => {
            controller.enqueue(line)
            await new Promise((next) => setTimeout(next, 1))
            if (kind === 'cut') controller.error(new Error('gone'))
            else controller.close()
          }
        })
      const sent = await Promise.all(kinds.map((kind) => send(at, path, bodyOf(kind), key)))
      const last = await send(at, path, line, key)
      const answers = new Set([...sent, last].filter(({ status }) => status === 200).map(({ text }) => text))
      const others = sent.filter(({ status }) => status !== 200).map(({ json }) => json.error_code)
      const total = (await at.on('GET', path)).json.total
      await ended(at, `${path}/${String(dataOf(last).id)}`)
      return (
        answers.size === 1 && total === 1 && others.every((code) => code === 'KEY_IN_USE' || code === 'BODY_BROKEN')
      )
    },
    20
  )

  it('[L-36] is queued again if a crash came before its execution was kept', async () => {
    const [repository, spool] = [createMemoryRepository(), createSpool()]
    const at = serverOver(repository, { spool })
    const path = `${await createImport(at, 'USER_PROFILE')}/executions`
    const broken = serverOver(repository, {
      spool: {
        ...spool,
        put: async (place, record) => {
          if (place[1] === 'executions') throw new Error('the disk is full')
          await spool.put(place, record)
        }
      }
    })
    expect((await send(broken, path, upsertLine('a', {}), key)).status).toBe(500)
    const again = await send(at, path, upsertLine('a', {}), key)
    expect([again.status, (await at.on('GET', path)).json.total]).toEqual([200, 1])
  })

  it('may use its key again after a day', async () => {
    let now = 1_764_450_000_000
    const spool = createSpool()
    const at = serverOver(createMemoryRepository(), { spool, clock: () => now })
    const path = `${await createImport(at, 'USER_PROFILE')}/executions`
    const first = await send(at, path, upsertLine('a', {}), key)
    await ended(at, `${path}/${String(dataOf(first).id)}`)
    now += day
    expect((await send(at, path, upsertLine('b', {}), key)).status).toBe(200)
    now += day
    await at.handler.resume()
    await at.handler.idle()
    expect(await spool.list(['1162', 'keys'])).toEqual([])
  })
})
