/** The library on MariaDB, with the defaults of the adapter. */
import { createMysqlRepository } from '@userpoint/adapter-mysql'
import { importInto } from './library.mjs'
import { withDatabase } from './mysql-server.mjs'

/** @type {import('./contender.mjs').Run} */
export const run = (job) =>
  withDatabase(job, async (pool, database) => importInto(await createMysqlRepository(pool, { database }), job))
