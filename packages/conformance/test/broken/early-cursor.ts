import type { JsonObject } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

/** Moves a cursor behind a whole entry as soon as its first change is acknowledged. */
export const earlyCursor: BrokenStore = {
  name: 'early cursor',
  breaks: 'L-42.replay',
  wrap: (correct) => ({
    ...correct,
    commit: (writes) =>
      correct.commit(
        writes.map((write) => {
          if (write.kind !== 'change_consumer' || write.body?.['part'] === undefined) return write
          const { part, marks, ...body } = write.body
          const { writer, number } = part as { readonly writer: string; readonly number: number }
          return { ...write, body: { ...body, marks: { ...(marks as JsonObject), [writer]: [number, 0] } } }
        })
      )
  })
}
