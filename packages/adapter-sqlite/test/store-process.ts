/** The program of another process of these tests: `store-process.ts <driver> <file>` serves the store to its parent. */
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { serveStore } from '@userpoint/conformance/process'
import { driverNamed } from './drivers.ts'

const [driver = '', file = ''] = process.argv.slice(2)
const database = driverNamed(driver).open(file)

serveStore({ ...createSqliteRepository(database), close: () => void database.close() })
