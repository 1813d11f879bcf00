/** Lists with at most one item for each key, such as a user point's profiles, segments and choices. They keep their order. */

/** Returns the list with this item, which replaces the item at its key or is added at the end. */
export const setItem = <A>(items: ReadonlyArray<A>, item: A, sameKey: (a: A, b: A) => boolean): ReadonlyArray<A> => {
  if (items.length === 0) return [item]
  const at = items.findIndex((each) => sameKey(each, item))
  return at === -1 ? [...items, item] : items.with(at, item)
}

/**
 * Returns the items of both lists; `join` combines two items at one key.
 *
 * `join` gets both items, and the index of their combination in the new list.
 */
export const joinItems = <A>(
  first: ReadonlyArray<A>,
  second: ReadonlyArray<A>,
  { sameKey, join }: { readonly sameKey: (a: A, b: A) => boolean; readonly join: (a: A, b: A, place: number) => A }
): ReadonlyArray<A> =>
  second.reduce((items, item) => {
    const place = items.findIndex((each) => sameKey(each, item))
    return place === -1 ? [...items, item] : items.with(place, join(items[place] as A, item, place))
  }, first)

/** Appends items to a list; if one of the two is empty, returns the other. */
export const grown = <A>(items: ReadonlyArray<A>, more: ReadonlyArray<A>): ReadonlyArray<A> =>
  more.length === 0 ? items : items.length === 0 ? more : items.concat(more)
