/** The program of another process of these tests: `store-process.ts <url> <database> <datamart>` serves the store to its parent. */
import { createMysqlRepository } from '@userpoint/adapter-mysql'
import { serveStore } from '@userpoint/conformance/process'
import { openPool } from './harness.ts'

const [url = '', database = '', datamart = ''] = process.argv.slice(2)
const pool = openPool(url)

serveStore({ ...(await createMysqlRepository(pool, { database, datamart })), close: () => pool.end() })
