/**
 * The conformance suite on Bun with its own driver, which no test runner of Node can load:
 *
 *     npx -y bun --conditions=userpoint-source packages/adapter-sqlite/test/on-bun.ts
 */
import { fork } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteRepository, type SqliteDatabase } from '@userpoint/adapter-sqlite'
import { type OpenStore, runConformance } from '@userpoint/conformance'
import { serveStore } from '@userpoint/conformance/process'

interface BunDatabase extends SqliteDatabase {
  close(): void
}

const name: string = 'bun:sqlite'
const { Database } = (await import(name)) as { readonly Database: new (file: string) => BunDatabase }

const openAt = (file: string) => {
  const database = new Database(file)
  return { ...createSqliteRepository(database), close: () => database.close() }
}

const open = (): OpenStore => {
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-bun-'))
  const file = join(folder, 'store.db')
  const files = ['', '-wal', '-shm'].map((suffix) => file + suffix)
  return {
    repository: openAt(file),
    peer: () => openAt(file),
    reopen: () => openAt(file),
    fork: () => fork(new URL(import.meta.url), [file], { execArgv: ['--conditions=userpoint-source'] }),
    dump: () => files.filter((one) => existsSync(one)).map((one) => ({ name: one, bytes: readFileSync(one) })),
    dispose: () => rmSync(folder, { recursive: true })
  }
}

const [, , served] = process.argv
if (served !== undefined) serveStore(openAt(served))
else {
  const { counts, results } = await runConformance({ name: 'sqlite on bun:sqlite', open })
  for (const { key, outcome, reason } of results) if (outcome === 'failed') process.stdout.write(`${key}: ${reason}\n`)
  process.stdout.write(`${JSON.stringify(counts)}\n`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}
