// Slow: each batch is certified by every node of the cluster.
import { describeConformance } from '@userpoint/conformance/vitest'
import { createMysqlRepository } from '@userpoint/adapter-mysql'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { find, write } from './batch.ts'
import { shareStores } from '../../conformance/test/shared-stores.ts'
import { createMysqlStore, openPool } from './harness.ts'
import { saying } from './meddled-pool.ts'

/** The nodes of a Galera cluster, which `node scripts/galera.mjs` starts; the tests run only where they are given. */
const [first, ...others] = (process.env['DATABASE_URL_GALERA'] ?? '').split(',').filter((url) => url !== '')

if (first === undefined) {
  test('the suite on a cluster', (context) => {
    context.skip('DATABASE_URL_GALERA names no nodes')
  })
} else {
  const program = new URL('store-process.ts', import.meta.url)
  const stores = shareStores(() => createMysqlStore(first, others), program)
  afterAll(stores.remove)

  describe('[PO-3] a node that is behind the others, for sessions whose wsrep_sync_wait is', () => {
    /** Returns what a load on the second node finds of a commit on the first, which the second has not applied yet. */
    const foundBehind = async (syncWait: number) => {
      const store = createMysqlStore(first)
      const pool = openPool(others[0] ?? first)
      pool.on('connection', (connection) => void connection.query(`set session wsrep_sync_wait = ${syncWait}`))
      const holder = await pool.getConnection()
      try {
        const writer = await store.open()
        // The adapter refuses the values that are wrong, so it is told another one.
        const told = saying(pool, 'wsrep_sync_wait', '1')
        const reader = await createMysqlRepository(told, { database: store.database })
        await holder.query('flush tables with read lock')
        await writer.commit([write('a')])
        const finding = find(reader, 'a')
        await Promise.race([finding, pause(500)])
        await holder.query('unlock tables')
        return await finding
      } finally {
        holder.release()
        await pool.end()
        await store.remove()
      }
    }

    test.each([1, 3, 7])('%i, waits, and finds what was acknowledged', async (syncWait) => {
      expect(await foundBehind(syncWait)).toMatchObject({ id: 'a', version: 1 })
    })

    // So that the adapter is right to refuse them.
    test.each([0, 2, 4, 6])('%i, misses what was acknowledged', async (syncWait) => {
      expect(await foundBehind(syncWait)).toBeUndefined()
    })

    test('without bit 1, is refused', async () => {
      const pool = openPool(first)
      pool.on('connection', (connection) => void connection.query('set session wsrep_sync_wait = 6'))
      await expect(createMysqlRepository(pool)).rejects.toMatchObject({ code: 'WSREP_SYNC_WAIT' })
      await pool.end()
    })
  })

  describeConformance({
    name: 'galera',
    open: async () => {
      // The nodes' files are not searched, and a lock on one node hinders no other.
      const { dump: _dump, hinder: _hinder, ...store } = await stores.open()
      return store
    }
  })
}
