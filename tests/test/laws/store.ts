/** Engines over stores that can be looked into, with time and ids that are the same in every run. */
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from '@photostructure/sqlite'
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import {
  createEngine,
  type Engine,
  type EngineOptions,
  type ImportOptions,
  type ImportReport,
  type Verdict
} from '@userpoint/core'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import type { LineVerdict } from '@userpoint/core'
import type { Repository, Stored } from '@userpoint/core/repository'
import { callOf, type Intent, isLine, lineOf, mintIds, slowClock, typeOf } from '@userpoint/conformance/arbitraries'
import { fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import { dropSchema } from '../../../packages/adapter-postgres/test/drop-schema.ts'
import { withMomentsInOrder } from '../../../packages/core/test/laws/moments.ts'
import pg from 'pg'

export interface TestStore {
  readonly engine: Engine<DocumentType>
  readonly repository: Repository
  readonly close: () => void
}

type Settings = Omit<EngineOptions, 'repository' | 'clock' | 'newId'> & Partial<Pick<EngineOptions, 'clock'>>

const storeOf = (repository: Repository, settings: Settings, close: () => void): TestStore => ({
  engine: createEngine({ dialect: mediarithmics, repository, clock: slowClock(), newId: mintIds(), ...settings }),
  repository,
  close
})

/** A store in memory, with all that it holds: documents with their versions, and claims. */
export const memoryStore = (settings: Settings = {}): TestStore & { readonly dump: () => unknown } => {
  const store = createMemoryStore()
  return {
    ...storeOf(createMemoryRepository(store), settings, () => undefined),
    dump: () => ({
      documents: [...store.documents].map(([kind, { byId }]) => [kind, new Map(byId)]),
      claims: new Map(store.claims)
    })
  }
}

/** A store in an SQLite database that is no file. */
export const sqliteStore = (settings: Settings = {}): TestStore => {
  const database = new DatabaseSync(':memory:')
  return storeOf(createSqliteRepository(database), settings, () => database.close())
}

/** A store in a schema of its own on a PostgreSQL server, which closing it drops. */
export const postgresStore = async (
  url: string,
  settings: Settings = {}
): Promise<Omit<TestStore, 'close'> & { readonly close: () => Promise<void> }> => {
  const pool = new pg.Pool({ connectionString: url })
  const schema = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  const { engine, repository } = storeOf(await createPostgresRepository(pool, { schema }), settings, () => undefined)
  return {
    engine,
    repository,
    close: async () => {
      await dropSchema(pool, schema)
      await pool.end()
    }
  }
}

/** Every user point's document, in order of ids. */
export const documents = async (repository: Repository): Promise<ReadonlyArray<Stored>> => {
  const all: Stored[] = []
  for await (const stored of repository.scan('user_point')) all.push(stored)
  return all
}

export interface Imported {
  readonly verdicts: ReadonlyArray<LineVerdict>
  readonly report: ImportReport
}

/** Imports a document; an engine's error is thrown. */
export const importText = async (
  engine: Engine<DocumentType>,
  type: DocumentType,
  text: string,
  options: ImportOptions = {}
): Promise<Imported> => {
  const verdicts: LineVerdict[] = []
  const outcome = await engine.importDocument(type, new TextEncoder().encode(text), {
    ...options,
    onVerdicts: (some) => {
      verdicts.push(...some)
    }
  })
  if (outcome._tag === 'Left') throw new Error(outcome.left.error._tag, { cause: outcome.left.error })
  return { verdicts, report: outcome.right }
}

/** Performs one intent, as a line if a document can express it, or as a command; returns the verdict, and throws an engine's error. */
export const perform = async (engine: Engine<DocumentType>, wanted: Intent, variant = 0): Promise<Verdict> => {
  const outcome = isLine(wanted)
    ? await engine.runOne(typeOf(wanted), lineOf(wanted, variant))
    : await engine.execute([callOf(wanted)])
  if (outcome._tag === 'Left') throw new Error(outcome.left._tag, { cause: outcome.left })
  const [verdict] = [outcome.right].flat()
  if (verdict === undefined) throw new Error('no verdict')
  return verdict
}

/** The body of a document, with its moments in order. */
export const pointsInOrder = (stored: ReadonlyArray<Stored>): ReadonlyArray<unknown> =>
  withMomentsInOrder(stored.map(({ body }) => fromStored(body as StoredUserPoint))).map((point, at) => ({
    id: stored[at]?.id,
    point
  }))
