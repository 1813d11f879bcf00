import type { BrokenStore } from './small-store.ts'

/** Answers each reference once, however often it was asked. */
export const twinsDropped: BrokenStore = {
  name: 'twins dropped',
  breaks: 'PO-1.order',
  wrap: (correct) => ({
    ...correct,
    load: (references) => {
      const known = new Map(references.map((one) => [JSON.stringify(one), one]))
      return correct.load([...known.values()])
    }
  })
}
