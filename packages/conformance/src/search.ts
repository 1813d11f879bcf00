/** The search for the smallest failing case: it has a time, and knows the best case so far at every moment. */
import fc from 'fast-check'
import { asFailure, type Failure } from './failure.ts'
import { type Budget, shrinkTimeOf } from './requirement.ts'

/** The best failing case so far. */
export interface Best {
  readonly failure: Failure
  /** The path that leads to the case again. */
  readonly path: string
}

export interface Search {
  /** Tries a case, and keeps its failure, which is better than each before it. Once the time is up, it ends the search. */
  readonly attempt: (holds: () => Promise<void>) => Promise<void>
  readonly best: () => Best | undefined
  /** `true`: the search was ended before it was done. */
  readonly isCut: () => boolean
}

/** @param from The path from which a replay begins. */
export const createSearch = (budget: Budget, from = '0'): Search => {
  const shrinkTime = shrinkTimeOf(budget)
  const path = from.split(':').map(Number)
  let index = -1
  let foundAt: number | undefined
  let best: Best | undefined
  let isCut = false

  /** Notes where the case stands: a first one at its distance from the path's end, a shrunk one below the last. */
  const keep = (failure: Failure): void => {
    if (best === undefined) path.push(Number(path.pop()) + index)
    else path.push(index)
    index = -1
    best = { failure, path: path.join(':') }
  }

  return {
    attempt: async (holds) => {
      index += 1
      if (foundAt !== undefined && performance.now() - foundAt > shrinkTime) {
        isCut = true
        throw new fc.PreconditionFailure(true)
      }
      try {
        await holds()
      } catch (error) {
        if (fc.PreconditionFailure.isFailure(error)) throw error
        foundAt ??= performance.now()
        keep(asFailure(error))
        throw error
      }
    },
    best: () => best,
    isCut: () => isCut
  }
}
