import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const conditions = ['userpoint-source']
const roots = [
  'packages/core',
  'packages/adapter-memory',
  'packages/adapter-sqlite',
  'packages/adapter-postgres',
  'packages/conformance',
  'packages/http',
  'packages/cli',
  'tests',
  'examples/adapter-lmdb'
]

/** The packages whose tests need a PostgreSQL server, which is found or started first. */
const onPostgres: ReadonlySet<string> = new Set(['packages/adapter-postgres', 'packages/cli', 'tests'])
const postgresServer = fileURLToPath(new URL('packages/adapter-postgres/test/server.ts', import.meta.url))

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: roots.map((root) => ({
      extends: true as const,
      test: {
        name: root.replace('packages/', ''),
        root,
        include: ['test/**/*.test.ts'],
        // A property tries thousands of cases, and a machine may have ten times as much to do as it can.
        testTimeout: 60_000,
        ...(onPostgres.has(root) && { globalSetup: [postgresServer] })
      }
    }))
  }
})
