/**
 * Starts a Galera cluster of three MariaDB nodes on the loopback, prints their addresses, and stops them when it is interrupted.
 *
 *     node scripts/galera.mjs    needs mariadb-server, galera-4 and rsync, and the user mysql if it runs as root
 */
import { canStartCluster, startCluster } from './galera/cluster.mjs'
import { exitWith, Failed } from './process.mjs'

exitWith(async () => {
  if (!canStartCluster()) throw new Failed('mariadb-server, galera-4 and rsync are not all installed')
  const { urls, close } = await startCluster()
  process.stdout.write(`export DATABASE_URL_GALERA=${urls.join()}\n`)
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
  })
  await close()
})
