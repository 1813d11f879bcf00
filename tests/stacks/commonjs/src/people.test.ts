import { createMemoryRepository } from '@userpoint/adapter-memory'
import { emailHash } from '@userpoint/conformance/arbitraries'
import fc from 'fast-check'
import { createUserpoint } from 'userpoint'

test('an erased person is not found', async () => {
  await fc.assert(
    fc.asyncProperty(emailHash(), fc.string(), async ({ hash }, name) => {
      const people = createUserpoint({ repository: createMemoryRepository() })
      const done = await people.safe.upsert({ emailHash: hash }, { name })
      expect((await people.find({ emailHash: hash })) !== undefined).toBe(done.ok)
      await people.erase({ emailHash: hash })
      expect(await people.find({ emailHash: hash })).toBeUndefined()
    }),
    { numRuns: 50 }
  )
})
