import type { Stored } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Pages by offset: what is deleted before the page shifts others out of sight. */
export const scanByOffset: BrokenStore = {
  name: 'scan by offset',
  breaks: 'PO-11.steady',
  wrap: (correct) => ({
    ...correct,
    *scan(kind, options = {}) {
      const { limit = Number.POSITIVE_INFINITY, ...rest } = options
      for (let offset = 0; offset < limit; offset += 100) {
        const all = [...(correct.scan(kind, rest) as Iterable<Stored>)]
        const page = all.slice(offset, Math.min(offset + 100, limit))
        yield* page
        if (page.length < 100) return
      }
    }
  })
}
