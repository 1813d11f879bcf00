/** A check of one datamart: each document's claims, and claims without a document (PO-18). Each page is one statement. */
import { type ClaimsOf, documentFlaws, type Flaw } from '@userpoint/core/repository'
import { textRows } from './answer.ts'
import { asText, endOf, namesOf, pageColumns, pageOf, type Read, type Row, stored } from './load.ts'
import { claimKey, type Names } from './migrations.ts'
import type { MysqlQueryable } from './mysql-pool.ts'
import { claimRows, parametersOf } from './pieces.ts'

/** The number of documents in a page: the claims are read once for each page. */
const pageSize = 5_000

const holding = (names: Names): string => `
    (${pageColumns}, null as claim ${pageOf(names, pageSize)})
    union all
    select ${asText('holder.doc_key')}, null, null, ${asText('holder.claim')}
    from (select page.doc_key ${pageOf(names, pageSize)}) as page
    join ${names.claim} as holder on holder.datamart_id = ? and holder.doc_key = page.doc_key`

const orphans = ({ document, claim }: Names): string => `
    select cast(count(*) as char) as count from ${claim} as holder
    left join ${document} as document
    on document.datamart_id = holder.datamart_id and document.doc_key = holder.doc_key
    where holder.datamart_id = ? and document.doc_key is null`

/** Returns each text as it is kept in the table of claims. */
const keptAs = async (
  client: MysqlQueryable,
  claims: ReadonlyArray<string>,
  room: number
): Promise<ReadonlyArray<string>> => {
  const kept: string[] = []
  for (const part of parametersOf(claims, room)) {
    const answer = await client.execute(
      `select ${asText(`(${claimKey('given_claim')})`)} as kept from ${claimRows} as given order by given_place`,
      [part]
    )
    for (const row of textRows('check', answer, { columns: ['kept'] })) kept.push(row.kept)
  }
  return kept
}

/** Short claims are kept as they are; only long ones, or those that look like digests, are asked about. */
const mayDiffer = (claim: string): boolean => claim.length > 166 || claim.startsWith('sha256:')

/** The claims that a document must hold, or why they cannot be told. */
type Told = { readonly claims: ReturnType<ClaimsOf> } | { readonly error: unknown }

const tell = (row: Row, claimsOf: ClaimsOf): Told => {
  try {
    return { claims: claimsOf(stored(row)) }
  } catch (error) {
    return { error }
  }
}

/** The tables that a check reads. */
export interface CheckSource {
  readonly names: Names
  readonly datamart: string
  /** The bytes that claims may have in one statement. */
  readonly room: number
  readonly read: Read
}

/** Yields what is wrong. No connection is held between two steps. */
export async function* check(
  { names, datamart, room, read }: CheckSource,
  claimsOf: ClaimsOf
): AsyncGenerator<Flaw, void, undefined> {
  const [holdingStatement, orphansStatement] = [holding(names), orphans(names)]
  for (let last: string | undefined = ''; last !== undefined; ) {
    const page: ReadonlyArray<string> = [datamart, last, endOf('')]
    const rows = await read('check', async (client) =>
      textRows('check', await client.execute(holdingStatement, [...page, ...page, datamart]), {
        columns: ['doc_key'],
        nullable: ['version', 'body', 'claim']
      })
    )
    const held = new Map<string, Set<string>>()
    for (const { doc_key: key, claim } of rows) {
      const claims = held.get(key) ?? new Set()
      if (claim !== null) claims.add(claim)
      held.set(key, claims)
    }
    // The parts of a union have no order.
    const documents = rows
      .flatMap(({ doc_key, version, body }) => (version === null || body === null ? [] : [{ doc_key, version, body }]))
      .sort((a, b) => (a.doc_key < b.doc_key ? -1 : 1))
    const told = documents.map((row) => tell(row, claimsOf))
    const odd = [...new Set(told.flatMap((one) => ('error' in one ? [] : (one.claims ?? []))).filter(mayDiffer))]
    const kept = odd.length === 0 ? [] : await read('check', (client) => keptAs(client, odd, room))
    const keptOf = new Map(odd.map((claim, place) => [claim, kept[place] ?? claim]))
    for (const [place, { doc_key: key }] of documents.entries()) {
      const wanted = (): ReturnType<ClaimsOf> => {
        const one = told[place] as Told
        if ('error' in one) throw one.error
        return one.claims?.map((claim) => keptOf.get(claim) ?? claim)
      }
      yield* documentFlaws(namesOf(key), wanted, held.get(key) ?? new Set())
    }
    const end: string | undefined = documents.at(-1)?.doc_key
    last = documents.length < pageSize ? undefined : end
  }
  const [row] = await read('check', async (client) =>
    textRows('check', await client.execute(orphansStatement, [datamart]), { columns: ['count'] })
  )
  const count = Number(row?.count ?? 0)
  if (count > 0) yield { _tag: 'StrayClaims', count }
}
