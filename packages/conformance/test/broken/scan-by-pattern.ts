import type { BrokenStore } from './small-store.ts'

/** Compares kinds with `like`, where `_` stands for any character. */
export const scanByPattern: BrokenStore = {
  name: 'scan by pattern',
  breaks: 'PO-11.one-kind',
  parts: { isOfKind: (kind, wanted) => new RegExp(`^${wanted.replaceAll('_', '.')}$`).test(kind) }
}
