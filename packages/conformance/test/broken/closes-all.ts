import type { BrokenStore, Disk } from './small-store.ts'

const closed = new WeakSet<Disk>()

/** Closes the store under every handle when one is closed. */
export const closesAll: BrokenStore = {
  name: 'closes all',
  breaks: 'PO-16.others',
  wrap: (correct, disk) => ({
    ...correct,
    load: (references) => {
      if (closed.has(disk)) throw new Error('the store is closed')
      return correct.load(references)
    },
    close: () => {
      closed.add(disk)
    }
  })
}
