import { type BrokenStore, createSmallRepository, emptyDisk } from './small-store.ts'

const disk = emptyDisk()

/** Opens the same store again and again. */
export const sharedDisk: BrokenStore = {
  name: 'shared disk',
  breaks: 'harness.isolated',
  wrap: () => createSmallRepository(disk)
}
