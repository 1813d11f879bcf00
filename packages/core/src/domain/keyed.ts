/** Lists that hold at most one item a key, such as a user point's profiles, segments and choices. Order is kept. */

/** The list with this item in the place of the one at its key, or at the end. */
export const setItem = <A>(items: ReadonlyArray<A>, item: A, sameKey: (a: A, b: A) => boolean): ReadonlyArray<A> => {
  if (items.length === 0) return [item]
  const at = items.findIndex((each) => sameKey(each, item))
  return at === -1 ? [...items, item] : items.with(at, item)
}

/**
 * All the items of both lists; where both have one at a key, `join` makes one of them.
 *
 * @param join Gets both items, and their place in the list that comes out.
 */
export const joinItems = <A>(
  first: ReadonlyArray<A>,
  second: ReadonlyArray<A>,
  sameKey: (a: A, b: A) => boolean,
  join: (a: A, b: A, place: number) => A
): ReadonlyArray<A> =>
  second.reduce((items, item) => {
    const place = items.findIndex((each) => sameKey(each, item))
    return place === -1 ? [...items, item] : items.with(place, join(items[place] as A, item, place))
  }, first)
