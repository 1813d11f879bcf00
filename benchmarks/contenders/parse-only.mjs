/** (a) The floor of all: reads the file and parses each line, and does nothing with it. */
import { forEachLine } from './contender.mjs'

/** @type {import('./contender.mjs').Run} */
export const run = async ({ input, most }) => {
  let objects = 0
  await forEachLine(
    input,
    (line) => {
      if (typeof JSON.parse(line) === 'object') objects++
    },
    most
  )
  return objects
}
