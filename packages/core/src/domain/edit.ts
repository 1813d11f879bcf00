/**
 * Edits of nested values as if in place, the old value staying as it is and unchanged parts being shared. Only for places
 * where a hand-written copy is hard to read: it is several times slower than one.
 */
import { type Draft, Immer } from 'immer'

// A freeze would be paid on every edit, and stores may hand out values that are not ours to freeze.
const immer = new Immer({ autoFreeze: false })

/** What a recipe makes of a draft of the value; the same reference where it changes nothing. */
export const edit = <A>(value: A, recipe: (draft: Draft<A>) => void): A =>
  immer.produce(value, (draft) => {
    recipe(draft)
  })

/** The same, while it is being built. */
export type Writable<A> = { -readonly [K in keyof A]: A[K] }
