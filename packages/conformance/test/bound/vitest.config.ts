import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const conditions = ['userpoint-source']

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { include: ['vitest.bound.ts'] }
})
