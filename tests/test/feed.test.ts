/** The feed on real stores: consumers that commit with us count each change once, and the bytes of erased people go. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine, type Engine } from '@userpoint/core'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import pg from 'pg'
import { v7 } from 'uuid'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { dropSchema } from '../../packages/adapter-postgres/test/drop-schema.ts'
import { seed, timeout, times } from '../../packages/core/test/laws/law.ts'

const engineOver = (repository: Repository, clock: () => number = Date.now): Engine<DocumentType> =>
  createEngine({
    dialect: mediarithmics,
    repository,
    clock,
    newId: v7,
    purge: 'manual',
    feed: 'on',
    feedKeptFor: 86_400_000
  })

const run = async (engine: Engine<DocumentType>, type: DocumentType, line: object): Promise<void> => {
  expect(await engine.runOne(type, line as never)).toMatchObject({ _tag: 'Right', right: { _tag: 'Applied' } })
}
const upsert = (account: string, n: number) => ({
  operation: 'UPSERT',
  user_account_id: account,
  force_replace: true,
  user_profile: { n }
})

/** A store with a table of the embedder's own beside it, which one transaction can change together. */
interface Shared {
  readonly repository: Repository
  /** Runs work in a transaction that is committed or rolled back. */
  readonly within: (
    end: 'commit' | 'rollback',
    work: (inside: Repository) => Promise<void>,
    id: string
  ) => Promise<void>
  readonly counted: () => Promise<ReadonlyArray<string>>
}

const onSqlite = async (work: (shared: Shared) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'userpoint-feed-'))
  const file = join(folder, 'people.db')
  const [readers, own] = [new DatabaseSync(file), new DatabaseSync(file)]
  try {
    const repository = createSqliteRepository(readers)
    await repository.load([])
    own.exec("attach ':memory:' as own; create table own.counted (id text primary key)")
    await work({
      repository,
      within: async (end, inTurn, id) => {
        own.exec('begin immediate')
        own.prepare('insert into own.counted values (?)').run(id)
        await inTurn(createSqliteRepository.within(own))
        own.exec(end)
      },
      counted: async () =>
        own
          .prepare('select id from own.counted order by id')
          .all()
          .map((row: object) => String(Object(row).id))
    })
  } finally {
    readers.close()
    own.close()
    rmSync(folder, { recursive: true })
  }
}

const onPostgres = async (work: (shared: Shared) => Promise<void>): Promise<void> => {
  const schema = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  const pool = new pg.Pool({ connectionString: inject('postgres'), max: 3 })
  try {
    const repository = await createPostgresRepository(pool, { schema })
    await repository.load([])
    await pool.query(`create table ${schema}.counted (id text primary key)`)
    await work({
      repository,
      within: async (end, inTurn, id) => {
        const client = await pool.connect()
        try {
          await client.query('begin')
          await client.query(`insert into ${schema}.counted values ($1)`, [id])
          await inTurn(createPostgresRepository.within(client, { schema }))
          await client.query(end)
        } finally {
          client.release()
        }
      },
      counted: async () =>
        (await pool.query<{ id: string }>(`select id from ${schema}.counted order by id collate "C"`)).rows.map(
          ({ id }) => id
        )
    })
  } finally {
    await dropSchema(pool, schema)
    await pool.end()
  }
}

/** The end of a transaction that counts a change, and whether its process lives on to read the next one. */
type Fate = 'goes on' | 'rolled back' | 'killed after the commit'

/** Counts changes until there are no more, each in the transaction of its acknowledgement. */
const countAll = async (engine: Engine<DocumentType>, { within }: Shared, fates: Fate[]): Promise<void> => {
  for (;;) {
    let isOver = true
    for await (const change of engine.changes({ consumer: 'count', atEnd: 'stop', beginning: 'now' })) {
      const fate = fates.shift() ?? 'goes on'
      const end = fate === 'rolled back' ? 'rollback' : 'commit'
      await within(end, (inside) => change.acknowledge({ within: inside }), change.id)
      isOver = fate === 'goes on'
      if (!isOver) break
    }
    if (isOver) return
  }
}

const fate = fc.constantFrom<Fate>('goes on', 'rolled back', 'killed after the commit')
const people = fc.array(fc.tuple(fc.constantFrom('1', '2', '3'), fc.nat(2)), { minLength: 1, maxLength: 8 })

describe.each([
  ['SQLite', onSqlite, 12],
  ['PostgreSQL', onPostgres, 8]
] as const)('a consumer that commits with us, on %s', (_, on, runs) => {
  it('[L-42] counts each change once, also if transactions are rolled back or their process dies', {
    timeout
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(people, { minLength: 1, maxLength: 3 }),
        fc.array(fate, { maxLength: 12 }),
        (parts, fates) =>
          on(async (shared) => {
            const engine = engineOver(shared.repository)
            const told = new Set<string>()
            const listen = async (): Promise<void> => {
              for await (const change of engine.changes({ consumer: 'told', atEnd: 'stop', beginning: 'now' })) {
                told.add(change.id)
                await change.acknowledge()
              }
            }
            await countAll(engine, shared, [])
            await listen()
            const rest = [...fates]
            for (const part of parts) {
              for (const [account, n] of part) await engine.runOne('USER_PROFILE', upsert(account, n))
              await countAll(engine, shared, rest)
              await listen()
            }
            expect(await shared.counted()).toEqual([...told].sort())
          })
      ),
      { numRuns: times(runs), seed }
    )
  })
})

describe('the bytes of an entry of an erasure', () => {
  const marker = 'marker-of-an-erased-person'
  let folder: string
  afterEach(() => rmSync(folder, { recursive: true }))

  const opened = async () => {
    folder = mkdtempSync(join(tmpdir(), 'userpoint-feed-'))
    const database = new DatabaseSync(join(folder, 'people.db'))
    let now = Date.now()
    const engine = engineOver(createSqliteRepository(database), () => now)
    const read = async (consumer: string): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
      const given: Array<ReadonlyArray<string>> = []
      for await (const change of engine.changes({ consumer, atEnd: 'stop' })) {
        given.push(change.given)
        await change.acknowledge()
      }
      return given
    }
    const isThere = (): boolean => readdirSync(folder).some((file) => readFileSync(join(folder, file)).includes(marker))
    await run(engine, 'USER_PROFILE', upsert(marker, 1))
    for (const consumer of ['mail', 'search']) await read(consumer)
    await run(engine, 'USER_POINTS_DELETION', { type: 'USER_ACCOUNT', user_account_id: marker })
    expect(await engine.purge()).toMatchObject({ right: { _tag: 'Purged' } })
    // Others need it in order to erase.
    expect(isThere()).toBe(true)
    const later = (milliseconds: number): void => {
      now += milliseconds
    }
    return { engine, database, read, isThere, later }
  }

  it('[L-42, A-52] is gone from the files once every consumer has it', async () => {
    const { engine, database, read, isThere } = await opened()
    expect((await read('mail')).flat().join()).toContain(marker)
    expect(await engine.purge()).toMatchObject({ right: { _tag: 'NothingOwed' } })
    expect(isThere()).toBe(true)
    await read('search')
    expect(await engine.purge()).toMatchObject({ right: { _tag: 'Purged' } })
    expect(isThere()).toBe(false)
    database.close()
    expect(isThere()).toBe(false)
  })

  it('[L-42, A-52] is gone from the files once its time is up, and a consumer that had not read it knows', async () => {
    const { engine, database, read, isThere, later } = await opened()
    await read('mail')
    later(2 * 86_400_000)
    expect(await engine.forgetChanges()).toMatchObject({ right: { lost: ['search'] } })
    expect(await engine.purge()).toMatchObject({ right: { _tag: 'Purged' } })
    expect(isThere()).toBe(false)
    await expect(read('search')).rejects.toMatchObject({ code: 'CHANGES_LOST' })
    database.close()
  })
})
