/** Reads the tables for a check. */
import type { Flaw } from '@userpoint/core/repository'
import type { CheckSource, HeldDocument, StrayEntries } from './check.ts'
import type { ClaimIndex } from './claim-index.ts'
import type { DocumentRow } from './documents.ts'
import type { Datamart, DatamartFinder } from './schema.ts'
import type { SqliteDatabase } from './sqlite-database.ts'
import { resultCode } from './sqlite-error.ts'
import type { Transactions } from './transactions.ts'

interface Parts {
  readonly database: SqliteDatabase
  readonly datamart: DatamartFinder
  readonly index: ClaimIndex
  readonly transactions: Transactions
}

/** Returns the claims in a row; empty if the column is damaged, so that the check reports all of them as missing. */
const claimsIn = (text: string): ReadonlyArray<string> => {
  try {
    const claims: unknown = JSON.parse(text)
    return Array.isArray(claims) ? claims.filter((claim) => typeof claim === 'string') : []
  } catch {
    return []
  }
}

/** The tables as a check reads them. Statements are prepared for each page: a check is rare. */
export const createCheckSource = ({ database, datamart, index, transactions }: Parts): CheckSource => ({
  damages: () => damagesOf(database),
  held: (after, size) =>
    transactions.read(() => {
      const known = datamart.find()
      return known === undefined ? [] : heldAfter({ database, index, datamart: known, after, size })
    }),
  strays: (from, size) =>
    transactions.read(() => {
      const known = datamart.find()
      return known === undefined ? { flaws: [], next: undefined } : straysFrom(database, known, { from, size })
    })
})

const damagesOf = (database: SqliteDatabase): ReadonlyArray<string> => {
  try {
    const rows = database.prepare('pragma integrity_check').all() as ReadonlyArray<object>
    return rows.map((row) => String(Object.values(row)[0])).filter((text) => text !== 'ok')
  } catch (error) {
    if (resultCode(error) === 'SQLITE_CORRUPT') return ['the file is too damaged to be checked']
    throw error
  }
}

interface HeldAsked {
  readonly database: SqliteDatabase
  readonly index: ClaimIndex
  readonly datamart: Datamart
  readonly after: number
  readonly size: number
}

/** A claim leads to a document if the document's row has it, and the index has the row under the claim's hash. */
const heldAfter = ({ database, index, datamart, after, size }: HeldAsked): ReadonlyArray<HeldDocument> => {
  const rows = database
    // The plus keeps SQLite from using the index on ids, because it would then sort each page.
    .prepare(
      `select document, kind, id, version, claims, body from document
       where document > ? and +datamart = ? order by document limit ?`
    )
    .all(after, datamart.number, size) as ReadonlyArray<DocumentRow>
  const claims = rows.map((row) => claimsIn(row.claims))
  const found = index.find(claims.flat().map(datamart.hash))
  return rows.map(({ document, kind, id, version, body }, place) => {
    const number = Number(document)
    const leads = (claim: string): boolean => found.get(datamart.hash(claim))?.includes(number) === true
    return {
      number,
      document: { kind, id, version: Number(version), body },
      claims: (claims[place] ?? []).filter(leads)
    }
  })
}

interface Entry {
  readonly hash: number | bigint
  readonly document: number | bigint
  readonly datamart: number | bigint | null
  readonly kind: string | null
  readonly id: string | null
  readonly claims: string | null
}

const straysFrom = (
  database: SqliteDatabase,
  { number, hash }: Datamart,
  { from, size }: { readonly from: number; readonly size: number }
): StrayEntries => {
  // An entry has one document, or several in a list; one that leads to no document may be of any datamart.
  const entries = database
    .prepare(
      `with entry as (select hash, document, others from claim where hash >= ? order by hash limit ?),
       lead as (
         select hash, document from entry
         union all
         select hash, other.value from entry, json_each(coalesce(entry.others, '[]')) as other
       )
       select lead.hash, lead.document, document.datamart, kind, id, claims
       from lead left join document on document.document = lead.document
       order by lead.hash`
    )
    .all(from, size) as ReadonlyArray<Entry>
  const flaws: Flaw[] = []
  for (const entry of entries) {
    if (entry.datamart === null) flaws.push({ _tag: 'StrayClaims', count: 1 })
    else if (Number(entry.datamart) === number && entry.kind !== null && entry.id !== null) {
      const isHeld = claimsIn(entry.claims ?? '').some((claim) => hash(claim) === Number(entry.hash))
      if (!isHeld) flaws.push({ _tag: 'StrayClaims', kind: entry.kind, id: entry.id, count: 1 })
    }
  }
  const hashes = new Set(entries.map((entry) => Number(entry.hash)))
  return { flaws, next: hashes.size < size ? undefined : Math.max(...hashes) + 1 }
}
