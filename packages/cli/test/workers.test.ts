/** Imports by worker processes, which the program starts only from a process of its own. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { createFolder, type Ended, type Folder, parseLines, startProcess, upsert, userpoint } from './program.ts'

let folder: Folder
let server: pg.Client
let database: string

beforeEach(async () => {
  folder = createFolder()
  server = new pg.Client({ connectionString: inject('postgres') })
  await server.connect()
  database = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  await server.query(`create database ${database}`)
})
afterEach(async () => {
  await server.query(`drop database ${database} with (force)`)
  await server.end()
  folder.remove()
})

const postgres = (): string => {
  const url = new URL(inject('postgres'))
  url.pathname = database
  return url.href
}

const ran = (argv: ReadonlyArray<string>): Promise<Ended> =>
  new Promise((resolve) => {
    const child = startProcess(argv, folder.path('.'))
    const [out, err]: [string[], string[]] = [[], []]
    child.stdout.on('data', (part: Buffer) => out.push(part.toString()))
    child.stderr.on('data', (part: Buffer) => err.push(part.toString()))
    child.on('close', (code) => resolve({ code: code ?? -1, stdout: out.join(''), stderr: err.join('') }))
  })

const people = (count: number) => Array.from({ length: count }, (_, i) => upsert(`hash-${i}`, { i }))

it.each([
  ['PostgreSQL', () => ['--store', postgres()]],
  ['SQLite', () => ['--store', `sqlite:${folder.path('people.db')}`, '--driver', '@photostructure/sqlite']]
])(
  '[L-32] on %s, workers leave what one process leaves',
  async (_, store) => {
    const file = folder.writeLines('people.ndjson', [...people(1_500), { operation: 'UPSERT' }, ...people(1_500)])
    const importing = async (name: string, ...more: ReadonlyArray<string>) => {
      const verdicts = folder.path(name)
      const rest = ['--type', 'USER_PROFILE', '--json', '--execution', 'e', '--datamart', name, '--verdicts', verdicts]
      const ended = await ran(['import', file, ...store(), ...rest, '--lines-per-unit', '100', ...more])
      expect([ended.code, ended.stderr]).toEqual([0, ''])
      const [{ seconds: _seconds, ...said } = {}] = parseLines(ended.stdout)
      const exported = parseLines((await userpoint(['export', ...store(), '--datamart', name])).stdout)
      const points = exported.map(({ profiles }) => JSON.stringify(profiles).replaceAll(/_ts":\d+/g, '_ts":0'))
      return { said, written: folder.read(name), points: points.sort() }
    }
    const alone = await importing('alone')
    expect(alone.said).toMatchObject({ status: 'completed', lines: 3_001, rejected: 1 })
    expect(alone.points).toHaveLength(1_500)
    expect(await importing('three', '--workers', '3')).toEqual(alone)
  },
  60_000
)

it('refuses workers without an execution, and a number that is none', async () => {
  const file = folder.writeLines('people.ndjson', people(3))
  const importing = ['import', file, '--type', 'USER_PROFILE', '--store', `sqlite:${folder.path('people.db')}`]
  const without = await userpoint([...importing, '--workers', '3'])
  expect([without.code, without.stderr]).toEqual([2, expect.stringContaining('--workers needs --execution')])
  for (const wrong of ['0', '-1', '65', 'two', '']) {
    const ended = await userpoint([...importing, '--execution', 'e', `--workers=${wrong}`])
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('from 1 to 64')])
  }
})
