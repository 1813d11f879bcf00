// Slow: each batch is certified by every node of the cluster.
import { describeConformance } from '@userpoint/conformance/vitest'
import { afterAll, test } from 'vitest'
import { createMysqlStores } from './harness.ts'

/** The nodes of a Galera cluster, which `node scripts/galera.mjs` starts; the tests run only where they are given. */
const [first, ...others] = (process.env['DATABASE_URL_GALERA'] ?? '').split(',').filter((url) => url !== '')

if (first === undefined) {
  test('the suite on a cluster', (context) => {
    context.skip('DATABASE_URL_GALERA names no nodes')
  })
} else {
  const stores = createMysqlStores(first, others)
  afterAll(stores.remove)

  describeConformance({
    name: 'galera',
    open: async () => {
      const { handle, fork, refuse, endpoint, dispose } = stores.open()
      return {
        repository: await handle(),
        peer: handle,
        reopen: handle,
        fork: () => fork(new URL('store-process.ts', import.meta.url)),
        refuse,
        endpoint,
        dispose
      }
    }
  })
}
