/** The program with its own database on a MariaDB server. */
import { randomUUID } from 'node:crypto'
import mysql from 'mysql2/promise'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { createFolder, type Ended, type Folder, parseLines, upsert, userpoint } from './program.ts'

let folder: Folder
let server: mysql.Connection
let database: string
let store: string

beforeEach(async () => {
  folder = createFolder()
  server = await mysql.createConnection(inject('mysql'))
  database = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  const url = new URL(inject('mysql'))
  url.pathname = database
  store = url.href
})
afterEach(async () => {
  await server.query(`drop database if exists ${database}`)
  await server.end()
  folder.remove()
})

const on = (command: string, ...more: ReadonlyArray<string>): Promise<Ended> =>
  userpoint([command, '--store', store, ...more])

const lines = async (command: string, ...more: ReadonlyArray<string>) => {
  const { code, stdout, stderr } = await on(command, ...more)
  expect([code, stderr]).toEqual([0, ''])
  return parseLines(stdout)
}

const people = (count: number) => Array.from({ length: count }, (_, i) => upsert(`hash-${i}`, { i }))

// Slow: nine programs start, one after the other.
it('imports, explains, exports, finds, erases and purges', async () => {
  const file = folder.writeLines('people.ndjson', [...people(2_500), { operation: 'UPSERT' }])
  expect(await lines('import', file, '--type', 'USER_PROFILE', '--json')).toMatchObject([
    { status: 'completed', lines: 2_501, applied: 2_500, rejected: 1 }
  ])
  expect(await lines('export')).toHaveLength(2_500)
  expect(JSON.parse((await on('get', '--email-hash', 'hash-7')).stdout)).toMatchObject({ profiles: [{ i: 7 }] })
  const erasure = folder.writeLines('erase.ndjson', [{ type: 'USER_EMAIL', hash: 'hash-7' }])
  const deletion = [erasure, '--type', 'USER_POINTS_DELETION', '--json'] as const
  expect(await lines('explain', ...deletion)).not.toEqual([])
  expect(await lines('export')).toHaveLength(2_500)
  const erased = await on('import', ...deletion)
  expect(parseLines(erased.stdout)).toMatchObject([{ applied: 1 }])
  expect(erased.stderr).toContain('purged: ')
  expect((await on('get', '--email-hash', 'hash-7')).code).not.toBe(0)
  expect(await lines('export')).toHaveLength(2_499)
  expect((await on('purge')).code).toBe(0)
})

it('[L-30] resumes an execution, and keeps it', async () => {
  const file = folder.writeLines('people.ndjson', people(100))
  const importing = ['import', file, '--type', 'USER_PROFILE', '--execution', 'nightly', '--json'] as const
  expect(await lines(...importing)).toMatchObject([{ applied: 100 }])
  const again = await on(...importing)
  expect(parseLines(again.stdout)).toMatchObject([{ applied: 100 }])
  expect(again.stderr).toContain('nothing is applied again')
  expect(await lines('executions', '--json')).toMatchObject([{ id: 'nightly' }])
})

it('keeps datamarts apart', async () => {
  const file = folder.writeLines('people.ndjson', people(3))
  await lines('import', file, '--type', 'USER_PROFILE', '--datamart', 'shop', '--json')
  expect(await lines('export')).toEqual([])
  expect(await lines('export', '--datamart', 'shop')).toHaveLength(3)
})

it.each(['export', 'executions'])(
  '%s reads a database without tables as an empty store, and makes none',
  async (command) => {
    expect(await lines(command, ...(command === 'executions' ? ['--json'] : []))).toEqual([])
    const [rows] = await server.query('show databases like ?', [database])
    expect(rows).toEqual([])
  }
)

it.each([
  ['a port without a server', (url: URL) => Object.assign(url, { port: '1' }), 'connection refused'],
  ['a wrong password', (url: URL) => Object.assign(url, { username: 'nobody' }), 'does not let this user in'],
  ['a name that is not allowed', (url: URL) => Object.assign(url, { pathname: '/A%20b' }), 'database must be']
])('reports %s without the password', async (_, change, reason) => {
  const url = change(Object.assign(new URL(store), { password: 'p4ssw0rd' }))
  const { code, stderr } = await userpoint(['export', '--store', url.href])
  expect(code).toBe(1)
  expect(stderr).toContain(reason)
  expect(stderr).not.toContain('p4ssw0rd')
})
