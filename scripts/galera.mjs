/**
 * Starts a Galera cluster of three MariaDB nodes on the loopback, prints their addresses, and stops them when it is interrupted.
 *
 *     node scripts/galera.mjs    needs mariadb-server and galera-4, and the user mysql if it runs as root
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { exitWith, Failed } from './process.mjs'

const provider = '/usr/lib/galera/libgalera_smm.so'
const nodes = [1, 2, 3]
const isRoot = process.getuid?.() === 0
const user = isRoot ? ['--user=mysql'] : []
const portOf = (/** @type {number} */ node) => 13_300 + node

const isSynced = (/** @type {number} */ node) => {
  try {
    const args = ['-uroot', '--protocol=tcp', '-h127.0.0.1', `-P${portOf(node)}`, '-Nse']
    const query = "show status like 'wsrep_local_state_comment'"
    return execFileSync('mariadb', [...args, query], { encoding: 'utf8', stdio: 'pipe' }).includes('Synced')
  } catch {
    return false
  }
}

const start = async (/** @type {string} */ folder, /** @type {number} */ node) => {
  const data = join(folder, 'data')
  mkdirSync(data, { recursive: true })
  if (isRoot) execFileSync('chown', ['-R', 'mysql', folder])
  const install = ['--no-defaults', ...user, `--datadir=${data}`, '--auth-root-authentication-method=normal']
  execFileSync('mariadb-install-db', install, { stdio: 'ignore' })
  const group = (/** @type {number} */ one) => `127.0.0.1:${14_566 + one}`
  const child = spawn('mariadbd', [
    '--no-defaults',
    ...user,
    `--datadir=${data}`,
    `--socket=${join(folder, 'socket')}`,
    `--port=${portOf(node)}`,
    '--bind-address=127.0.0.1',
    `--log-error=${join(folder, 'log')}`,
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
    '--innodb-buffer-pool-size=64M',
    '--wsrep-on=ON',
    '--wsrep-sync-wait=1',
    `--wsrep-provider=${provider}`,
    '--wsrep-cluster-name=userpoint',
    '--wsrep-sst-method=rsync',
    `--wsrep-cluster-address=gcomm://${node === 1 ? '' : group(1)}`,
    '--wsrep-node-address=127.0.0.1',
    `--wsrep-sst-receive-address=127.0.0.1:${14_580 + node}`,
    `--wsrep-provider-options=base_port=${14_600 + node};gmcast.listen_addr=tcp://${group(node)};ist.recv_addr=127.0.0.1:${14_570 + node};gcache.size=32M`
  ])
  for (let tries = 0; tries < 120; tries += 1) {
    if (isSynced(node)) return child
    if (child.exitCode !== null) break
    await wait(500)
  }
  child.kill()
  throw new Failed(`node ${node} does not start; its log is ${join(folder, 'log')}`)
}

exitWith(async () => {
  if (!existsSync(provider)) throw new Failed(`galera-4 is not installed: there is no ${provider}`)
  const root = mkdtempSync(join(tmpdir(), 'userpoint-galera-'))
  execFileSync('chmod', ['755', root])
  const children = []
  for (const node of nodes) children.push(await start(join(root, `node-${node}`), node))
  const addresses = nodes.map((node) => `mysql://root@127.0.0.1:${portOf(node)}`).join()
  process.stdout.write(`export DATABASE_URL_GALERA=${addresses}\n`)
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
  })
  const ended = children.map((child) => new Promise((resolve) => child.once('exit', resolve)))
  for (const child of children) child.kill()
  await Promise.all(ended)
  rmSync(root, { recursive: true, force: true })
})
