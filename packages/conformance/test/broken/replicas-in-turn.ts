import type { Stored } from '@userpoint/core/repository'
import { turn } from './disk-lock.ts'
import { type BrokenStore, createSmallRepository, type Disk } from './small-store.ts'

const handles = new WeakMap<Disk, Array<{ behind: Disk | undefined }>>()

/** Tells the handles of a new batch one after the other: while it lands, one sees it and another does not yet. */
export const replicasInTurn: BrokenStore = {
  name: 'replicas in turn',
  breaks: 'PO-8.linearizable',
  wrap: (correct, disk) => {
    const all = handles.get(disk) ?? []
    handles.set(disk, all)
    const own: (typeof all)[number] = { behind: undefined }
    all.push(own)
    const current = () => (own.behind === undefined ? correct : createSmallRepository(own.behind))
    return {
      ...correct,
      load: (references) => current().load(references),
      scan: (kind, options) => current().scan(kind, options) as Iterable<Stored>,
      commit: async (writes) => {
        const before: Disk = { ...disk, rows: new Map(disk.rows), claims: new Map(disk.claims) }
        const result = await correct.commit(writes)
        if (result._tag === 'Conflict') return result
        for (const other of all) other.behind ??= other === own ? undefined : before
        for (const other of all) {
          await turn()
          other.behind = undefined
        }
        return result
      }
    }
  }
}
