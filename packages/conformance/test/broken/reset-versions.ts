import { type BrokenStore, emptyDisk } from './small-store.ts'

/** Counts versions anew when it is reopened. */
export const resetVersions: BrokenStore = {
  name: 'reset versions',
  breaks: 'PO-13.laws-hold',
  reopened: (disk) => ({
    ...emptyDisk(),
    rows: new Map([...disk.rows].map(([key, row]) => [key, { ...row, version: 1 }])),
    claims: disk.claims
  })
}
