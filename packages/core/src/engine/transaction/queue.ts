/**
 * A queue for each key: calls that share a key run one after the other, in the order of the calls. So calls on one person in
 * one process never conflict with each other; a conflict costs a load and a decision for each retry.
 */

/** Runs work after all earlier work on any of its keys has ended, with or without an error. */
export type Queue = <A>(keys: Iterable<string>, work: () => Promise<A>) => Promise<A>

export const createQueue = (): Queue => {
  const last = new Map<string, Promise<unknown>>()
  return async (keys, work) => {
    const own = [...keys]
    const earlier = own.flatMap((key) => last.get(key) ?? [])
    const done = earlier.length === 0 ? work() : Promise.all(earlier).then(work)
    const ended = done.then(
      () => undefined,
      () => undefined
    )
    for (const key of own) last.set(key, ended)
    try {
      return await done
    } finally {
      for (const key of own) if (last.get(key) === ended) last.delete(key)
    }
  }
}
