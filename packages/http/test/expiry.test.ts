import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { v7 } from 'uuid'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { createContext } from '../src/context.ts'
import { createMemorySpool, sha256Of, type Spool } from '../src/index.ts'
import { Expiry } from '../src/mediarithmics/expiry.ts'
import { createUploadKeys } from '../src/mediarithmics/upload-keys.ts'
import { createFileSpool, createPrometheusMetrics } from '../src/node/index.ts'
import { createStoreSpool } from '../src/store-spool/store-spool.ts'
import { type Asking, asking, ended, token } from './asking.ts'
import { createImport, dataOf, send } from './uploading.ts'

const hour = 3_600_000
const start = 1_764_450_000_000

const folder = mkdtempSync(join(tmpdir(), 'userpoint-expiry-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => {
  vi.useRealTimers()
})
let folders = 0

const sorts: ReadonlyArray<readonly [string, (repository: Repository) => Spool]> = [
  ['memory', createMemorySpool],
  ['files', () => createFileSpool(join(folder, `${folders++}`))],
  ['documents', (repository) => createStoreSpool({ repositories: new Map([['1162', repository]]), newId: v7 })]
]

const worldOf = (spoolOn: (repository: Repository) => Spool, limits: object) => {
  const repository = createMemoryRepository()
  const spool = spoolOn(repository)
  const time = { now: start }
  const serve = (more: object = {}): Asking =>
    asking({
      datamarts: { '1162': { repository, partner: 'mybrand', limits } },
      tokens: [{ sha256: sha256Of(token), datamart: '1162' }],
      spool,
      clock: () => time.now,
      ...more
    })
  return { repository, spool, time, serve }
}

/** Sends a line that is rejected, and waits for the end. */
const rejected = async (at: Asking, executions: string, headers: Record<string, string> = {}): Promise<string> => {
  const answer = await send(at, executions, '{"operation":"UPSERT"}\n', headers)
  const path = `${executions}/${String(dataOf(answer).id)}`
  await ended(at, path)
  return path
}

describe.each(sorts)('finished executions in a spool of %s', (_, spoolOn) => {
  const world = (limits: object = {}) => worldOf(spoolOn, limits)

  it('expire with their files 30 days after their end, and not a moment earlier', async () => {
    const { spool, time, serve } = world()
    const at = serve()
    await at.handler.resume()
    const executions = `${await createImport(at, 'USER_PROFILE')}/executions`
    const path = await rejected(at, executions)
    await at.handler.stop()
    time.now = start + 720 * hour - 1
    const before = serve()
    await before.handler.resume()
    await before.handler.idle()
    expect((await before.on('GET', `${path}/errors`)).status).toBe(200)
    await before.handler.stop()
    time.now += 1
    const metrics = createPrometheusMetrics()
    const after = serve({ metrics })
    await after.handler.resume()
    await after.handler.idle()
    expect((await after.on('GET', path)).status).toBe(404)
    expect((await after.on('GET', `${path}/errors`)).status).toBe(404)
    expect((await after.on('GET', executions)).json.total).toBe(0)
    for (const sort of ['errors', 'uploads']) expect(await spool.contents(['1162', sort])).toEqual([])
    expect(await spool.list(['1162', 'executions', String(executions.split('/')[1])])).toEqual([])
    expect(after.events).toContainEqual({ _tag: 'Expired', datamart: '1162', executions: 1 })
    expect((await after.ask('GET', '/metrics')).text).toContain('userpoint_executions_expired_total 1')
    // The document import is not an execution, and stays.
    expect((await after.on('GET', 'document_imports')).json.total).toBe(1)
    await after.handler.stop()
  })

  it('keep the answers of their idempotency keys until these expire too', async () => {
    const { spool, time, serve } = world({ executionsKeptHours: 24 })
    const key = { 'idempotency-key': 'a key of 16 bytes' }
    const at = serve()
    await at.handler.resume()
    const executions = `${await createImport(at, 'USER_PROFILE')}/executions`
    const path = await rejected(at, executions, key)
    await at.handler.stop()
    time.now += 24 * hour - 1
    const next = serve()
    await next.handler.resume()
    await next.handler.idle()
    expect(await rejected(next, executions, key)).toBe(path)
    await next.handler.stop()
    time.now += hour
    const last = serve()
    await last.handler.resume()
    await last.handler.idle()
    expect(await spool.list(['1162', 'keys'])).toEqual([])
    await last.handler.stop()
  })

  it('of any age: those that are not finished stay, however old', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ hours: fc.integer({ min: 0, max: 60 }), isFinished: fc.boolean() }), { maxLength: 6 }),
        async (asked) => {
          const limits = { executionsKeptHours: 24 }
          const { repository, spool, serve } = world(limits)
          const at = serve()
          const id = String((await createImport(at, 'USER_PROFILE')).split('/')[1])
          for (const [n, { hours, isFinished }] of asked.entries()) {
            const end = start - hours * hour
            // Created long before its end: the age counts from the end.
            const creation_date = end - 100 * hour
            const own = `${creation_date * 1_000 + n}`
            await spool.put(['1162', 'executions', id, own], {
              id: own,
              document_import_id: id,
              uuid: `00000000-0000-4000-8000-00000000000${n}`,
              creation_date,
              ...(isFinished && { start_date: creation_date, end_date: end, status: 'SUCCEEDED' })
            })
            await spool.append(['1162', 'errors', `${id}-${own}`], 0, Buffer.from('x'))
          }
          const options = { datamarts: { '1162': { repository, limits } }, spool, clock: () => start, newId: v7 }
          const context = createContext(options)
          await new Expiry(context, createUploadKeys(context)).now()
          const left = asked.filter(({ hours, isFinished }) => !isFinished || hours < 24).length
          expect(await spool.list(['1162', 'executions', id])).toHaveLength(left)
          expect(await spool.contents(['1162', 'errors'])).toHaveLength(left)
          await at.handler.stop()
          await spool.release()
        }
      ),
      { numRuns: 8 }
    )
  })
})

it('finished executions expire while the server runs, as its settings say', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true })
  const { time, serve } = worldOf(createMemorySpool, { executionsKeptHours: 24 })
  const at = serve()
  await at.handler.resume()
  const executions = `${await createImport(at, 'USER_PROFILE')}/executions`
  const path = await rejected(at, executions)
  time.now += 24 * hour
  expect((await at.on('GET', path)).status).toBe(200)
  vi.advanceTimersByTime(hour)
  vi.useRealTimers()
  while ((await at.on('GET', path)).status !== 404) await new Promise((wake) => setTimeout(wake, 1))
  await at.handler.stop()
})
