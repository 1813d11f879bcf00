/** Random histories have the same digest over all stores: of verdicts, reports, and the final state. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { digestOf, type Harness } from '@userpoint/conformance'
import { describe, expect, test } from 'vitest'
import { drivers } from '../../packages/adapter-sqlite/test/drivers.ts'

const options = { seed: 7, runs: 40 }

const memory: Harness = {
  name: 'memory',
  open: () => ({ repository: createMemoryRepository(), dispose: () => undefined })
}

describe('[L-01, L-13] random histories give the digest that they give in memory', () => {
  for (const { name, missing, open } of drivers) {
    test(`on SQLite through ${name}`, { timeout: 60_000 }, async (context) => {
      if (missing !== undefined) context.skip(missing)
      const sqlite: Harness = {
        name,
        open: () => {
          const database = open(':memory:')
          return {
            repository: createSqliteRepository(database),
            dispose: () => {
              database.close()
            }
          }
        }
      }
      expect(await digestOf(sqlite, options)).toBe(await digestOf(memory, options))
    })
  }
})
