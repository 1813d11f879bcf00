import type { BrokenStore } from './small-store.ts'

/** Gives back every claim of a document that gives back one. */
export const generousRelease: BrokenStore = {
  name: 'generous release',
  breaks: 'PO-10.released',
  wrap: (correct, disk) => ({
    ...correct,
    commit: (writes) =>
      correct.commit(
        writes.map((write) => {
          const held = [...disk.claims].filter(([, key]) => key === `${write.kind} ${write.id}`)
          return write.release.length === 0 ? write : { ...write, release: held.map(([claim]) => claim) }
        })
      )
  })
}
