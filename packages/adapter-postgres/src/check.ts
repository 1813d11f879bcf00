/** A check of one datamart: each document's claims, and claims without a document (PO-18). Each page is one statement. */
import { type ClaimsOf, documentFlaws, type Flaw } from '@userpoint/core/repository'
import { textRows } from './answer.ts'
import { after, endOf, namesIn, pageOf, type Read, type Row, stored } from './load.ts'
import { claimKey, type Names } from './migrations.ts'
import type { PostgresQueryable } from './postgres-pool.ts'

/** The number of documents in a page: the claims are read once for each page. */
const pageSize = 5_000

const holding = (names: Names): string => `
    with page as materialized (${pageOf(names)})
    select page.key, page.version, page.body, coalesce(held.claims, '[]') as claims
    from page
    left join (
      select key, json_agg(claim)::text as claims from ${names.claim}
      where datamart_id = $1 and key in (select key from page) group by key
    ) as held on held.key = page.key
    order by page.key`

const orphans = ({ document, claim }: Names): string => `
    select count(*)::text as count from ${claim} as claim
    where datamart_id = $1 and not exists (
      select 1 from ${document} as document
      where document.datamart_id = claim.datamart_id and document.key = claim.key
    )`

/** Returns each text as it is kept in the table of claims. */
const keptAs = async (client: PostgresQueryable, claims: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const rows = textRows(
    'check',
    await client.query(
      `select ${claimKey('asked.claim')} as kept from unnest($1::text[]) with ordinality as asked (claim, place) order by place`,
      [[...claims]]
    ),
    ['kept']
  )
  return rows.map(({ kept }) => kept)
}

/** Returns whether the server must compute the stored form of a claim: it is long, or looks like a digest. */
const mayDiffer = (claim: string): boolean => claim.length > 333 || claim.startsWith('sha256:')

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
  readonly read: Read
}

/** Yields the flaws. No connection is held between two steps. */
export async function* check(
  { names, datamart, read }: CheckSource,
  claimsOf: ClaimsOf
): AsyncGenerator<Flaw, void, undefined> {
  const [holdingStatement, orphansStatement] = [holding(names), orphans(names)]
  for (let last: string | undefined = ''; last !== undefined; ) {
    const from: string = last
    const rows = await read('check', async (client) =>
      textRows('check', await client.query(holdingStatement, [datamart, from, endOf(''), pageSize]), [
        'key',
        'version',
        'body',
        'claims'
      ])
    )
    const told = rows.map((row) => tell(row, claimsOf))
    const odd = [...new Set(told.flatMap((one) => ('error' in one ? [] : (one.claims ?? []))).filter(mayDiffer))]
    const kept = odd.length === 0 ? [] : await read('check', (client) => keptAs(client, odd))
    const keptOf = new Map(odd.map((claim, place) => [claim, kept[place] ?? claim]))
    for (const [place, { key, claims }] of rows.entries()) {
      const wanted = (): ReturnType<ClaimsOf> => {
        const one = told[place] as Told
        if ('error' in one) throw one.error
        return one.claims?.map((claim) => keptOf.get(claim) ?? claim)
      }
      yield* documentFlaws(namesIn(key), wanted, new Set(JSON.parse(claims) as ReadonlyArray<string>))
    }
    const end = rows.at(-1)
    last = end === undefined || rows.length < pageSize ? undefined : after(end.key)
  }
  const [row] = await read('check', async (client) =>
    textRows('check', await client.query(orphansStatement, [datamart]), ['count'])
  )
  const count = Number(row?.count ?? 0)
  if (count > 0) yield { _tag: 'StrayClaims', count }
}
