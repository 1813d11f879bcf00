/** The law of joining in memory and on SQLite, and variants that it catches. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import { DatabaseSync } from '@photostructure/sqlite'
import type { Policies } from '@userpoint/core'
import type { JsonObject, Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { law } from '../../../packages/core/test/laws/law.ts'
import { history, holdsOn, type Open, place } from './joining.ts'

const onMemory: Open = async () => ({ repository: createMemoryRepository(), close: () => undefined })
const onSqlite: Open = async () => {
  const database = new DatabaseSync(':memory:')
  return { repository: createSqliteRepository(database), close: () => database.close() }
}

describe('joining people', () => {
  for (const [store, open, runs] of [
    ['memory', onMemory, 200],
    ['SQLite', onSqlite, 60]
  ] as const) {
    law(
      `[L-35, A-45] on ${store}: at any place of a history, across restarts and clocks that are set back`,
      fc.tuple(history, place),
      ([steps, at]) => holdsOn(open, steps, at),
      runs
    )
  }

  const broken: ReadonlyArray<readonly [string, (correct: Repository) => Repository, Partial<Policies>]> = [
    ['the newest profile wins whole', (correct) => correct, { profileMerge: 'newestWhole' }],
    [
      'an engine that starts does not read the limit of moments',
      (correct) => ({
        ...correct,
        load: async (references) => {
          const found = await correct.load(references)
          return found.map((each) => (each?.kind === 'clock' ? { ...each, body: { limit: 0 } } : each))
        }
      }),
      {}
    ],
    [
      'stored documents forget when their parts were written',
      (correct) => ({
        ...correct,
        commit: (writes) =>
          correct.commit(
            writes.map((write) => {
              const profiles = write.body?.['profiles'] as ReadonlyArray<JsonObject> | undefined
              if (write.body === undefined || profiles === undefined) return write
              const forgetful = profiles.map((profile) => {
                const { parts: _, ...rest } = profile
                return rest
              })
              return { ...write, body: { ...write.body, profiles: forgetful } }
            })
          )
      }),
      {}
    ]
  ]

  for (const [what, wrap, policies] of broken) {
    test(`[L-35, A-45] the property catches that ${what}`, async () => {
      const open: Open = async () => ({ repository: wrap(createMemoryRepository()), close: () => undefined })
      const found = await fc.check(
        fc.asyncProperty(history, place, (steps, at) => holdsOn(open, steps, at, policies)),
        { numRuns: 500, seed: 1 }
      )
      expect(found.failed).toBe(true)
      expect(found.errorInstance).toMatchObject({ message: 'Property failed by returning false' })
    })
  }
})
