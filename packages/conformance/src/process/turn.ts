/** Yields to the event loop. */

/** Lets other pending work run. */
export const turn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve))
}

export const pause = async (milliseconds: number): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Waits for some turns of the microtask queue, and then starts. */
export const afterTurns = async <A>(turns: number, begin: () => Promise<A>): Promise<A> => {
  for (let count = 0; count < turns; count += 1) await Promise.resolve()
  return await begin()
}
