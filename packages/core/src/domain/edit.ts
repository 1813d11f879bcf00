/**
 * Edits of nested values as if in place. The old value does not change, and both share the unchanged parts. Use it only where
 * a copy by hand is hard to read: it is several times slower.
 */
import { type Draft, Immer } from 'immer'

// A freeze costs time on every edit, and a value may belong to the store.
const immer = new Immer({ autoFreeze: false })

/** Returns the value after a recipe has edited a draft of it; the same reference if the recipe changes nothing. */
export const edit = <A>(value: A, recipe: (draft: Draft<A>) => void): A =>
  immer.produce(value, (draft) => {
    recipe(draft)
  })

/** The type without `readonly`, for a value that is being built. */
export type Writable<A> = { -readonly [K in keyof A]: A[K] }
