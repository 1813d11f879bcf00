// Slow: the suite on a server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileKeys, withKeys } from '@userpoint/keys'
import { afterAll, inject } from 'vitest'
import { createMysqlStore, folderOf, openPool } from '../../adapter-mysql/test/harness.ts'
import { describeAgain } from '../../conformance/test/describe-again.ts'
import { type Database, shareStores } from '../../conformance/test/shared-stores.ts'

/** A database with a key file of its own, which all its datamarts share. */
const createEncrypted = (): Database => {
  const database = createMysqlStore(inject('mysql'))
  const directory = mkdtempSync(join(tmpdir(), 'userpoint-keys-'))
  const keyFile = join(directory, 'store.keys')
  return {
    ...database,
    open: async (within) => {
      const store = await database.open(within)
      const keys = createFileKeys(keyFile)
      return {
        ...withKeys(store, keys),
        close: async () => {
          await store.close()
          keys.close()
        }
      }
    },
    fork: (program, ...args) => database.fork(program, keyFile, ...args),
    remove: async () => {
      await database.remove()
      rmSync(directory, { recursive: true })
    }
  }
}

const stores = shareStores(createEncrypted, new URL('mysql-process.ts', import.meta.url))
afterAll(stores.remove)

// A server on another machine, or in a container, keeps its files to itself: then it claims no erasure.
const pool = openPool(inject('mysql'))
const hasFiles = (await folderOf(pool, '.')) !== undefined
await pool.end()

describeAgain({
  name: 'mysql with keys in a file',
  open: async () => {
    // These go past the keys.
    const { refuse: _, hinder: __, endpoint: ___, dump, ...store } = await stores.open()
    return { ...store, ...(hasFiles && { dump }), looks: () => 'never readable' }
  }
})
