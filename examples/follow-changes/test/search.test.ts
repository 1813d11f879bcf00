/** The index finds exactly the people that the store has, after any history. */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createUserpoint } from 'userpoint'
import { createIndex, follow } from '../src/search.ts'

const cities = ['paris', 'lyon', 'nice']
const account = fc.constantFrom('1', '2', '3')
const step = fc.oneof(
  fc.record({ what: fc.constant('record' as const), account, city: fc.constantFrom(...cities) }),
  fc.record({ what: fc.constant('erase' as const), account }),
  fc.record({ what: fc.constant('join' as const), account, other: account }),
  fc.record({ what: fc.constant('follow' as const) })
)

test('a search finds who is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const repository = createMemoryRepository()
      const people = createUserpoint({ repository, settings: { feed: { state: 'on' } }, purge: 'manual' })
      const index = createIndex()
      const catchUp = () => follow(people.changes({ consumer: 'search', atEnd: 'stop' }), index)
      for (const each of steps) {
        if (each.what === 'record') await people.upsert({ account: each.account }, { city: each.city })
        else if (each.what === 'erase') await people.erase({ account: each.account })
        else if (each.what === 'join') await people.associate({ account: each.account }, { account: each.other })
        else await catchUp()
      }
      await catchUp()
      const found = cities.map((city) =>
        index
          .search(city)
          .map(({ id }) => String(id))
          .sort()
      )
      const there: string[][] = cities.map(() => [])
      for await (const { user_point_id: id, profiles } of people.export()) {
        for (const profile of profiles) there[cities.findIndex((city) => city === profile['city'])]?.push(id)
      }
      expect(found).toEqual(there.map((ids) => ids.sort()))
      await people.close()
    }),
    { numRuns: 50 }
  )
})
