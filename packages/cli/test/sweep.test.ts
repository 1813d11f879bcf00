import { existsSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { bytesOfStore, copyStore, createFolder, type Folder, parseLines, upsert, userpoint } from './program.ts'

let folder: Folder
let store: string

beforeEach(async () => {
  folder = createFolder()
  store = `sqlite:${folder.path('people.db')}`
  const people = folder.writeLines('people.ndjson', [upsert('a'), upsert('b'), upsert('c'), upsert('d')])
  const deletions = folder.writeLines('deletions.ndjson', [
    { operation: 'DELETE', email_hash: 'a' },
    { operation: 'DELETE', email_hash: 'b' },
    { operation: 'DELETE', email_hash: 'c' }
  ])
  const segment = { operation: 'UPDATE', email_hash: 'c', segment_id: '7', expiration_duration: 0 }
  const segments = folder.writeLines('segments.ndjson', [segment])
  await run('import', people, deletions, '--type', 'USER_PROFILE')
  await run('import', segments, '--type', 'USER_SEGMENT')
})
afterEach(() => folder.remove())

const run = (...args: ReadonlyArray<string>) => userpoint([...args, '--store', store])

const hashes = async (): Promise<ReadonlyArray<unknown>> =>
  parseLines((await run('export')).stdout).map(({ identifiers }) => (identifiers as ReadonlyArray<object>)[0])

it('removes user points without a profile or an active segment, and counts them', async () => {
  const { code, stdout, stderr } = await run('sweep')
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: "userpoint: purged: the store's files hold no deleted data (1 batch with deletions)\n"
  })
  expect(stdout).toMatch(/^sweep\n/)
  expect(stdout).toMatch(/│ user points examined +│ +4 │/)
  expect(stdout).toMatch(/│ removed +│ +2 │/)
  expect(stdout).toMatch(/│ device points without ids removed +│ +0 │/)
  expect(await hashes()).toMatchObject([{ hash: 'c' }, { hash: 'd' }])
  expect((await run('sweep', '--json')).stdout).toBe(
    '{"seen":2,"removed":0,"device_points_removed":0,"completed":true,"dry_run":false}\n'
  )
})

it('with --dry-run only counts them, and leaves the file unchanged', async () => {
  store = copyStore(folder, 'people.db', 'copy.db')
  const before = bytesOfStore(folder, 'copy.db')
  expect((await run('sweep', '--dry-run', '--json')).stdout).toBe(
    '{"seen":4,"removed":2,"device_points_removed":0,"completed":true,"dry_run":true}\n'
  )
  expect((await run('sweep', '--dry-run')).stdout).toMatch(/^dry run of a sweep\n[^]*│ to be removed +│ +2 │/)
  expect(bytesOfStore(folder, 'copy.db')).toEqual(before)
  expect(await hashes()).toHaveLength(4)
})

it('removes device points without technical ids', async () => {
  const file = folder.writeLines('association.ndjson', [
    {
      identifiers: [
        { type: 'USER_EMAIL', hash: 'd' },
        { type: 'USER_AGENT', user_agent_id: 'vec:1' }
      ]
    }
  ])
  await run('import', file, '--type', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS')
  const agent = folder.writeLines('agent.ndjson', [{ type: 'USER_AGENT', user_agent_id: 'vec:1' }])
  await run('import', agent, '--type', 'USER_IDENTIFIERS_DELETION')
  expect(parseLines((await run('sweep', '--json', '--dry-run')).stdout)).toMatchObject([{ device_points_removed: 1 }])
  expect(parseLines((await run('sweep', '--json')).stdout)).toMatchObject([{ device_points_removed: 1 }])
  expect(parseLines((await run('sweep', '--json')).stdout)).toMatchObject([{ device_points_removed: 0 }])
})

it('sweeps only its datamart', async () => {
  await run('import', folder.writeLines('other.ndjson', [upsert('z')]), '--type', 'USER_PROFILE', '--datamart', 'other')
  const { stdout } = await run('sweep', '--datamart', 'other', '--json')
  expect(parseLines(stdout)).toMatchObject([{ seen: 1 }])
  expect(await hashes()).toHaveLength(4)
})

it.each([[[]], [['--dry-run']]])('does not create a missing store with %j', async (options) => {
  const { code, stdout, stderr } = await userpoint(['sweep', ...options, '--store', `sqlite:${folder.path('no.db')}`])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^userpoint: the store .*no\.db cannot be read: .*ENOENT\)\n$/)
  expect(existsSync(folder.path('no.db'))).toBe(false)
})

it('ends at a signal, and reports how far it came', async () => {
  const people = Array.from({ length: 3_000 }, (_, i) => upsert(`hash-${i}`))
  await run('import', folder.writeLines('many.ndjson', people), '--type', 'USER_PROFILE')
  const { code, stdout, stderr } = await userpoint(['sweep', '--json', '--store', store], {
    onListen: (stop) => setImmediate(() => stop('SIGTERM'))
  })
  expect({ code, stderr }).toEqual({ code: 143, stderr: expect.stringContaining('stopped by SIGTERM; ') as unknown })
  const [report] = parseLines(stdout)
  expect(report).toMatchObject({ completed: false })
  expect(report?.['seen']).toBeLessThan(3_004)
})

it('[L-39] removes what the settings say is too old, once --explain has shown it', async () => {
  // Every person is as old as this store; the rules count days.
  const config = folder.write(
    'userpoint.json',
    '{ "retention": { "people": 1, "properties": [{ "name": "x", "days": 1 }] } }'
  )
  const { stdout, code } = await run('sweep', '--config', config, '--explain')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^deletes user point [^]*dry run of a sweep\n/)
  const lines = parseLines((await run('sweep', '--config', config, '--explain', '--json')).stdout)
  expect(lines).toMatchObject([{ kind: 'deleted' }, { kind: 'deleted' }, { seen: 4, forgotten: { people: 0 } }])
  expect(await hashes()).toHaveLength(4)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 90_000_000 })
  try {
    expect(parseLines((await run('sweep', '--config', config, '--json')).stdout)).toMatchObject([
      { seen: 4, removed: 0, forgotten: { people: 4 } }
    ])
  } finally {
    vi.useRealTimers()
  }
  expect(await hashes()).toEqual([])
})
