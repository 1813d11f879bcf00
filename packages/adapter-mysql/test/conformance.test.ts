import { describeConformance } from '@userpoint/conformance/vitest'
import { afterAll, inject } from 'vitest'
import { createMysqlStores } from './harness.ts'

const stores = createMysqlStores(inject('mysql'))
afterAll(stores.remove)

describeConformance({
  name: 'mysql',
  open: async () => {
    const { handle, fork, dump, refuse, hinder, endpoint, dispose } = stores.open()
    return {
      repository: await handle(),
      peer: handle,
      reopen: handle,
      fork: () => fork(new URL('store-process.ts', import.meta.url)),
      dump,
      refuse,
      hinder,
      endpoint,
      dispose
    }
  }
})
