/** Finds and writes the rows of documents, within a transaction. */
import type { Kind, Write } from '@userpoint/core/repository'
import type { ClaimIndex, Taking } from './claim-index.ts'
import { type Insertion, prepareInsertion, rowsPerStatement } from './insertion.ts'
import type { RowNumbers } from './row-numbers.ts'
import type { Datamart } from './schema.ts'
import type { SqliteDatabase } from './sqlite-database.ts'

/** A document whose body is its stored text. */
export interface TextDocument {
  readonly kind: Kind
  readonly id: string
  readonly version: number
  readonly body: string
}

/** A write whose body is the text to store. */
export interface TextWrite extends Omit<Write, 'body'> {
  readonly body: string | undefined
}

interface Row extends Omit<TextDocument, 'version'> {
  readonly version: number | bigint
}

/** A row with its number and its claims. */
export interface DocumentRow extends Row {
  readonly document: number | bigint
  readonly claims: string
}

/** The same, of any datamart. */
interface FoundRow extends DocumentRow {
  readonly datamart: number | bigint
}

/** A document that was read. */
export interface Found {
  readonly document: TextDocument
  readonly datamart: number
  readonly holds: (claim: string) => boolean
}

export interface Documents {
  /** Returns the numbers of the documents with these kinds and ids, by their places in the list. */
  readonly findNumbers: (datamart: Datamart, ids: ReadonlyArray<readonly [Kind, string]>) => ReadonlyMap<number, number>
  /** Returns the documents with these numbers. */
  readonly read: (numbers: ReadonlyArray<number>) => ReadonlyMap<number, Found>
  /** Returns the documents of a kind whose ids come after `after`, ascending by id. */
  readonly page: (datamart: Datamart, kind: Kind, after: string, size: number) => ReadonlyArray<TextDocument>
  /** Writes a batch. `false`: a version or a claim conflicts, and the transaction must be rolled back. */
  readonly write: (datamart: Datamart, writes: Iterable<TextWrite>) => boolean
}

const documentIn = ({ kind, id, version, body }: Row): TextDocument => ({ kind, id, version: Number(version), body })

const claimsIn = (text: string): Set<string> => new Set(JSON.parse(text) as ReadonlyArray<string>)

const found = (row: FoundRow): Found => {
  let claims: ReadonlySet<string> | undefined
  return {
    document: documentIn(row),
    datamart: Number(row.datamart),
    holds: (claim) => {
      claims ??= claimsIn(row.claims)
      return claims.has(claim)
    }
  }
}

const noClaims = '[]'

const valuesPerRow = 6
const valuesPerStatement = valuesPerRow * rowsPerStatement

const didChange = (result: { readonly changes: number | bigint }): boolean => Number(result.changes) > 0

/** Prepares the documents of a database that has its tables. */
export const createDocuments = (database: SqliteDatabase, index: ClaimIndex, rows: RowNumbers): Documents => {
  const prepare = (sql: string) => database.prepare(sql)
  // Lists come as JSON, so that a load of any size is few statements, each of which costs as much as it finds.
  const selectNumbers = prepare(
    `select asked.key as place, document.document from json_each(?) as asked cross join document
     where document.datamart = ? and document.kind = asked.value ->> 0 and document.id = asked.value ->> 1`
  )
  const selectRows = prepare(
    `select document.document, datamart, kind, document.id, version, claims, body
     from json_each(?) as asked cross join document where document.document = asked.value`
  )
  const selectPage = prepare(
    'select kind, id, version, body from document where datamart = ? and kind = ? and id > ? order by id limit ?'
  )
  const selectNext = prepare('select coalesce(max(document), 0) + 1 as next from document')
  const selectHeld = prepare(
    'select document, claims from document where datamart = ? and kind = ? and id = ? and version = ?'
  )
  const selectClaims = prepare('select datamart, claims from document where document = ?')
  const insert: Insertion = prepareInsertion(
    database,
    'document (document, datamart, kind, id, version, claims, body)',
    '(?, ?, ?, ?, 1, ?, ?)',
    valuesPerRow
  )
  // The number finds a row at once; the rest tells whether it is still the same document.
  const isIt = 'document = ? and datamart = ? and kind = ? and id = ? and version = ?'
  const updateBody = prepare(`update document set version = version + 1, body = ? where ${isIt}`)
  const updateAll = prepare('update document set version = version + 1, claims = ?, body = ? where document = ?')
  const remove = prepare(`delete from document where ${isIt}`)

  const holds =
    (datamart: Datamart) =>
    (document: number, claim: string): boolean => {
      const row = selectClaims.get(document) as Pick<FoundRow, 'datamart' | 'claims'>
      return Number(row.datamart) === datamart.number && claimsIn(row.claims).has(claim)
    }

  /** Returns the document's number and claims, if it has that version. */
  const held = ({ number }: Datamart, { kind, id, expected }: TextWrite) => {
    const row = selectHeld.get(number, kind, id, expected) as Pick<FoundRow, 'document' | 'claims'> | null | undefined
    return row ? { document: Number(row.document), claims: row.claims } : undefined
  }

  /** Runs `attempt` with the number of a document whose claims do not matter, or stay; `undefined`: it has another version. */
  const atItsRow = (
    datamart: Datamart,
    write: TextWrite,
    attempt: (document: number) => boolean
  ): number | undefined => {
    const remembered = rows.find(write.kind, write.id)
    if (remembered !== undefined && attempt(remembered)) return remembered
    const document = held(datamart, write)?.document
    if (document === undefined || !attempt(document)) return undefined
    rows.remember(write.kind, write.id, document)
    return document
  }

  /** The changes of the index by a batch: all releases come before all claims. */
  interface Changes {
    readonly released: Array<readonly [hash: number, document: number]>
    readonly taken: Taking[]
  }

  const take = ({ hash }: Datamart, claims: Iterable<string>, document: number, { taken }: Changes): void => {
    for (const claim of claims) taken.push({ claim, hash: hash(claim), document })
  }

  const erase = (datamart: Datamart, write: TextWrite, changes: Changes): boolean => {
    const { kind, id, expected, release } = write
    const document = atItsRow(datamart, write, (number) =>
      didChange(remove.run(number, datamart.number, kind, id, expected))
    )
    if (document === undefined) return false
    for (const hash of new Set(release.map(datamart.hash))) changes.released.push([hash, document])
    return true
  }

  const rewrite = (datamart: Datamart, write: TextWrite, text: string, changes: Changes): boolean => {
    const { kind, id, expected, claim, release } = write
    if (claim.length === 0 && release.length === 0) {
      const update = (document: number): boolean =>
        didChange(updateBody.run(text, document, datamart.number, kind, id, expected))
      return atItsRow(datamart, write, update) !== undefined
    }
    const row = held(datamart, write)
    if (row === undefined) return false
    const { document } = row
    const claims = claimsIn(row.claims)
    for (const given of release) claims.delete(given)
    for (const taken of claim) claims.add(taken)
    updateAll.run(JSON.stringify([...claims]), text, document)
    take(datamart, claim, document, changes)
    if (release.length === 0) return true
    // The document stays under the hash if another of its claims has the same one.
    const kept = new Set(Array.from(claims, datamart.hash))
    for (const hash of new Set(release.map(datamart.hash))) if (!kept.has(hash)) changes.released.push([hash, document])
    return true
  }

  return {
    findNumbers: (datamart, ids) => {
      if (ids.length === 0) return new Map()
      const placed = selectNumbers.all(JSON.stringify(ids), datamart.number) as ReadonlyArray<{
        readonly place: number | bigint
        readonly document: number | bigint
      }>
      return new Map(placed.map(({ place, document }) => [Number(place), Number(document)]))
    },
    read: (numbers) => {
      if (numbers.length === 0) return new Map()
      const read = new Map<number, Found>()
      for (const row of selectRows.all(JSON.stringify(numbers)) as ReadonlyArray<FoundRow>) {
        read.set(Number(row.document), found(row))
        rows.remember(row.kind, row.id, Number(row.document))
      }
      return read
    },
    page: (datamart, kind, after, size) =>
      (selectPage.all(datamart.number, kind, after, size) as ReadonlyArray<Row>).map(documentIn),
    write: (datamart, writes) => {
      const changes: Changes = { released: [], taken: [] }
      const added: Array<number | string> = []
      let next = 0
      for (const write of writes) {
        const { kind, id, expected, body, claim } = write
        if (body === undefined) {
          if (!erase(datamart, write, changes)) return false
        } else if (expected > 0) {
          if (!rewrite(datamart, write, body, changes)) return false
        } else {
          if (next === 0) next = Number((selectNext.get() as { readonly next: number | bigint }).next)
          const claims = claim.length === 0 ? noClaims : JSON.stringify(claim)
          added.push(next, datamart.number, kind, id, claims, body)
          take(datamart, claim, next, changes)
          next++
          if (added.length === valuesPerStatement && insert(added.splice(0)).length > 0) return false
        }
      }
      if (insert(added).length > 0) return false
      for (const [hash, document] of changes.released) index.release(hash, document)
      return index.take(changes.taken, holds(datamart))
    }
  }
}
