/** The stores of the campaign, as each of its processes opens them. */
import { DatabaseSync } from '@photostructure/sqlite'
import { createMysqlRepository } from '@userpoint/adapter-mysql'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine, type Engine } from '@userpoint/core'
import type { Change } from '@userpoint/core/feed'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { v7 } from 'uuid'
import { pause } from '../faults/chance.ts'

/** The place of a store: a file, or a schema or database on a server. */
export type Place =
  | { readonly file: string }
  | { readonly url: string; readonly schema: string }
  | { readonly url: string; readonly database: string }

export interface OpenStore {
  readonly repository: Repository
  readonly engine: Engine<DocumentType>
  /** Counts a change in the commit that acknowledges it. */
  readonly count: (change: Change) => Promise<void>
  /** Returns how often each change is counted, by its id. */
  readonly counted: () => Promise<ReadonlyMap<string, number>>
  readonly close: () => Promise<void>
}

const engineOver = (repository: Repository): Engine<DocumentType> =>
  createEngine({
    dialect: mediarithmics,
    repository,
    clock: Date.now,
    newId: v7,
    random: Math.random,
    sleep: pause,
    purge: 'manual',
    attempts: 50,
    feed: 'on'
  })

const countedKind = 'app_counted'

/** Counts with a document of the campaign's own: a second one of the same id conflicts. */
const countingInDocuments = (repository: Repository, close: () => Promise<void>): OpenStore => ({
  repository,
  engine: engineOver(repository),
  count: ({ id, acknowledge }) =>
    acknowledge({ writes: [{ kind: countedKind, id, expected: 0, body: { n: 1 }, claim: [], release: [] }] }),
  counted: async () => {
    const counts = new Map<string, number>()
    for await (const { id, version } of repository.scan(countedKind)) counts.set(id, version)
    return counts
  },
  close
})

const openSqlite = (file: string): OpenStore => {
  const database = new DatabaseSync(file)
  return countingInDocuments(createSqliteRepository(database), async () => database.close())
}

const openMysql = async (uri: string, database: string): Promise<OpenStore> => {
  const pool = mysql.createPool({ uri, connectionLimit: 3 })
  return countingInDocuments(await createMysqlRepository(pool, { database }), () => pool.end())
}

/** Counts in a table of the campaign's own, in one transaction with the acknowledgement. */
const openPostgres = async (url: string, schema: string): Promise<OpenStore> => {
  const pool = new pg.Pool({ connectionString: url, max: 3 })
  const repository = await createPostgresRepository(pool, { schema })
  await repository.load([])
  return {
    repository,
    engine: engineOver(repository),
    count: async ({ id, acknowledge }) => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        await client.query(`insert into ${schema}.counted values ($1)`, [id])
        await acknowledge({ within: createPostgresRepository.within(client, { schema }) })
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    counted: async () => {
      const { rows } = await pool.query<{ id: string; n: string }>(
        `select id, count(*) as n from ${schema}.counted group by id`
      )
      return new Map(rows.map(({ id, n }) => [id, Number(n)]))
    },
    close: () => pool.end()
  }
}

export const openStore = (place: Place): OpenStore | Promise<OpenStore> => {
  if ('file' in place) return openSqlite(place.file)
  return 'schema' in place ? openPostgres(place.url, place.schema) : openMysql(place.url, place.database)
}
