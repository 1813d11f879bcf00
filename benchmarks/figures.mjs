/** Statistics and tables of measurements. */

/** @param {ReadonlyArray<number>} values Not empty. */
export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Returns the quantile of the values. */
export const percentile = (/** @type {ReadonlyArray<number>} */ values, /** @type {number} */ part) => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Formats a number with three significant digits and thousands separators. */
const shown = (/** @type {number} */ value) => {
  const digits = Number(value.toPrecision(3))
  return digits.toLocaleString('en-US', { maximumFractionDigits: 10 })
}

/**
 * Formats rows as a text table.
 *
 * @param {ReadonlyArray<Readonly<Record<string, string | number>>>} rows
 */
export const table = (rows) => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) =>
    columns.map((column) => {
      const value = row[column] ?? ''
      return typeof value === 'number' ? shown(value) : value
    })
  )
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i]?.length ?? 0)))
  const line = (/** @type {ReadonlyArray<string>} */ row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(columns), ...cells.map(line)].join('\n')
}
