/** The library on PostgreSQL, with the defaults of the adapter. */
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { importInto } from './library.mjs'
import { withSchema } from './postgres-server.mjs'

/** @type {import('./contender.mjs').Run} */
export const run = (job) =>
  withSchema(job, async (pool, schema) => importInto(await createPostgresRepository(pool, { schema }), job))
