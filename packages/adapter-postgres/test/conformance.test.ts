import { describeConformance } from '@userpoint/conformance/vitest'
import { afterAll, inject } from 'vitest'
import { shareStores } from '../../conformance/test/shared-stores.ts'
import { createPostgresStore } from './harness.ts'
import { layoutUnder } from './layouts.ts'

/** A heading of docs/postgres.md whose statements lay the tables out; unless it is given, the adapter makes them. */
const layout = process.env['POSTGRES_LAYOUT']

const program = new URL('store-process.ts', import.meta.url)
const stores = shareStores(async () => {
  const store = createPostgresStore(inject('postgres'))
  if (layout !== undefined) await store.pool.query(layoutUnder(layout, store.schema))
  return store
}, program)
afterAll(stores.remove)

describeConformance({ name: layout === undefined ? 'postgres' : `postgres, ${layout}`, open: stores.open })
