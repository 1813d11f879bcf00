import type { BrokenStore } from './small-store.ts'

/** Lets the version grow only where the body changed. */
export const stuckVersion: BrokenStore = {
  name: 'stuck version',
  breaks: 'PO-9.versions',
  parts: {
    versionAfter: (write, before) =>
      before?.text === JSON.stringify(write.body) ? (before?.version ?? 1) : write.expected + 1
  }
}
