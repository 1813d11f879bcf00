/** Lists that hold at most one item a key, such as a user point's profiles, segments and choices. Order is kept. */

/** The list with this item in the place of the one at its key, or at the end. */
export const setItem = <A>(items: ReadonlyArray<A>, item: A, sameKey: (a: A, b: A) => boolean): ReadonlyArray<A> => {
  if (items.length === 0) return [item]
  const at = items.findIndex((each) => sameKey(each, item))
  return at === -1 ? [...items, item] : items.with(at, item)
}

/** All the items of both lists; where both have one at a key, `merge` makes one of them. */
export const mergeItems = <A>(
  first: ReadonlyArray<A>,
  second: ReadonlyArray<A>,
  sameKey: (a: A, b: A) => boolean,
  merge: (a: A, b: A) => A
): ReadonlyArray<A> =>
  second.reduce((items, item) => {
    const own = items.find((each) => sameKey(each, item))
    return setItem(items, own === undefined ? item : merge(own, item), sameKey)
  }, first)

interface Timed {
  readonly createdAt: number
  readonly modifiedAt: number
}

/**
 * What stays of two items at one key when user points become one: the one modified last wins whole, and the earlier
 * creation is kept. `survivor` wins a tie.
 */
export const mergeTimed = <A extends Timed>(survivor: A, other: A): A => ({
  ...(other.modifiedAt > survivor.modifiedAt ? other : survivor),
  createdAt: Math.min(survivor.createdAt, other.createdAt)
})
