import { createMemoryRepository } from '@userpoint/adapter-memory'
import { type Repository, StoreFault } from '@userpoint/core/repository'
import { expect, it } from 'vitest'
import { createPrometheusMetrics } from '../src/node/index.ts'
import { asking, ended, upload, upsertLine } from './asking.ts'

const valueOf = (page: string, sample: string): number | undefined => {
  const line = page.split('\n').find((each) => each.startsWith(`${sample} `))
  return line === undefined ? undefined : Number(line.slice(sample.length + 1))
}

it('shows latencies by route, executions, what is owed, and whether the server is ready', async () => {
  const at = asking({ metrics: createPrometheusMetrics(), spool: 'store' })
  const page = async () => (await at.ask('GET', '/metrics')).text
  expect(valueOf(await page(), 'userpoint_ready')).toBe(0)
  expect(valueOf(await page(), 'userpoint_not_ready{reason="STARTING"}')).toBe(1)
  await at.handler.resume()
  const path = await upload(at, 'USER_PROFILE', upsertLine('a', {}))
  await ended(at, path)
  // The answer is there a moment before the worker is free.
  await at.handler.idle()
  const text = await page()
  expect(valueOf(text, 'userpoint_ready')).toBe(1)
  expect(text).not.toContain('userpoint_not_ready{')
  expect(valueOf(text, 'userpoint_executions{datamart="1162",state="running"}')).toBe(0)
  expect(valueOf(text, 'userpoint_executions_total{status="SUCCEEDED"}')).toBe(1)
  expect(valueOf(text, 'userpoint_purge_owed_batches{datamart="1162"}')).toBe(0)
  expect(valueOf(text, 'userpoint_purge_owed_age_seconds{datamart="1162"}')).toBe(0)
  // As promtool demands: a counter ends with `_total`, and nothing else does; each metric has a help and a type.
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    expect(text).toMatch(new RegExp(`^# HELP ${name} .+$`, 'm'))
  }
  const route = '/v1/datamarts/:datamart/document_imports'
  const labels = `method="POST",route="${route}",status="200"`
  expect(valueOf(text, `userpoint_http_request_duration_seconds_count{${labels}}`)).toBe(1)
  await at.handler.stop()
})

it('counts and logs each failed call of a store with its code, and answers in time when the store is silent', async () => {
  const inner = createMemoryRepository()
  let fate: 'works' | 'fails' | 'silent' = 'works'
  const guarded = async <A>(work: () => A): Promise<Awaited<A>> => {
    if (fate === 'silent') await new Promise(() => undefined)
    if (fate === 'fails') throw new StoreFault('with ada@example.org', { code: '55P03' })
    return await work()
  }
  const repository: Repository = {
    ...inner,
    load: (references) => guarded(() => inner.load(references)),
    commit: (writes) => guarded(() => inner.commit(writes)),
    async *scan(kind, options) {
      await guarded(() => undefined)
      yield* inner.scan(kind, options)
    }
  }
  const at = asking({
    metrics: createPrometheusMetrics(),
    datamarts: { '1162': { repository }, '7': { repository: createMemoryRepository() } }
  })
  await at.handler.resume()
  fate = 'fails'
  expect((await at.on('GET', 'user_points/email_hash=a')).status).toBe(503)
  expect(at.events).toContainEqual({ _tag: 'StoreFault', datamart: '1162', call: 'load', error: 'StoreFault 55P03' })
  expect(JSON.stringify(at.events)).not.toContain('ada')
  const failing = (await at.ask('GET', '/metrics')).text
  expect(valueOf(failing, 'userpoint_not_ready{reason="STORE_FAILED"}')).toBe(1)
  expect(valueOf(failing, 'userpoint_store_faults_total{call="load"}')).toBeGreaterThan(0)
  fate = 'silent'
  const startedAt = performance.now()
  const silent = (await at.ask('GET', '/metrics')).text
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  expect(valueOf(silent, 'userpoint_not_ready{reason="STORE_SILENT"}')).toBe(1)
})
