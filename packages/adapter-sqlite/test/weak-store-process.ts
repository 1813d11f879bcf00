/** `weak-store-process.ts <driver> <file>` serves the store to its parent as `store-process.ts` does, with the weak hash. */
import { serveStore } from '@userpoint/conformance/process'
import { createRepository } from '../src/sqlite-repository.ts'
import { driverNamed } from './drivers.ts'
import { weakHash } from './weak-hash.ts'

const [driver = '', file = ''] = process.argv.slice(2)
const database = driverNamed(driver).open(file)

serveStore({ ...createRepository(database, {}, weakHash), close: () => void database.close() })
