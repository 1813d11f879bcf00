/** A property-based test of a service, with the runner of Node: `node --test`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { emailHash } from '@userpoint/conformance/arbitraries'
import fc from 'fast-check'
import { createUserpoint } from 'userpoint'

await test('an erased person is not found', async () => {
  await fc.assert(
    fc.asyncProperty(emailHash(), fc.string(), async ({ hash }, name) => {
      const people = createUserpoint({ repository: createMemoryRepository() })
      const done = await people.safe.upsert({ emailHash: hash }, { name })
      assert.equal((await people.find({ emailHash: hash })) !== undefined, done.ok)
      await people.erase({ emailHash: hash })
      assert.equal(await people.find({ emailHash: hash }), undefined)
    })
  )
})
