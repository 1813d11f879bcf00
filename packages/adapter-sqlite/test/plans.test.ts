/** The query plan of each statement. */
import { createSqliteRepository, type SqliteDatabase } from '@userpoint/adapter-sqlite'
import { expect, test } from 'vitest'
import { prebuiltDriver } from './drivers.ts'
import { createSqliteStore } from './harness.ts'

test.each([false, true])('every statement finds rows by a key, and none sorts (analyzed: %s)', async (isAnalyzed) => {
  const store = createSqliteStore(prebuiltDriver)
  const database = store.database()
  const prepared = new Set<string>()
  const watched: SqliteDatabase = {
    exec: (sql) => database.exec(sql),
    prepare: (sql) => {
      prepared.add(sql)
      return database.prepare(sql)
    }
  }
  const repository = createSqliteRepository(watched)
  await repository.commit(
    Array.from({ length: 2_000 }, (_, index) => ({
      kind: 'user_point',
      id: `id-${index}`,
      expected: 0,
      body: { index },
      claim: [`claim ${index}`],
      release: []
    }))
  )
  if (isAnalyzed) database.exec('analyze')
  for await (const _flaw of repository.check?.(() => undefined) ?? []) expect.fail('a check found something')
  const plans: string[] = []
  for (const sql of prepared) {
    if (/^(pragma|insert)|sqlite_schema/.test(sql)) continue
    const parameters = Array.from(sql.matchAll(/\?/g), () => 1)
    const rows = database.prepare(`explain query plan ${sql}`).all(...parameters) as ReadonlyArray<{ detail: string }>
    plans.push(...rows.map(({ detail }) => `${detail} <- ${sql}`))
  }
  expect(plans.length).toBeGreaterThan(10)
  // Lists that come as JSON, and the few entries of a page, are read whole.
  const whole = plans.filter((plan) => /^SCAN (?!asked|other|entry|lead|\(|datamart)/.test(plan))
  expect(whole).toEqual([])
  expect(plans.filter((plan) => /TEMP B-TREE/.test(plan) && !plan.includes('lead'))).toEqual([])
  store.remove()
})
