/** The rights of the files that hold people, and stores that may only be read. */
import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
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

// Slow: three processes of the program, one after the other.
it.skipIf(process.platform === 'win32')('a store in a folder that may only be read can be read', () => {
  importOne()
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
