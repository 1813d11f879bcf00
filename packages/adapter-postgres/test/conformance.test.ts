import { describeConformance } from '@userpoint/conformance/vitest'
import { inject } from 'vitest'
import { createPostgresStore } from './harness.ts'

describeConformance({
  name: 'postgres',
  open: async () => {
    const store = createPostgresStore(inject('postgres'))
    return {
      repository: await store.open(),
      peer: () => store.open(),
      reopen: () => store.open(),
      fork: () => store.fork(new URL('store-process.ts', import.meta.url)),
      dump: store.dump,
      dispose: store.remove
    }
  }
})
