import type { JsonObject } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

const kept = new Map<string, JsonObject>()
let count = 0

/** Hands out the very object that was committed. */
export const aliasedAnswers: BrokenStore = {
  name: 'aliased answers',
  breaks: 'PO-4.own-copy',
  parts: {
    encode: (body) => {
      count += 1
      kept.set(`body ${count} ${JSON.stringify(body)}`, body)
      return `body ${count} ${JSON.stringify(body)}`
    },
    decode: (text) => kept.get(text) as JsonObject
  }
}
