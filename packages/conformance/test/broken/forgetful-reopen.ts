import { type BrokenStore, type Disk, emptyDisk } from './small-store.ts'

const copy = (disk: Disk): Disk => ({ ...emptyDisk(), rows: new Map(disk.rows), claims: new Map(disk.claims) })

const flushed = new WeakMap<Disk, Disk>()

/** Writes a batch to the disk when the next one comes. */
export const forgetfulReopen: BrokenStore = {
  name: 'forgetful reopen',
  breaks: 'PO-13.reopened',
  wrap: (correct, disk) => ({
    ...correct,
    commit: (writes) => {
      flushed.set(disk, copy(disk))
      return correct.commit(writes)
    }
  }),
  reopened: (disk) => flushed.get(disk) ?? disk
}
