/** A Galera cluster of three MariaDB nodes on the loopback, which can be killed, frozen and cut off one by one. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Failed } from '../process.mjs'

const provider = '/usr/lib/galera/libgalera_smm.so'
const isRoot = process.getuid?.() === 0
const user = isRoot ? ['--user=mysql'] : []
// Debian keeps servers where only root looks for programs.
const env = { ...process.env, PATH: ['/usr/sbin', process.env.PATH].join(delimiter) }

const hasPrograms = () => {
  try {
    for (const program of ['mariadbd', 'mariadb-install-db', 'mariadb', 'rsync']) {
      execFileSync(program, ['--version'], { env, stdio: 'ignore' })
    }
    return existsSync(provider)
  } catch {
    return false
  }
}

/** Installs Debian's packages, which start no service of their own here. */
const installPackages = () => {
  const packages = ['galera-4', 'mariadb-server', 'mariadb-client', 'rsync']
  try {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
      stdio: 'ignore',
      timeout: 120_000
    })
  } catch {
    // The programs are looked for again.
  }
}

/** Returns whether a cluster can be started here. In continuous integration, what is missing is installed if it can be. */
export const canStartCluster = () => {
  if (hasPrograms()) return true
  if (process.env.CI !== 'true' || !isRoot || !existsSync('/usr/bin/apt-get')) return false
  installPackages()
  return hasPrograms()
}

const numbers = [1, 2, 3]

/** The first ports of the nodes: for clients, for the group, for two ways to bring a node up to date, and for the provider. */
const first = { client: 13_300, group: 14_566, difference: 14_570, everything: 14_580, provider: 14_600 }

/** Added to every port, so that two clusters can run on one machine, and one beside what a run that was killed has left. */
let offset = 0

const portOf = (/** @type {number} */ number, /** @type {keyof typeof first} */ use = 'client') =>
  first[use] + offset + number
const groupOf = (/** @type {number} */ number) => `127.0.0.1:${portOf(number, 'group')}`

const isFree = (/** @type {number} */ port) =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

const uses = /** @type {ReadonlyArray<keyof typeof first>} */ (Object.keys(first))

/** Chooses ports that no other program listens on. */
const choosePorts = async () => {
  for (offset = 0; offset < 1_000; offset += 100) {
    const ports = uses.flatMap((use) => numbers.map((number) => portOf(number, use)))
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return
  }
  throw new Failed('there are no free ports for a cluster')
}

/** A node that is silent for so many seconds is left behind by the others. */
const patience = { suspect: 3, inactive: 6 }

const providerOptions = (/** @type {number} */ number) =>
  [
    `base_port=${portOf(number, 'provider')}`,
    `gmcast.listen_addr=tcp://${groupOf(number)}`,
    `ist.recv_addr=127.0.0.1:${portOf(number, 'difference')}`,
    'gcache.size=32M',
    'evs.keepalive_period=PT0.5S',
    'evs.inactive_check_period=PT0.5S',
    `evs.suspect_timeout=PT${patience.suspect}S`,
    `evs.inactive_timeout=PT${patience.inactive}S`,
    `evs.install_timeout=PT${patience.inactive}S`
  ].join(';')

/**
 * A node, which is running unless it was killed.
 *
 * @typedef {object} Node
 * @property {string} url
 * @property {() => Promise<void>} start Starts it, and waits until it is part of the cluster.
 * @property {() => Promise<void>} kill Ends its process without a warning.
 * @property {() => void} freeze Stops its process, which then answers no call.
 * @property {() => void} thaw
 * @property {() => void} cutOff Lets it hear the other nodes no more; clients still reach it.
 * @property {() => void} join Lets it hear them again.
 */

/** Runs a statement on a node with the command-line client, which waits for some seconds. */
const query = (/** @type {number} */ number, /** @type {string} */ statement, seconds = 5) =>
  execFileSync(
    'mariadb',
    [
      '-uroot',
      '--protocol=tcp',
      '-h127.0.0.1',
      `-P${portOf(number)}`,
      `--connect-timeout=${seconds}`,
      '-Nse',
      statement
    ],
    { env, encoding: 'utf8', stdio: 'pipe', timeout: seconds * 1_000 }
  )

/** Returns how many nodes the node sees, itself included, if it has all that they have; else 0. */
const seenBy = (/** @type {number} */ number) => {
  try {
    const told = query(number, "show status like 'wsrep_%'")
    const state = new Map(told.split('\n').map((line) => /** @type {[string, string]} */ (line.split('\t'))))
    const isPart =
      state.get('wsrep_cluster_status') === 'Primary' && state.get('wsrep_local_state_comment') === 'Synced'
    return isPart ? Number(state.get('wsrep_cluster_size')) : 0
  } catch {
    return 0
  }
}

/** Waits, for minutes on a slow machine; returns whether it is so. */
const until = async (/** @type {() => boolean} */ isSo, seconds = 180) => {
  const startedAt = performance.now()
  while (!isSo()) {
    if (performance.now() - startedAt > seconds * 1_000) return false
    await wait(250)
  }
  return true
}

/** @returns {Node & { readonly stop: () => Promise<void> }} */
const nodeIn = (/** @type {string} */ root, /** @type {number} */ number) => {
  const folder = join(root, `node-${number}`)
  const data = join(folder, 'data')
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child
  const ended = async (/** @type {NodeJS.Signals} */ signal) => {
    const running = child
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const exit = new Promise((resolve) => running.once('exit', resolve))
    running.kill(signal)
    // A node that waits for others does not end by itself.
    const late = wait(10_000, 'late', { ref: false })
    if ((await Promise.race([exit, late])) === 'late') running.kill('SIGKILL')
    await exit
  }
  const makeData = () => {
    mkdirSync(data, { recursive: true })
    if (isRoot) execFileSync('chown', ['-R', 'mysql', folder])
    // The others get all files of the first one.
    if (number !== 1) return
    const options = ['--no-defaults', ...user, `--datadir=${data}`, '--auth-root-authentication-method=normal']
    execFileSync('mariadb-install-db', options, { env, stdio: 'ignore' })
  }
  const isolate = (/** @type {0 | 1} */ isolated) =>
    void query(number, `set global wsrep_provider_options = 'gmcast.isolate=${isolated}'`, 60)
  return {
    url: `mysql://root@127.0.0.1:${portOf(number)}`,
    start: async () => {
      const isNew = !existsSync(data)
      if (isNew) makeData()
      child = spawn(
        'mariadbd',
        [
          '--no-defaults',
          ...user,
          `--datadir=${data}`,
          `--socket=${join(folder, 'socket')}`,
          `--port=${portOf(number)}`,
          '--bind-address=127.0.0.1',
          `--log-error=${join(folder, 'log')}`,
          '--binlog-format=ROW',
          '--innodb-autoinc-lock-mode=2',
          '--innodb-buffer-pool-size=64M',
          '--innodb-log-file-size=32M',
          '--wsrep-on=ON',
          '--wsrep-sync-wait=1',
          `--wsrep-provider=${provider}`,
          '--wsrep-cluster-name=userpoint',
          '--wsrep-sst-method=rsync',
          `--wsrep-cluster-address=gcomm://${isNew && number === 1 ? '' : numbers.map(groupOf).join()}`,
          '--wsrep-node-address=127.0.0.1',
          `--wsrep-sst-receive-address=127.0.0.1:${portOf(number, 'everything')}`,
          `--wsrep-provider-options=${providerOptions(number)}`
        ],
        { env, stdio: 'ignore' }
      )
      const hasEnded = () => child?.exitCode !== null || child.signalCode !== null
      await until(() => seenBy(number) > 0 || hasEnded())
      if (hasEnded()) throw new Failed(`node ${number} ends; its log is ${join(folder, 'log')}`)
    },
    kill: () => ended('SIGKILL'),
    stop: () => ended('SIGTERM'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    cutOff: () => isolate(1),
    join: () => isolate(0)
  }
}

/** Starts the nodes, one after the other. `whole` waits until all see each other; `close` stops them, and removes their files. */
export const startCluster = async () => {
  await choosePorts()
  const root = mkdtempSync(join(tmpdir(), 'userpoint-galera-'))
  execFileSync('chmod', ['755', root])
  const nodes = numbers.map((number) => nodeIn(root, number))
  let isBroken = false
  const isPart = (/** @type {number} */ number) => seenBy(number) === numbers.length
  const whole = async () => {
    if (await until(() => numbers.every(isPart), 30)) return
    // As an operator does with a node that does not come back by itself.
    for (const [at, node] of nodes.entries()) {
      if (seenBy(at + 1) > 0) continue
      await node.kill()
      await node.start()
    }
    if (await until(() => numbers.every(isPart))) return
    isBroken = true
    throw new Failed(`the nodes do not see each other; their logs are in ${root}`)
  }
  const close = async () => {
    for (const node of nodes) node.thaw()
    await Promise.all(nodes.map((node) => node.stop()))
    if (!isBroken) rmSync(root, { recursive: true, force: true })
  }
  try {
    for (const node of nodes) await node.start()
    await whole()
  } catch (error) {
    for (const node of nodes) await node.kill()
    throw error
  }
  return { nodes: /** @type {ReadonlyArray<Node>} */ (nodes), urls: nodes.map(({ url }) => url), whole, close }
}
