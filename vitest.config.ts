import { defineConfig } from 'vitest/config'

const conditions = ['userpoint-source']
const roots = [
  'packages/core',
  'packages/adapter-memory',
  'packages/adapter-sqlite',
  'packages/conformance',
  'packages/cli',
  'tests',
  'examples/adapter-lmdb'
]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: roots.map((root) => ({
      extends: true as const,
      test: { name: root.replace('packages/', ''), root, include: ['test/**/*.test.ts'] }
    }))
  }
})
