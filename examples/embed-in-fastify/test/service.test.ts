/** The service on a database of its own, which the server of the tests makes. */
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { createService } from '../src/service.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: string
  }
}

const database = `userpoint_test_${randomUUID().replaceAll('-', '')}`
const waiting = { timeout: 20_000, interval: 20 }
let server: pg.Pool
let pool: pg.Pool
let app: FastifyInstance

beforeAll(async () => {
  server = new pg.Pool({ connectionString: inject('postgres'), max: 1 })
  await server.query(`create database ${database} encoding 'UTF8' template template0`)
  const url = new URL(inject('postgres'))
  url.pathname = database
  pool = new pg.Pool({ connectionString: url.href })
  app = await createService(pool)
})
afterAll(async () => {
  await app?.close()
  await pool?.end()
  // The server may not have seen yet that the connections of the pool have ended.
  const connections = 'select 1 from pg_stat_activity where datname = $1'
  await vi.waitUntil(async () => (await server?.query(connections, [database]))?.rows.length === 0, waiting)
  await server?.query(`drop database if exists ${database}`)
  await server?.end()
})

const send = async (method: 'PUT' | 'GET' | 'DELETE', account: string, payload?: object) =>
  app.inject({ method, url: `/customers/${encodeURIComponent(account)}`, ...(payload && { payload }) })

const erasures = async (account: string): Promise<number> =>
  Number((await pool.query('select count(*) from erasure where account = $1', [account])).rows[0].count)

const words = fc.stringMatching(/^[a-z]{1,8}$/)

// Slow: hundreds of requests to a server, each with a commit that waits for its disk.
test('customers have what was recorded last, until they are erased; each erasure is written down once', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('record' as const), account: fc.constantFrom('1', '2'), city: words }),
    fc.record({ do: fc.constant('erase' as const), account: fc.constantFrom('1', '2') })
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), words, async (steps, run) => {
      const cities = new Map<string, string>()
      const erased = new Map<string, number>()
      for (const each of steps) {
        const account = `${run}-${each.account}`
        const before = erased.get(account) ?? (await erasures(account))
        if (each.do === 'record') {
          expect((await send('PUT', account, { city: each.city })).statusCode).toBe(200)
          cities.set(account, each.city)
        } else {
          await send('DELETE', account)
          erased.set(account, before + (cities.delete(account) ? 1 : 0))
        }
        const found = await send('GET', account)
        expect(found.statusCode === 200 ? found.json().profiles[0].city : undefined).toBe(cities.get(account))
        expect(await erasures(account)).toBe(erased.get(account) ?? before)
      }
      for (const account of cities.keys()) await send('DELETE', account)
    }),
    { numRuns: Math.ceil(50 * Number(process.env.USERPOINT_RUNS ?? 1)) }
  )
})

test('an erasure is undone with the row that could not be written', async () => {
  await send('PUT', 'kept', { city: 'Paris' })
  await pool.query("alter table erasure add constraint none check (account <> 'kept')")
  expect((await send('DELETE', 'kept')).statusCode).toBe(500)
  expect((await send('GET', 'kept')).statusCode).toBe(200)
})

test('a hundred upserts of one customer at the same moment are all applied', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => send('PUT', 'busy', { [`p${n}`]: n })))
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
  const [profile] = (await send('GET', 'busy')).json().profiles
  expect(Object.keys(profile).filter((key) => key.startsWith('p'))).toHaveLength(100)
})

test('of many erasures at the same moment one is applied, and written down', async () => {
  await send('PUT', 'gone', { city: 'Paris' })
  const answers = await Promise.all(Array.from({ length: 8 }, () => send('DELETE', 'gone')))
  const said = answers.map((answer) => (answer.statusCode === 200 ? answer.json().outcome : answer.json().code))
  expect(said.filter((each) => each === 'applied')).toHaveLength(1)
  for (const each of said) expect(['applied', 'noop', 'CONTENTION']).toContain(each)
  expect(await erasures('gone')).toBe(1)
  expect((await send('GET', 'gone')).statusCode).toBe(404)
})

test('wrong properties are refused with a code', async () => {
  const answer = await send('PUT', '17', { city: 'a\u0000b' })
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'BAD_TEXT'])
})
