/**
 * A queue for each key: calls that share a key run one after the other, in the order in which they were made. Calls on one
 * person in one process then never conflict with each other, which would cost a load and a decision for each try.
 */

/** Runs work once all earlier work on any of its keys has ended, however that ended. */
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
