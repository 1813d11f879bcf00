/** The program of another process: `postgres-process.ts <url> <schema> <key file>` serves the store to its parent. */
import { serveStore } from '@userpoint/conformance/process'
import { openOnPostgres } from './postgres-store.ts'

const [url = '', schema = '', keyFile = ''] = process.argv.slice(2)

serveStore(await openOnPostgres(url, schema, keyFile))
