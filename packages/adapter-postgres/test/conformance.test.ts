import { describeConformance } from '@userpoint/conformance/vitest'
import { inject } from 'vitest'
import { createPostgresStore } from './harness.ts'
import { layoutUnder } from './layouts.ts'

/** A heading of docs/postgres.md whose statements lay the tables out; unless it is given, the adapter makes them. */
const layout = process.env['POSTGRES_LAYOUT']

describeConformance({
  name: layout === undefined ? 'postgres' : `postgres, ${layout}`,
  open: async () => {
    const store = createPostgresStore(inject('postgres'))
    if (layout !== undefined) await store.pool.query(layoutUnder(layout, store.schema))
    return {
      repository: await store.open(),
      peer: () => store.open(),
      reopen: () => store.open(),
      fork: () => store.fork(new URL('store-process.ts', import.meta.url)),
      dump: store.dump,
      refuse: store.refuse,
      hinder: store.hinder,
      endpoint: store.endpoint,
      dispose: store.remove
    }
  }
})
