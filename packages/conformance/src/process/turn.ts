/** Waiting, where there is nothing else to wait for. */

/** Lets everything else that waits have its turn. */
export const turn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve))
}

export const pause = async (milliseconds: number): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}
