/** Peak memory of whole processes that import files of growing length. */
import { measure } from './imports.mjs'

/** @param {{ folder: string, sizes: ReadonlyArray<number> }} options */
export const measureMemory = async ({ folder, sizes }) => {
  const rows = []
  for (const lines of sizes) {
    const row = { lines }
    const peaks = /** @type {Record<string, number>} */ ({})
    for (const contender of /** @type {const} */ (['sqlite', 'script'])) {
      peaks[`${contender} MB`] = (await measure(folder, contender, 'fresh', lines, false)).peak / 1e6
    }
    rows.push({ ...row, ...peaks })
  }
  return rows
}
