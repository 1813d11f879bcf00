/** Waits with an end. */

/** Resolves after so many milliseconds. */
export const sleep = (milliseconds: number): Promise<void> => new Promise((wake) => setTimeout(wake, milliseconds))

/** Returns the outcome of the work, or of `late` if that many milliseconds pass first; the work itself goes on. */
export const within = async <A>(work: Promise<A>, milliseconds: number, late: () => A): Promise<A> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, milliseconds))
  }).then(late)
  try {
    return await Promise.race([work, silence])
  } finally {
    clearTimeout(timer)
  }
}
