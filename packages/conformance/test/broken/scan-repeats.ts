import type { Stored } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Gives the last document of each page again as the first of the next. */
export const scanRepeats: BrokenStore = {
  name: 'scan repeats',
  breaks: 'PO-11.pages',
  wrap: (correct) => ({
    ...correct,
    *scan(kind, options) {
      let given = 0
      for (const stored of correct.scan(kind, options) as Iterable<Stored>) {
        given += 1
        yield stored
        if (given % 500 === 0) yield stored
      }
    }
  })
}
