import type { BrokenStore } from './small-store.ts'

/** Knows no limit. */
export const limitlessScan: BrokenStore = {
  name: 'limitless scan',
  breaks: 'PO-11.order',
  wrap: (correct) => ({
    ...correct,
    scan: (kind, { after } = {}) => correct.scan(kind, after === undefined ? {} : { after })
  })
}
