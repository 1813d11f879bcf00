/** The program of another process: `mysql-process.ts <url> <database> <key file> <datamart>` serves the store to its parent. */
import { createMysqlRepository } from '@userpoint/adapter-mysql'
import { serveStore } from '@userpoint/conformance/process'
import { createFileKeys, withKeys } from '@userpoint/keys'
import mysql from 'mysql2/promise'

const [uri = '', database = '', keyFile = '', datamart = ''] = process.argv.slice(2)
const pool = mysql.createPool({ uri, connectionLimit: 4 })
const repository = withKeys(await createMysqlRepository(pool, { database, datamart }), createFileKeys(keyFile))

serveStore({ ...repository, close: () => pool.end() })
