/** The law of joining on PostgreSQL. */
import { randomUUID } from 'node:crypto'
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import fc from 'fast-check'
import pg from 'pg'
import { afterEach, beforeEach, inject, test } from 'vitest'
import { dropSchema } from '../../../packages/adapter-postgres/test/drop-schema.ts'
import { seed, timeout, times } from '../../../packages/core/test/laws/law.ts'
import { history, holdsOn, type Open, place } from './joining.ts'

let schema: string
let pool: pg.Pool

beforeEach(() => {
  schema = `userpoint_test_${randomUUID().replaceAll('-', '')}`
  pool = new pg.Pool({ connectionString: inject('postgres') })
})
afterEach(async () => {
  await dropSchema(pool, schema)
  await pool.end()
})

test('[L-35, A-45] at any place of a history, across restarts and clocks that are set back', { timeout }, async () => {
  let datamarts = 0
  const open: Open = async () => ({
    repository: await createPostgresRepository(pool, { schema, datamart: `d${datamarts++}` }),
    close: () => undefined
  })
  await fc.assert(
    fc.asyncProperty(history, place, (steps, at) => holdsOn(open, steps, at)),
    { numRuns: times(25), seed }
  )
})
