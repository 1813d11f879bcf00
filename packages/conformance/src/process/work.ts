/**
 * The batches that a process commits while it waits to be killed. Batch `n` needs all before it, and what is stored
 * after it is known from `n` alone: two documents count up together, a claim goes from one to the other, and with each
 * batch one item comes, one is replaced, and gives its claim for another, and one goes.
 */
import type { Reference, Stored, Write } from '@userpoint/core/repository'
import { byClaim, byId, put, remove, stored } from '../writes.ts'

/** The claim that moves back and forth between the two permanent documents. */
export const baton = 'baton'

// Some bodies are longer than a page in most stores.
const paired = (id: string, n: number): Stored => stored(id, { n, text: 'x'.repeat(((n * 37) % 11) * 500) }, n)

const item = (n: number, version: number): Stored => stored(`item-${n}`, { n, version }, version)

const firstClaim = (n: number): string => `first of item-${n}`
const secondClaim = (n: number): string => `second of item-${n}`

const holderOf = (n: number): 'left' | 'right' => (n % 2 === 1 ? 'left' : 'right')

const rotated = (writes: ReadonlyArray<Write>, by: number): ReadonlyArray<Write> => {
  const place = by % writes.length
  return [...writes.slice(place), ...writes.slice(0, place)]
}

/** Returns batch `n`, from 1. */
export const batchOf = (n: number): ReadonlyArray<Write> => {
  const pair = (['left', 'right'] as const).map((id) =>
    put(paired(id, n), {
      claim: holderOf(n) === id ? [baton] : [],
      release: n > 1 && holderOf(n - 1) === id ? [baton] : []
    })
  )
  const comes = put(item(n, 1), { claim: [firstClaim(n)] })
  const changes = n < 2 ? [] : [put(item(n - 1, 2), { claim: [secondClaim(n - 1)], release: [firstClaim(n - 1)] })]
  const goes = n < 3 ? [] : [remove(item(n - 2, 2), [secondClaim(n - 2)])]
  return rotated([...pair, comes, ...changes, ...goes], n)
}

/** Returns every document after batch `n`, ascending by id. */
export const documentsAfter = (n: number): ReadonlyArray<Stored> => {
  const items = [...(n > 0 ? [item(n, 1)] : []), ...(n > 1 ? [item(n - 1, 2)] : [])]
  const all = n > 0 ? [...items, paired('left', n), paired('right', n)] : []
  return all.sort((a, b) => (a.id < b.id ? -1 : 1))
}

const around = [-3, -2, -1, 0, 1, 2]

/** Returns the references that check a store after batch `n`, with the expected answers. */
export const questionsAfter = (
  n: number
): ReadonlyArray<{ readonly reference: Reference; readonly answer: Stored | undefined }> => {
  const documents = documentsAfter(n)
  const found = (id: string): Stored | undefined => documents.find((one) => one.id === id)
  const version = (place: number): number => (place === n ? 1 : place === n - 1 ? 2 : 0)
  const items = around
    .map((distance) => n + distance)
    .filter((place) => place > 0)
    .flatMap((place) => {
      const there = found(`item-${place}`)
      return [
        { reference: byId(`item-${place}`), answer: there },
        { reference: byClaim(firstClaim(place)), answer: version(place) === 1 ? there : undefined },
        { reference: byClaim(secondClaim(place)), answer: version(place) === 2 ? there : undefined }
      ]
    })
  return [
    { reference: byId('left'), answer: found('left') },
    { reference: byId('right'), answer: found('right') },
    { reference: byClaim(baton), answer: n > 0 ? found(holderOf(n)) : undefined },
    ...items
  ]
}
