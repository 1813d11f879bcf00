/**
 * The rows of answers. A pool may cast values in a way of its own, so every answer is made of texts in SQL, and is believed
 * only where it is made of texts here.
 */
import { StoreFault } from '@userpoint/core/repository'
import type { MysqlAnswer } from './mysql-pool.ts'

/** Returns the fault for answers that are not what the server sent. */
export const castOtherwise = (what: string, applied?: false): StoreFault =>
  new StoreFault(
    `mysql: ${what} failed (the pool casts values in a way of its own: leave out \`typeCast\`, \`rowsAsArray\` and \`nestTables\`)`,
    {
      ...(applied === false && { applied, recovery: 'repair' as const }),
      code: 'TYPE_CASTS'
    }
  )

/** Returns the rows of an answer whose columns are all texts, or `null` where the column may be that. */
export const textRows = <Column extends string, Nullable extends string = never>(
  what: string,
  [rows]: MysqlAnswer,
  { columns, nullable = [] }: { readonly columns: ReadonlyArray<Column>; readonly nullable?: ReadonlyArray<Nullable> }
): ReadonlyArray<Readonly<Record<Column, string> & Record<Nullable, string | null>>> => {
  if (!Array.isArray(rows)) throw castOtherwise(what, false)
  for (const row of rows as ReadonlyArray<Partial<Record<string, unknown>>>) {
    for (const column of columns) if (typeof row[column] !== 'string') throw castOtherwise(what, false)
    for (const column of nullable) {
      if (row[column] !== null && typeof row[column] !== 'string') throw castOtherwise(what, false)
    }
  }
  return rows as ReadonlyArray<Readonly<Record<Column, string> & Record<Nullable, string | null>>>
}

/** Returns how many rows a statement changed, as the server counts them. */
export const affectedRows = (what: string, [header]: MysqlAnswer): number => {
  const count: unknown = typeof header === 'object' && header !== null ? Reflect.get(header, 'affectedRows') : undefined
  if (typeof count !== 'number') throw castOtherwise(what, false)
  return count
}
