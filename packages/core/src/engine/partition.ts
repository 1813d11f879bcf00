/**
 * Dividing lines among workers. Lines that speak of one thing, directly or over other lines, are one group: groups have
 * nothing to do with each other, as far as the lines themselves say.
 */

/** Sets of numbers from 0 that are joined, two at a time. */
interface Sets {
  readonly find: (n: number) => number
  readonly join: (a: number, b: number) => void
}

const createSets = (size: number): Sets => {
  const parents = Int32Array.from({ length: size }, (_, n) => n)
  const find = (n: number): number => {
    let root = n
    while (parents[root] !== root) root = parents[root] as number
    // Whoever asks again has a short way.
    for (let at = n; at !== root; ) {
      const next = parents[at] as number
      parents[at] = root
      at = next
    }
    return root
  }
  return {
    find,
    join: (a, b) => {
      const [first, second] = [find(a), find(b)]
      parents[Math.max(first, second)] = Math.min(first, second)
    }
  }
}

const joinAlike = (sets: Sets, keys: ReadonlyArray<ReadonlyArray<string>>): void => {
  const first = new Map<string, number>()
  keys.forEach((each, n) => {
    for (const key of each) {
      const other = first.get(key)
      if (other === undefined) first.set(key, n)
      else sets.join(other, n)
    }
  })
}

/**
 * The group of each line, numbered from 0 in the order of their first lines. Two lines are in one group where they have a
 * key in common, or others are between them that have.
 *
 * @param keys Those of each line.
 */
export const groupsOf = (keys: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<number> => {
  const sets = createSets(keys.length)
  joinAlike(sets, keys)
  const numbers = new Map<number, number>()
  return keys.map((_, n) => {
    const root = sets.find(n)
    const known = numbers.get(root)
    if (known !== undefined) return known
    numbers.set(root, numbers.size)
    return numbers.size - 1
  })
}

/**
 * The worker of each group: the largest first, each to the worker that has the fewest lines by then.
 *
 * @param groups That of each line, as from {@link groupsOf}.
 */
export const deal = (groups: ReadonlyArray<number>, workers: number): ReadonlyArray<number> => {
  const sizes: number[] = []
  for (const group of groups) sizes[group] = (sizes[group] ?? 0) + 1
  const loads = Array.from({ length: workers }, () => 0)
  const dealt = sizes.map(() => 0)
  const bySize = sizes.map((size, group) => ({ size, group })).sort((a, b) => b.size - a.size)
  for (const { size, group } of bySize) {
    const worker = loads.indexOf(Math.min(...loads))
    loads[worker] = (loads[worker] as number) + size
    dealt[group] = worker
  }
  return dealt
}

/**
 * The groups that have to do with groups of other workers after all, over documents that both lead to.
 *
 * @param dealt The worker of each group.
 * @param touched The documents that each group leads to.
 */
export const meetings = (
  dealt: ReadonlyArray<number>,
  touched: ReadonlyArray<ReadonlyArray<string>>
): ReadonlySet<number> => {
  const sets = createSets(touched.length)
  joinAlike(sets, touched)
  const workers = new Map<number, number | 'several'>()
  dealt.forEach((worker, group) => {
    const root = sets.find(group)
    const other = workers.get(root)
    workers.set(root, other === undefined || other === worker ? worker : 'several')
  })
  return new Set(dealt.flatMap((_, group) => (workers.get(sets.find(group)) === 'several' ? [group] : [])))
}
