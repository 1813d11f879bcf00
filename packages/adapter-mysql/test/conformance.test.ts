import { describeConformance } from '@userpoint/conformance/vitest'
import { afterAll, inject } from 'vitest'
import { shareStores } from '../../conformance/test/shared-stores.ts'
import { createMysqlStore, folderOf, openPool } from './harness.ts'

const program = new URL('store-process.ts', import.meta.url)
const stores = shareStores(() => createMysqlStore(inject('mysql')), program)
afterAll(stores.remove)

// A server on another machine, or in a container, keeps its files to itself: then it claims no erasure.
const pool = openPool(inject('mysql'))
const hasFiles = (await folderOf(pool, '.')) !== undefined
await pool.end()

describeConformance({
  name: 'mysql',
  open: async () => {
    const { dump, ...store } = await stores.open()
    return { ...store, ...(hasFiles && { dump }) }
  }
})
