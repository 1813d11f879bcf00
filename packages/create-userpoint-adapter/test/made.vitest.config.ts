/** For an adapter that was made in a temporary folder: the workspace's packages are read from their sources. */
import { defineConfig } from 'vitest/config'

const conditions = ['userpoint-source']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { include: ['test/**/*.test.ts'], globals: false }
})
