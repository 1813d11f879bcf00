/** `importer.ts <store> <execution> <document> <verdicts>`: runs an execution of USER_PROFILE once, in a process of its own. */
import { readFileSync } from 'node:fs'
import { DatabaseSync } from '@photostructure/sqlite'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { countsOf, engineOver, runOnce } from './story.ts'

const [store = '', id = '', document = '', verdicts = ''] = process.argv.slice(2)
const database = new DatabaseSync(store)
const engine = engineOver(createSqliteRepository(database))
process.send?.('started')
const ended = await runOnce(engine, { id, document: { type: 'USER_PROFILE', bytes: readFileSync(document) }, verdicts })
process.send?.('status' in ended ? { status: ended.status, counts: countsOf(ended) } : { status: 'Failed', counts: '' })
database.close()
process.disconnect?.()
