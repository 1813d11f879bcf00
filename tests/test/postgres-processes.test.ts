/**
 * Processes that import about the same people at the same time, some of which are killed and resumed.
 *
 * Slow: up to ten processes start, and import about one person at a time.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { createEngine } from '@userpoint/core'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { dropSchema } from '../../packages/adapter-postgres/test/drop-schema.ts'

const files = 8
const lines = 200
const people = 12
const typescript = new URL('../../scripts/typescript.mjs', import.meta.url).href

let folder: string
let schema: string
let pool: pg.Pool
const children = new Set<ChildProcess>()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'userpoint-processes-'))
  schema = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  pool = new pg.Pool({ connectionString: inject('postgres') })
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await dropSchema(pool, schema)
  await pool.end()
  rmSync(folder, { recursive: true })
})

/** Half of the lines are about one person, whom everybody is after. */
const personOf = (line: number): number => (line % 2 === 0 ? 0 : line % people)

const markOf = (file: number, line: number): string => `${file}:${line}`

const write = (file: number, count = lines, person = personOf): string => {
  const path = join(folder, `${file}.ndjson`)
  const text = Array.from({ length: count }, (_, line) =>
    JSON.stringify({
      operation: 'UPSERT',
      email_hash: `person-${person(line)}`,
      force_replace: false,
      merge_objects: true,
      user_profile: { marks: [markOf(file, line)] }
    })
  )
  writeFileSync(path, `${text.join('\n')}\n`)
  return path
}

/** Runs the execution of a file; with `killAt`, kills the process once so many lines are committed. */
const run = (file: number, path: string, killAt?: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = fork(
      new URL('postgres-importer.ts', import.meta.url),
      [inject('postgres'), schema, `file-${file}`, path],
      {
        execArgv: ['--conditions=userpoint-source', '--import', typescript]
      }
    )
    children.add(child)
    let status = 'ended without a word'
    child.on('message', (message: { readonly lines?: number; readonly ended?: string }) => {
      if (message.ended !== undefined) status = message.ended
      if (killAt !== undefined && (message.lines ?? 0) >= killAt) {
        status = 'killed'
        child.kill('SIGKILL')
      }
    })
    child.on('error', reject)
    // It comes after the last message; the exit may come before.
    child.on('close', () => {
      children.delete(child)
      resolve(status)
    })
  })

it('[L-30] [PO-8] eight processes on the same people, two of them killed and resumed, apply each line once', async () => {
  const paths = Array.from({ length: files }, (_, file) => write(file))
  const ended = await Promise.all(
    paths.map(async (path, file) => {
      if (file > 1) return run(file, path)
      expect(await run(file, path, lines / 4)).toBe('killed')
      return run(file, path)
    })
  )
  expect(ended).toEqual(Array.from({ length: files }, () => 'Completed'))

  const engine = createEngine({
    dialect: mediarithmics,
    repository: await createPostgresRepository(pool, { schema }),
    clock: Date.now,
    newId: randomUUID
  })
  for await (const { status, counts } of engine.executions()) {
    expect({ status, ...counts }).toMatchObject({ status: 'Completed', lines, applied: lines, rejected: 0 })
  }

  const seen: string[] = []
  const ids: string[] = []
  for await (const { id, point } of engine.userPoints()) {
    ids.push(id)
    const marks = (point.profiles[0]?.properties['marks'] ?? []) as ReadonlyArray<string>
    seen.push(...marks)
    // The lines of each file are in its order, so that all of it is what some order of the units gives.
    for (let file = 0; file < files; file++) {
      const own = marks.map((mark) => mark.split(':').map(Number)).filter(([of]) => of === file)
      const at = own.map(([, line = 0]) => line)
      expect(at).toEqual(at.toSorted((a, b) => a - b))
      expect(new Set(at.map(personOf)).size).toBeLessThanOrEqual(1)
    }
  }
  const given = paths.flatMap((_, file) => Array.from({ length: lines }, (__, line) => markOf(file, line)))
  expect(seen.toSorted()).toEqual(given.toSorted())

  const { rows } = await pool.query<{ id: string }>(
    `select split_part(key, ' ', 2) as id from ${schema}.claim order by key`
  )
  expect(rows.map(({ id }) => id)).toEqual(ids)
}, 120_000)

it('[PO-8] four processes that mostly import lines on one person all finish, and each line is applied once', async () => {
  const count = 1_000
  const person = (line: number): number => (line % 10 === 9 ? line : 0)
  const ended = await Promise.all(Array.from({ length: 4 }, (_, file) => run(file, write(file, count, person))))
  expect(ended).toEqual(Array.from({ length: 4 }, () => 'Completed'))

  const engine = createEngine({
    dialect: mediarithmics,
    repository: await createPostgresRepository(pool, { schema }),
    clock: Date.now,
    newId: randomUUID
  })
  const seen: string[] = []
  for await (const { point } of engine.userPoints()) {
    const marks = (point.profiles[0]?.properties['marks'] ?? []) as ReadonlyArray<string>
    for (const mark of marks) seen.push(mark)
  }
  const given = ended.flatMap((_, file) => Array.from({ length: count }, (__, line) => markOf(file, line)))
  expect(seen.toSorted()).toEqual(given.toSorted())
}, 120_000)
