/**
 * The rows of answers. A pool may have its own type parsers, so every answer consists of texts in SQL, and is refused if it has
 * other values here.
 */
import { StoreFault } from '@userpoint/core/repository'
import type { PostgresResult } from './postgres-pool.ts'

/** The fault for answers that a type parser has changed. */
export const parsedOtherwise = (what: string, applied?: false): StoreFault =>
  new StoreFault(
    `postgres: ${what} failed (the pool's type parsers change texts: use a pool without parsers of its own)`,
    {
      ...(applied === false && { applied, recovery: 'repair' as const }),
      code: 'TYPE_PARSERS'
    }
  )

/** Returns the rows of an answer whose columns are all texts. */
export const textRows = <Column extends string>(
  what: string,
  { rows }: PostgresResult,
  columns: ReadonlyArray<Column>
): ReadonlyArray<Readonly<Record<Column, string>>> => {
  for (const row of rows) {
    for (const column of columns) {
      if (typeof (row as Partial<Record<Column, unknown>>)[column] !== 'string') throw parsedOtherwise(what, false)
    }
  }
  return rows as ReadonlyArray<Readonly<Record<Column, string>>>
}
