import type { Stored } from '@userpoint/core/repository'
import { turn } from './disk-lock.ts'
import type { BrokenStore } from './small-store.ts'

/** Asks for ids in one statement, and for claims in another, at a later moment. */
export const claimsLater: BrokenStore = {
  name: 'claims later',
  breaks: 'PO-2.many',
  wrap: (correct) => ({
    ...correct,
    load: async (references) => {
      const found = new Map<number, Stored | undefined>()
      for (const tag of ['ById', 'ByClaim'] as const) {
        const places = [...references.keys()].filter((place) => references[place]?._tag === tag)
        const answers = await correct.load(places.flatMap((place) => references[place] ?? []))
        for (const [index, place] of places.entries()) found.set(place, answers[index])
        if (places.length > 0 && places.length < references.length) await turn()
      }
      return references.map((_, place) => found.get(place))
    }
  })
}
