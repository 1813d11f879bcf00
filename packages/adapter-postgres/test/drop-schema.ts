interface Queryable {
  readonly query: (text: string) => Promise<unknown>
}

const deadlock = '40P01'

/**
 * Drops a schema, if there is one. A purge may still be at work in it, of an engine or of a process that was killed: PostgreSQL
 * then ends one of the two as deadlocked, and the purge ends soon.
 */
export const dropSchema = async (server: Queryable, schema: string, attempts = 10): Promise<void> => {
  try {
    await server.query(`drop schema if exists "${schema}" cascade`)
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== deadlock || attempts === 1) throw error
    await dropSchema(server, schema, attempts - 1)
  }
}
