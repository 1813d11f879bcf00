import type { BrokenStore } from './small-store.ts'

/** Begins with `after` itself. */
export const scanFrom: BrokenStore = {
  name: 'scan from',
  breaks: 'PO-11.order',
  parts: { comesAfter: (id, after) => id >= after }
}
