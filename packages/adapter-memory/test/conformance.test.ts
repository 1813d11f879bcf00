import { createMemoryRepository, createMemoryStore } from '@userpoint/adapter-memory'
import { describeConformance } from '@userpoint/conformance/vitest'

describeConformance({
  name: 'memory',
  open: () => {
    const store = createMemoryStore()
    return {
      repository: createMemoryRepository(store),
      peer: () => createMemoryRepository(store),
      dispose: () => {}
    }
  }
})
