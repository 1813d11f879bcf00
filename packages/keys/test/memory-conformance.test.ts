import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { describeConformance } from '@userpoint/conformance/vitest'
import { createMemoryKeys, withKeys } from '@userpoint/keys'

for (const renew of ['erasing', 'every'] as const) {
  describeConformance({
    name: `memory with keys, renewed with ${renew === 'every' ? 'every write' : 'each erasure'}`,
    open: () => {
      const store = createMemoryStore()
      const keys = createMemoryKeys()
      const open = () => withKeys(createMemoryRepository(store), keys, { renew })
      return { repository: open(), peer: open, dispose: () => {} }
    }
  })
}
