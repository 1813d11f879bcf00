/** The rights of the files that hold people, and stores that may only be read. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFolder, type Folder, userpoint } from './program.ts'

let folder: Folder
beforeEach(() => {
  folder = createFolder()
})
afterEach(() => {
  chmodSync(folder.path('.'), 0o755)
  folder.remove()
})

const line = { operation: 'UPSERT', email_hash: 'ada', force_replace: true, user_profile: { city: 'Lyon' } }

const program = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const typescript = fileURLToPath(new URL('../../../scripts/typescript.mjs', import.meta.url))

/** Runs the program in a process of its own, whose end closes all of its files. */
const inProcess = (args: ReadonlyArray<string>, user: { readonly uid?: number; readonly gid?: number } = {}) =>
  spawnSync(process.execPath, ['--conditions=userpoint-source', '--import', typescript, program, ...args], {
    encoding: 'utf8',
    ...user
  })

const importOne = (): void => {
  const file = folder.writeLines('people.ndjson', [line])
  const store = `sqlite:${folder.path('people.db')}`
  expect(inProcess(['import', file, '--type', 'USER_PROFILE', '--store', store]).status).toBe(0)
}

it.skipIf(process.platform === 'win32')('a store is made for its owner alone, with its log', async () => {
  const before = process.umask(0)
  const file = folder.writeLines('people.ndjson', [line])
  try {
    // In this process, where the log is still there afterwards.
    await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', `sqlite:${folder.path('people.db')}`])
  } finally {
    process.umask(before)
  }
  const files = readdirSync(folder.path('.')).filter((name) => name.startsWith('people.db'))
  expect(files).toContain('people.db')
  for (const name of files) expect((statSync(folder.path(name)).mode & 0o777).toString(8), name).toBe('600')
})

/** Root may write to any folder, so that another user reads. */
const asReader = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

// Slow: four processes of the program, one after the other.
it.skipIf(process.platform === 'win32')('a store in a folder that may only be read can be read', () => {
  importOne()
  // Compiles every command: the other user may not write what is compiled.
  expect(inProcess(['--help']).status).toBe(0)
  chmodSync(folder.path('people.db'), 0o444)
  chmodSync(folder.path('.'), 0o555)
  const store = `sqlite:${folder.path('people.db')}`
  const { status, stdout, stderr } = inProcess(['export', '--store', store], asReader)
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toContain('Lyon')
  const purged = inProcess(['purge', '--store', store], asReader)
  expect(purged.status).toBe(1)
  expect(purged.stderr).toMatch(/SQLITE_READONLY: the connection, the file or its folder is read-only/)
})

const damagedKeys = (): string => folder.write('damaged.keys', 'no key')

it.each([
  ['its verdict file cannot be written', () => ['--verdicts', folder.path('none/verdicts.ndjson')], 'no such file'],
  ['its verdict file is a folder', () => ['--verdicts', folder.path('.')], 'it is a folder'],
  ['its key file cannot be made', () => ['--keys', folder.path('none/people.keys')], 'ENOENT'],
  ['its key file is another file', () => ['--keys', damagedKeys()], 'it is no key file']
])('an import makes no store if %s', async (_, option, message) => {
  const file = folder.writeLines('people.ndjson', [line])
  const store = `sqlite:${folder.path('people.db')}`
  const { code, stderr } = await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', store, ...option()])
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) as unknown })
  expect(readdirSync(folder.path('.')).filter((name) => name.startsWith('people.db'))).toEqual([])
})

it('[B-19] a request of Insider’s that is too large makes no store', async () => {
  const file = folder.write('body.json', ' '.repeat(5_000_001))
  const { code } = await userpoint(['insider', 'upsert', file, '--store', `sqlite:${folder.path('people.db')}`])
  expect(code).toBe(3)
  expect(readdirSync(folder.path('.'))).toEqual(['body.json'])
})

const cut = (): Uint8Array => gzipSync(`${JSON.stringify(line)}\n`).subarray(0, 30)
const wrong = '{"operation":"UPSERT"}\n'

it.each([
  ['an import that is rejected as a whole', ['import', '--type', 'USER_PROFILE'], '\xff', 3],
  ['an import with too many wrong lines', ['import', '--type', 'USER_PROFILE', '--max-rejected', '0'], wrong, 3],
  ['an import of damaged gzip', ['import', '--type', 'USER_PROFILE'], cut(), 1],
  ['an import of which no line is applied', ['import', '--type', 'USER_PROFILE'], wrong, 0],
  [
    'a deletion from a misspelt store',
    ['import', '--type', 'USER_POINTS_DELETION'],
    '{"type":"USER_EMAIL","hash":"a"}',
    0
  ],
  ['a rejected request of Insider’s', ['insider', 'upsert'], '{"users":7}', 3],
  [
    'a request of Insider’s whose users all fail',
    ['insider', 'upsert'],
    '{"users":[{"identifiers":{},"attributes":{}}]}',
    0
  ]
])('%s makes neither a store nor a key file', async (_, command, content, expected) => {
  const file = folder.write('input', typeof content === 'string' ? Buffer.from(content, 'latin1') : content)
  const store = ['--store', `sqlite:${folder.path('people.db')}`, '--keys', folder.path('people.keys')]
  const { code } = await userpoint([...command, file, ...store])
  expect({ code, left: readdirSync(folder.path('.')) }).toEqual({ code: expected, left: ['input'] })
})

it('an execution of an empty stream makes no store', async () => {
  const store = ['--store', `sqlite:${folder.path('people.db')}`]
  const { code } = await userpoint(['import', '-', '--type', 'USER_PROFILE', '--execution', 'nightly', ...store])
  expect({ code, left: readdirSync(folder.path('.')) }).toEqual({ code: 1, left: [] })
})

// The first one to commit makes the store; each sees the people of the other.
it('two imports that begin without a store end in the same one', async () => {
  const file = folder.writeLines('people.ndjson', [line])
  const store = ['--type', 'USER_PROFILE', '--store', `sqlite:${folder.path('people.db')}`]
  const ended = await Promise.all([1, 2].map(() => userpoint(['import', file, '--json', ...store])))
  expect(ended.map(({ code }) => code)).toEqual([0, 0])
  const { stdout } = await userpoint(['export', '--store', `sqlite:${folder.path('people.db')}`])
  expect(stdout.trim().split('\n')).toHaveLength(1)
})

it('a store that cannot be made when it is needed is a failure, and no line counts as applied', async () => {
  const gone = folder.path('gone')
  mkdirSync(gone)
  const stdin = Readable.from(
    (async function* () {
      yield Buffer.from(`${JSON.stringify(line)}\n`)
      rmdirSync(gone)
    })()
  )
  const options = ['--type', 'USER_PROFILE', '--store', `sqlite:${gone}/people.db`]
  const { code, stdout, stderr } = await userpoint(['import', '-', '--json', ...options], { stdin })
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /the store failed: the store .*people\.db cannot be opened: no such file or folder \(ENOENT\); no line/
  )
  expect(JSON.parse(stdout)).toMatchObject({ lines: 0, applied: 0, status: 'failed' })
})

it.each([
  ['with other keys', ['--keys', 'own.keys'], 'the key file'],
  ['without keys', [], 'the store was written without keys']
])('no key file is made for a store that was written %s', async (_, own, message) => {
  const file = folder.writeLines('people.ndjson', [line])
  const at = (options: ReadonlyArray<string>): ReadonlyArray<string> =>
    options.map((each) => (each.endsWith('.keys') ? folder.path(each) : each))
  const store = ['--type', 'USER_PROFILE', '--store', `sqlite:${folder.path('people.db')}`]
  expect((await userpoint(['import', file, ...store, ...at(own)])).code).toBe(0)
  const { code, stderr } = await userpoint(['import', file, ...store, ...at(['--keys', 'other.keys'])])
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) as unknown })
  expect(readdirSync(folder.path('.'))).not.toContain('other.keys')
})

// The workspace does not install it here.
it('says that a driver is not installed, and makes no store', async () => {
  const file = folder.writeLines('people.ndjson', [line])
  const store = ['--store', `sqlite:${folder.path('people.db')}`, '--driver', 'better-sqlite3']
  const { code, stderr } = await userpoint(['import', file, '--type', 'USER_PROFILE', ...store])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^userpoint: the SQLite driver better-sqlite3 is not installed/)
  expect(readdirSync(folder.path('.'))).toEqual(['people.ndjson'])
})
