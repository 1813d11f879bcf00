import type { Json } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

const depthOf = (value: Json): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

/** Keeps bodies in a column of JSON that nests 1,000 deep, as SQLite's functions do. */
export const shallowBodies: BrokenStore = {
  name: 'shallow bodies',
  breaks: 'PO-4.bodies',
  wrap: (correct) => ({
    ...correct,
    commit: (writes) => {
      if (writes.some(({ body = {} }) => depthOf(body) > 1_000)) throw new Error('malformed JSON')
      return correct.commit(writes)
    }
  })
}
