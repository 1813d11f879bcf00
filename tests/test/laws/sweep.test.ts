import { createEngine, type UserPoint } from '@userpoint/core'
import { fromStored, type StoredUserPoint } from '@userpoint/core/user-point'
import { mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository, Stored } from '@userpoint/core/repository'
import { claimsOf } from '@userpoint/core/user-point'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mintedId } from '@userpoint/conformance/arbitraries'
import { law } from '../../../packages/core/test/laws/law.ts'
import { same } from '../../../packages/core/test/laws/predicates.ts'
import { right } from '../insider-stores.ts'
import { beginning, engineAt, live, openers, past } from './past.ts'
import { documents, importText } from './store.ts'

const minute = 60_000

const engineOf = (repository: Repository, now: number) =>
  createEngine({
    dialect: mediarithmics,
    repository,
    clock: () => now,
    newId: () => mintedId(9_000),
    purge: 'manual'
  })

const pointOf = ({ body }: Stored): UserPoint => fromStored(body as StoredUserPoint)

/** Returns the part of a document that a sweep must keep, or `undefined`; independent of core. */
const leftOf = (document: Stored, now: number): unknown => {
  const point = pointOf(document)
  const goesOn = point.segments.some(({ expiresAt }) => expiresAt === undefined || now < expiresAt)
  if (point.profiles.length === 0 && !goesOn) return undefined
  return {
    id: document.id,
    body: { ...point, devicePoints: point.devicePoints.filter(({ agents }) => agents.length > 0) }
  }
}

const leadingAnywhere = async (repository: Repository, claims: ReadonlyArray<string>): Promise<number> =>
  claims.length === 0
    ? 0
    : (await repository.load(claims.map((claim) => ({ _tag: 'ByClaim', claim })))).filter((each) => each !== undefined)
        .length

describe('sweep', () => {
  for (const { name, open, runs } of openers) {
    law(
      `[L-26, A-16, A-17, A-18] on ${name}: removes exactly what nothing keeps alive, and a second one finds nothing`,
      fc.tuple(past, fc.constantFrom(0, minute, 2 * minute + 100, 3 * minute)),
      async ([lived, later]) => {
        const now = beginning + later
        const { repository, dump, close } = open()
        try {
          await live(repository, lived)
          const before = await documents(repository)
          const expected = before.flatMap((each) => leftOf(each, now) ?? [])
          const report = right(await engineOf(repository, now).sweep())
          const after = await documents(repository)
          const devicePoints = before.reduce((sum, each) => sum + pointOf(each).devicePoints.length, 0)
          const gone = before.filter((each) => leftOf(each, now) === undefined)
          const left = after.reduce((sum, each) => sum + pointOf(each).devicePoints.length, 0)
          const withGone = gone.reduce((sum, each) => sum + pointOf(each).devicePoints.length, 0)
          const once = await dump()
          const again = right(await engineOf(repository, now).sweep())
          return (
            same(
              after.map((each) => ({ id: each.id, body: pointOf(each) })),
              expected
            ) &&
            same(report, {
              seen: before.length,
              userPointsDeleted: before.length - expected.length,
              devicePointsDeleted: devicePoints - withGone - left,
              completed: true
            }) &&
            (await leadingAnywhere(
              repository,
              gone.flatMap((each) => claimsOf(pointOf(each)))
            )) === 0 &&
            same(again, { seen: after.length, userPointsDeleted: 0, devicePointsDeleted: 0, completed: true }) &&
            same(await dump(), once)
          )
        } finally {
          close()
        }
      },
      runs
    )

    const association = (n: number): string => JSON.stringify({ identifiers: [{ type: 'USER_EMAIL', hash: `h${n}` }] })
    const upsert = (n: number): string =>
      JSON.stringify({ operation: 'UPSERT', email_hash: `h${n}`, force_replace: true, user_profile: {} })

    it(`[A-16] on ${name}: scans a store of any size, and never runs automatically`, async () => {
      const { repository, close } = open()
      const engine = engineAt(repository, 0)
      const people = Array.from({ length: 2_500 }, (_, n) => n)
      await importText(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', people.map(association).join('\n'))
      await importText(
        engine,
        'USER_PROFILE',
        people
          .filter((n) => n % 5 === 0)
          .map(upsert)
          .join('\n')
      )
      expect(await documents(repository)).toHaveLength(2_500)
      expect(right(await engine.sweep())).toEqual({
        seen: 2_500,
        userPointsDeleted: 2_000,
        devicePointsDeleted: 0,
        completed: true
      })
      expect(await documents(repository)).toHaveLength(500)
      close()
    })

    it(`on ${name}: ends after the current unit of work at a signal`, async () => {
      const { repository, close } = open()
      const engine = engineAt(repository, 0)
      const people = Array.from({ length: 1_500 }, (_, n) => n)
      await importText(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', people.map(association).join('\n'))
      expect(right(await engine.sweep({ signal: { aborted: true } }))).toMatchObject({ seen: 0, completed: false })
      let looks = 0
      const signal = {
        get aborted() {
          return ++looks > 1
        }
      }
      expect(right(await engine.sweep({ signal }))).toEqual({
        seen: 1_000,
        userPointsDeleted: 1_000,
        devicePointsDeleted: 0,
        completed: false
      })
      expect(await documents(repository)).toHaveLength(500)
      close()
    })

    it(`[A-16] on ${name}: a membership keeps its user point until the moment it ends`, async () => {
      const { repository, close } = open()
      const line = { operation: 'UPDATE', email_hash: 'h', segment_id: 's', expiration_ts: beginning + 10 }
      await importText(engineAt(repository, 0), 'USER_SEGMENT', JSON.stringify(line))
      expect(right(await engineOf(repository, beginning + 9).sweep())).toMatchObject({ userPointsDeleted: 0 })
      expect(right(await engineOf(repository, beginning + 10).sweep())).toMatchObject({ userPointsDeleted: 1 })
      expect(await documents(repository)).toEqual([])
      close()
    })
  }

  it('an empty store has nothing to sweep', async () => {
    for (const { open } of openers) {
      const { repository, close } = open()
      expect(right(await engineOf(repository, 0).sweep())).toEqual({
        seen: 0,
        userPointsDeleted: 0,
        devicePointsDeleted: 0,
        completed: true
      })
      close()
    }
  })
})
