// Slow: a purge waits half a minute for a transaction that was left open.
/**
 * Small inputs that went wrong elsewhere, as files, on what only a PostgreSQL server has. The files are on the maintainers'
 * machines only: elsewhere the tests that need one are skipped.
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { createCollector, createFolder, type Folder, parseLines, upsert, userpoint } from './program.ts'

const cases = new URL('../../../../shared/data/cases/', import.meta.url)
const caseFile = (name: string): string => fileURLToPath(new URL(name, cases))

let folder: Folder
let server: pg.Client
let databases: ReadonlyArray<string>

beforeEach(async () => {
  folder = createFolder()
  databases = []
  server = new pg.Client({ connectionString: inject('postgres') })
  await server.connect()
})
afterEach(async () => {
  for (const database of databases) await server.query(`drop database ${database} with (force)`)
  await server.end()
  folder.remove()
})

/** Creates a database, and returns its address. */
const databaseWith = async (options = ''): Promise<string> => {
  const database = `userpoint_case_${randomUUID().replaceAll('-', '')}`
  await server.query(`create database ${database} ${options}`)
  databases = [...databases, database]
  return Object.assign(new URL(inject('postgres')), { pathname: database }).href
}

const importFile = (file: string, type: string, store: string) =>
  userpoint(['import', file, '--type', type, '--store', store, '--json'])

const get = async (hash: string, store: string): Promise<{ readonly code: number; readonly milliseconds: number }> => {
  const started = performance.now()
  const { code } = await userpoint(['get', '--email-hash', hash, '--store', store])
  return { code, milliseconds: performance.now() - started }
}

describe.skipIf(!existsSync(cases))(
  'inputs that went wrong on a server (skipped where their files are missing)',
  () => {
    it('41b: a LATIN1 database is refused when it is opened, and is not touched', async () => {
      const store = await databaseWith(`encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0`)
      const { code, stdout, stderr } = await importFile(caseFile('41b-latin1-poison.ndjson'), 'USER_PROFILE', store)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain("the database's encoding is LATIN1, which has not every character")
      expect(stderr).not.toContain('goes on from there')
      const inside = new pg.Client({ connectionString: store })
      await inside.connect()
      const { rows } = await inside.query("select 1 from pg_namespace where nspname = 'userpoint'")
      await inside.end()
      expect(rows).toEqual([])
    })

    it('[A-52] 53: an open transaction keeps neither the erasure nor others waiting, and the purge gives up', async () => {
      const store = await databaseWith()
      const people = folder.writeLines('people.ndjson', [upsert('q10'), upsert('q11')])
      expect((await importFile(people, 'USER_PROFILE', store)).code).toBe(0)
      const idle = new pg.Client({ connectionString: store })
      await idle.connect()
      await idle.query('begin; select count(*) from userpoint.document')
      const stdout = createCollector()
      const args = ['import', caseFile('53-erase-one.ndjson'), '--type', 'USER_POINTS_DELETION', '--store', store]
      const started = performance.now()
      const erasing = userpoint([...args, '--json'], { stdout })
      let isOver = false
      void erasing.finally(() => {
        isOver = true
      })
      let erasedAfter = Number.POSITIVE_INFINITY
      let reads = 0
      while (!isOver) {
        const [erased, other] = [await get('q10', store), await get('q11', store)]
        if (erased.code !== 0) erasedAfter = Math.min(erasedAfter, performance.now() - started)
        expect([other.code, other.milliseconds < 10_000]).toEqual([0, true])
        reads += 1
      }
      const { code, stderr } = await erasing
      expect([code, parseLines(stdout.text())]).toEqual([0, [expect.objectContaining({ applied: 1 })]])
      expect(erasedAfter).toBeLessThan(10_000)
      expect(reads).toBeGreaterThan(10)
      expect(stderr).toContain('the purge is still owed: run userpoint purge')
      await idle.query('rollback')
      await idle.end()
      const purged = await userpoint(['purge', '--store', store])
      expect([purged.code, purged.stdout]).toEqual([0, "purged: the store's files hold no deleted data\n"])
    }, 120_000)
  }
)
