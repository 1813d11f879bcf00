/** `thread-store-process.ts <driver> <file>` serves a store, which is on a thread of its own, to its parent. */
import { connectSqliteRepository } from '@userpoint/adapter-sqlite/thread'
import { serveStore } from '@userpoint/conformance/process'
import { startThread } from './threads.ts'

const [driver = '', file = ''] = process.argv.slice(2)

serveStore(await connectSqliteRepository(startThread({ driver, file })))
