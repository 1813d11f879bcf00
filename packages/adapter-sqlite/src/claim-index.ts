/**
 * The index of claims: from a claim's hash to the numbers of the documents that may hold it. Several claims may have one hash,
 * so that the document's own row must confirm each result.
 */
import { type Insertion, prepareInsertion } from './insertion.ts'
import type { SqliteDatabase } from './sqlite-database.ts'

/** A claim, and the document that takes it. */
export interface Taking {
  readonly claim: string
  readonly hash: number
  readonly document: number
}

export interface ClaimIndex {
  /** The documents under each of these hashes that has any. */
  readonly find: (hashes: ReadonlyArray<number>) => ReadonlyMap<number, ReadonlyArray<number>>
  /** Puts each document under its hash. `false`: another document holds a claim, and the transaction must be rolled back. */
  readonly take: (takings: ReadonlyArray<Taking>, holds: (document: number, claim: string) => boolean) => boolean
  /** Takes a document away from under a hash. */
  readonly release: (hash: number, document: number) => void
}

/** A hash's row. Nearly always there is one document, and `others` is null; else it is a JSON list. */
interface Row {
  readonly hash: number | bigint
  readonly document: number | bigint
  readonly others: string | null
}

const documentsOf = ({ document, others }: Row): ReadonlyArray<number> =>
  others === null ? [Number(document)] : [Number(document), ...(JSON.parse(others) as ReadonlyArray<number>)]

/** Prepares the index of a database that has its tables. */
export const createClaimIndex = (database: SqliteDatabase): ClaimIndex => {
  // A list comes as JSON, so that one statement is enough for any number.
  const select = database.prepare(
    'select hash, document, others from json_each(?) as asked cross join claim where hash = asked.value'
  )
  const selectOne = database.prepare('select hash, document, others from claim where hash = ?')
  const insert: Insertion = prepareInsertion(database, 'claim (hash, document)', '(?, ?)', 2)
  const update = database.prepare("update claim set document = ?, others = nullif(?, '[]') where hash = ?")
  const deleteAlone = database.prepare('delete from claim where hash = ? and document = ? and others is null')

  const documentsAt = (hash: number): ReadonlyArray<number> => {
    const row = selectOne.get(hash)
    return row ? documentsOf(row as Row) : []
  }
  const put = (hash: number, [first, ...others]: ReadonlyArray<number>): void => {
    if (first !== undefined) update.run(first, JSON.stringify(others), hash)
  }

  return {
    find: (hashes) => {
      const rows = select.all(JSON.stringify(hashes)) as ReadonlyArray<Row>
      return new Map(rows.map((row) => [Number(row.hash), documentsOf(row)]))
    },
    take: (takings, holds) => {
      const parameters: number[] = []
      for (const { hash, document } of takings) parameters.push(hash, document)
      for (const { from, to } of insert(parameters)) {
        for (const { claim, hash, document } of takings.slice(from, to)) {
          const documents = documentsAt(hash)
          if (documents.some((other) => other !== document && holds(other, claim))) return false
          // The document is there if it was just inserted, or if it holds another claim of this hash.
          if (!documents.includes(document)) put(hash, [...documents, document])
        }
      }
      return true
    },
    release: (hash, document) => {
      if (Number(deleteAlone.run(hash, document).changes) > 0) return
      put(
        hash,
        documentsAt(hash).filter((other) => other !== document)
      )
    }
  }
}
