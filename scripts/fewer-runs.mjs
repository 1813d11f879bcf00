/**
 * Returns `USERPOINT_RUNS` for a suite that another store of the same code has with all random cases: a fifth of a campaign's, which
 * are as many as `npm test` tries.
 *
 * @param {string} runs
 */
export const fewerRuns = (runs) => {
  const all = Number(runs)
  if (!(all >= 1)) return runs
  return String(all < 5 ? all / 5 : Math.round(all / 5))
}
