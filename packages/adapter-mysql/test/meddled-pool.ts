/** A pool whose statements are watched or replaced. */
import type { MysqlAnswer, MysqlClient, MysqlPool } from '@userpoint/adapter-mysql'

/** Replaces a statement of a wrapped connection, or adds to it. */
export type Meddle = (text: string, run: () => Promise<MysqlAnswer>, client: MysqlClient) => Promise<MysqlAnswer>

/** The pool, whose connections go through `meddle`. */
export const meddled = (pool: MysqlPool, meddle: Meddle): MysqlPool => ({
  getConnection: async () => {
    const client = await pool.getConnection()
    return {
      query: (text) => meddle(text, () => client.query(text), client),
      execute: (text, values) => meddle(text, () => client.execute(text, values), client),
      release: () => client.release(),
      destroy: () => client.destroy()
    }
  }
})

/** A pool whose server says that a session variable is something else. */
export const saying = (pool: MysqlPool, variable: string, value: string): MysqlPool =>
  meddled(pool, async (text, run) => {
    const [rows, fields] = await run()
    if (!text.startsWith('show session variables')) return [rows, fields]
    const others = (rows as ReadonlyArray<Record<string, string>>).filter((row) => row['Variable_name'] !== variable)
    return [[...others, { Variable_name: variable, Value: value }], fields]
  })
