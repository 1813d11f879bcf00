/** The program with its own database on a PostgreSQL server. */
import { randomUUID } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { createFolder, type Ended, type Folder, parseLines, upsert, userpoint } from './program.ts'

let folder: Folder
let server: pg.Client
let database: string
let store: string

beforeEach(async () => {
  folder = createFolder()
  server = new pg.Client({ connectionString: inject('postgres') })
  await server.connect()
  database = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  await server.query(`create database ${database}`)
  const url = new URL(inject('postgres'))
  url.pathname = database
  store = url.href
})
afterEach(async () => {
  await server.query(`drop database ${database} with (force)`)
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

it('reports that the server asks for a password, and does not wait for the server to close the connection', async () => {
  const message = (...parts: ReadonlyArray<number | string>): Buffer => {
    const body = Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([0, 0, 0, part])))
    )
    return Buffer.concat([Buffer.from('R'), Buffer.from([0, 0, 0, body.length + 4]), body])
  }
  let asked = 0
  const listening = createServer((socket) => {
    socket.on('data', () => socket.write(asked++ === 0 ? message(10, 'SCRAM-SHA-256\0\0') : message(11, 'r=x')))
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  const { code, stderr } = await userpoint(['executions', '--store', `postgres://nobody@127.0.0.1:${port}/none`])
  expect([code, stderr]).toEqual([1, expect.stringContaining('the server asks for a password')])
  // The program ends only after its connections are closed.
  await new Promise((resolve) => listening.close(resolve))
})

it.each(['PGPASSWORD', 'PGPASSFILE'])('takes the password from %s', async (variable) => {
  const given: string[] = []
  const listening = createServer((socket) => {
    socket.once('data', () => {
      // Asks for the password as it is.
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))
      socket.once('data', (answer) => {
        given.push(answer.subarray(5).toString())
        socket.destroy()
      })
    })
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  const passwords = folder.write('pgpass', `127.0.0.1:${port}:none:somebody:secret\n`)
  chmodSync(passwords, 0o600)
  process.env[variable] = variable === 'PGPASSWORD' ? 'secret' : passwords
  try {
    const { code, stderr } = await userpoint(['executions', '--store', `postgres://somebody@127.0.0.1:${port}/none`])
    expect(code).toBe(1)
    expect(stderr).not.toContain('secret')
  } finally {
    delete process.env[variable]
    await new Promise((resolve) => listening.close(resolve))
  }
  expect(given).toEqual(['secret\0'])
})

it('reports how far it came and which lines are uncertain if the connection is lost during a commit', async () => {
  await on('import', folder.writeLines('nobody.ndjson', []), '--type', 'USER_PROFILE')
  const inside = new pg.Client({ connectionString: store })
  await inside.connect()
  await inside.query(`
    create function userpoint.lose() returns trigger language plpgsql as $$
    begin
      -- A thousand people, and the document of the clock.
      if (select count(*) from userpoint.document) > 1001 then
        perform pg_terminate_backend(pg_backend_pid());
      end if;
      return null;
    end $$;
    create trigger lose after insert on userpoint.document for each statement execute function userpoint.lose()`)
  await inside.end()
  const file = folder.writeLines('people.ndjson', people(2_500))
  const { code, stderr } = await on('import', file, '--type', 'USER_PROFILE')
  expect(code).toBe(1)
  expect(stderr).toContain('1,000 lines committed, up to line 1000; the next 1,000 lines may be committed too\n')
})

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
    const other = new pg.Client({ connectionString: store })
    await other.connect()
    const { rows } = await other.query("select 1 from pg_namespace where nspname = 'userpoint'")
    await other.end()
    expect(rows).toEqual([])
  }
)

it.each([
  ['a port without a server', (url: URL) => Object.assign(url, { port: '1' }), 'connection refused'],
  ['a missing database', (url: URL) => Object.assign(url, { pathname: '/absent' }), 'the database does not exist']
])('reports %s without the password', async (_, change, reason) => {
  const url = change(Object.assign(new URL(store), { password: 'p4ssw0rd' }))
  const { code, stderr } = await userpoint(['export', '--store', url.href])
  expect(code).toBe(1)
  expect(stderr).toContain(reason)
  expect(stderr).not.toContain('p4ssw0rd')
})
