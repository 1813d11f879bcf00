/** Stores with a random past: documents of every type and users of Insider's, on memory and SQLite. */
import { DatabaseSync } from '@photostructure/sqlite'
import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { createEngine, type Policies } from '@userpoint/core'
import { createInsider } from '@userpoint/core/insider'
import { documentTypes, type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { documentText, jsonArray, jsonObject, mintedId } from '@userpoint/conformance/arbitraries'
import { documents, importText } from './store.ts'

export interface Document {
  readonly type: DocumentType
  readonly text: string
}

export const document = (maxLength = 12): fc.Arbitrary<Document> =>
  fc
    .constantFrom(...documentTypes, 'USER_PROFILE' as const, 'USER_SEGMENT' as const)
    .chain((type) => documentText(type, { maxLength }).map((text) => ({ type, text })))

/** Identifiers of few people, who meet. */
export const identifiers = fc
  .record(
    {
      email: fc.constantFrom('a@x.y', 'b@x.y'),
      uuid: fc.constantFrom('u', '__proto__'),
      phone_number: fc.constant('+1234567')
    },
    { requiredKeys: [], noNullPrototype: true }
  )
  .filter((some) => Object.keys(some).length > 0)

const insiderUser = fc
  .tuple(identifiers, jsonObject(), jsonObject(), jsonArray())
  .map(([who, own, custom, list_id]) => ({ identifiers: who, attributes: { ...own, custom, list_id } }))

/** The earlier history: documents, and the users of one Insider request. */
export interface Past {
  readonly documents: ReadonlyArray<Document>
  readonly users: ReadonlyArray<object>
}

export const past: fc.Arbitrary<Past> = fc.record({
  documents: fc.array(document(), { maxLength: 5, size: 'max' }),
  users: fc.array(insiderUser, { maxLength: 4 })
})

export interface Opened {
  readonly repository: Repository
  /** Returns the whole state, with all traces of writes. */
  readonly dump: () => Promise<unknown>
  readonly close: () => void
}

const openMemory = (): Opened => {
  const store = createMemoryStore()
  return {
    repository: createMemoryRepository(store),
    dump: async () =>
      structuredClone({
        documents: [...store.documents].map(([kind, { byId }]) => [kind, byId]),
        claims: store.claims
      }),
    close: () => undefined
  }
}

const openSqlite = (): Opened => {
  const database = new DatabaseSync(':memory:')
  const repository = createSqliteRepository(database)
  return {
    repository,
    dump: async () => ({
      documents: await documents(repository),
      writes: database.prepare('SELECT total_changes() AS writes').get()
    }),
    close: () => database.close()
  }
}

export const openers: ReadonlyArray<{ readonly name: string; readonly open: () => Opened; readonly runs: number }> = [
  { name: 'memory', open: openMemory, runs: 150 },
  { name: 'SQLite', open: openSqlite, runs: 25 }
]

/** The moment at which every history begins. */
export const beginning = 1_700_000_000_000

/** An engine whose time and ids start at a place of their own, the same each time it is asked for. */
export const engineAt = (repository: Repository, start: number, policies: Partial<Policies> = {}) => {
  let [ticks, ids] = [0, start]
  return createEngine({
    dialect: mediarithmics,
    repository,
    policies,
    clock: () => beginning + start + (ticks++ >> 1),
    newId: () => mintedId(ids++),
    purge: 'manual'
  })
}

export const live = async (repository: Repository, { documents: written, users }: Past): Promise<void> => {
  const engine = engineAt(repository, 0)
  for (const { type, text } of written) await importText(engine, type, text)
  await createInsider({ engine }).upsertUsers({ value: { users } })
}
