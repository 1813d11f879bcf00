import type { BrokenStore } from './small-store.ts'

/** Orders ids as people do. */
export const scanByLocale: BrokenStore = {
  name: 'scan by locale',
  breaks: 'PO-11.order',
  parts: { order: (a, b) => a.localeCompare(b, 'en') }
}
