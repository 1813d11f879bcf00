/** The program of another process of these tests: `store-process.ts <url> <schema> <datamart>` serves the store to its parent. */
import { createPostgresRepository } from '@userpoint/adapter-postgres'
import { serveStore } from '@userpoint/conformance/process'
import { openPool } from './harness.ts'

const [url = '', schema = '', datamart = ''] = process.argv.slice(2)
const pool = openPool(url)

serveStore({ ...(await createPostgresRepository(pool, { schema, datamart })), close: () => pool.end() })
