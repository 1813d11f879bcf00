/**
 * PGlite is PostgreSQL with one connection, inside this process. Handles on it take turns; nothing of it outlives the
 * process here, and no other process reaches it, so that the manifest claims neither.
 */
import { PGlite } from '@electric-sql/pglite'
import { createPostgresRepository, type PostgresPool, type PostgresValue } from '@userpoint/adapter-postgres'
import { afterAll } from 'vitest'
import { describeAgain } from '../../conformance/test/describe-again.ts'

const database = new PGlite()
afterAll(() => database.close())

let last: Promise<void> = Promise.resolve()

/** The connection, once everybody before has given it back; and how to give it back. */
const turn = async (): Promise<() => void> => {
  const before = last
  let end = (): void => undefined
  last = new Promise((resolve) => {
    end = resolve
  })
  await before
  return end
}

const query = async (text: string, values: PostgresValue[] = []) => ({
  rows: (await database.query<object>(text, values)).rows
})

const pool: PostgresPool = {
  connect: async () => {
    const release = await turn()
    return { query, release, on: () => undefined, off: () => undefined }
  }
}

let schemas = 0

describeAgain({
  name: 'postgres on PGlite',
  open: async () => {
    const schema = `store_${++schemas}`
    const open = async () => ({
      ...(await createPostgresRepository(pool, { schema })),
      manifest: { name: 'postgres', durable: false, concurrent: 'handles' } as const
    })
    return {
      repository: await open(),
      peer: open,
      dispose: async () => {
        const client = await pool.connect()
        await client.query(`drop schema ${schema} cascade`)
        client.release()
      }
    }
  }
})
