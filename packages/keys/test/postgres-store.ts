/** A handle on a schema and a key file. */
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import type { Repository } from '@userpoint/core/repository'
import { createFileKeys, withKeys } from '@userpoint/keys'
import pg from 'pg'

/** Opens a handle, which closes what it opened. */
export const openOnPostgres = async (url: string, schema: string, keyFile: string): Promise<Repository> => {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on('error', () => undefined)
  const keys = createFileKeys(keyFile)
  return {
    ...withKeys(await createPostgresRepository(pool, { schema }), keys),
    close: async () => {
      await pool.end()
      keys.close()
    }
  }
}
