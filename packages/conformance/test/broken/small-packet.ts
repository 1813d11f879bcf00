import { StoreFault } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Sends each body in one packet of four megabytes, and so refuses those that are larger. */
export const smallPacket: BrokenStore = {
  name: 'small packet',
  breaks: 'PO-4.large',
  wrap: (correct) => ({
    ...correct,
    commit: (writes) => {
      if (writes.some(({ body }) => JSON.stringify(body ?? {}).length > 4_194_304))
        throw new StoreFault('the packet is too large', { applied: false, recovery: 'none' })
      return correct.commit(writes)
    }
  })
}
