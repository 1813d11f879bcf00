import { describeConformance } from '@userpoint/conformance/vitest'
import { afterAll, inject } from 'vitest'
import { createMysqlStores, folderOf, openPool } from './harness.ts'

const stores = createMysqlStores(inject('mysql'))
afterAll(stores.remove)

// A server on another machine, or in a container, keeps its files to itself: then it claims no erasure.
const pool = openPool(inject('mysql'))
const hasFiles = (await folderOf(pool, '.')) !== undefined
await pool.end()

describeConformance({
  name: 'mysql',
  open: async () => {
    const { handle, fork, dump, refuse, hinder, endpoint, dispose } = stores.open()
    return {
      repository: await handle(),
      peer: handle,
      reopen: handle,
      fork: () => fork(new URL('store-process.ts', import.meta.url)),
      ...(hasFiles && { dump }),
      refuse,
      hinder,
      endpoint,
      dispose
    }
  }
})
