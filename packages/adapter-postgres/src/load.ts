/** Loads and scans documents. */
import type { JsonObject, Kind, Reference, ScanOptions, Stored } from '@userpoint/core/repository'
import { textRows } from './answer.ts'
import { claimKey, lines, type Names } from './migrations.ts'
import type { PostgresQueryable } from './postgres-pool.ts'

/** Runs one statement, and runs it again if another transaction made it fail. */
export type Read = <A>(what: string, read: (client: PostgresQueryable) => Promise<A>) => Promise<A>

// No statement has a name: the server would keep a plan from the time when the tables were empty, and planning once for each
// batch costs little. A pooler may then also give each transaction another connection.

/** Looks up each row by its key, with any statistics of the tables: `limit 1` leaves the planner no choice. */
const loading = ({ document, claim }: Names): string => `
    select found.key, document.version::text, document.body, found.places
    from (
      -- A document that many references lead to is given once.
      select key, string_agg(place::text, ',') as places
      from (
        select holder.key, asked.place
        from unnest($2::text[]) with ordinality as asked (claim, place)
        cross join lateral (
          select key from ${claim} where datamart_id = $1 and claim = ${claimKey('asked.claim')} limit 1
        ) as holder
        union all
        select key, place + cardinality($2::text[])
        from unnest(${lines('$3')}) with ordinality as asked (key, place)
      ) as reference
      group by key
    ) as found
    cross join lateral (
      select version, body from ${document} where datamart_id = $1 and key = found.key limit 1
    ) as document`

/**
 * Compares whole keys from below and from above. Then the planner always expects many rows, and only the order of the index is
 * cheap. For an equal datamart and a range of keys it expects few rows, reads all of them and sorts.
 */
export const pageOf = ({ document }: Names): string => `
    select key, version::text, body from ${document}
    where (datamart_id, key) >= ($1, $2) and (datamart_id, key) <= ($1, $3)
    order by datamart_id, key
    limit $4`

/** Returns the key of a document. Kinds and ids have no space, which sorts before all their characters: keys sort as ids do. */
export const keyOf = (kind: Kind, id: string): string => `${kind} ${id}`

/** Returns the text just after a key: ids have no characters below `!`. */
export const after = (key: string): string => `${key}\u0001`

/** Returns a text after all keys that begin so: kinds and ids have no characters after `~`. */
export const endOf = (beginning: string): string => `${beginning}\u007f`

/** A document's row, as texts. */
export interface Row {
  readonly key: string
  readonly version: string
  readonly body: string
}

/** Returns the kind and the id in a key. */
export const namesIn = (key: string): Pick<Stored, 'kind' | 'id'> => {
  const space = key.indexOf(' ')
  return { kind: key.slice(0, space), id: key.slice(space + 1) }
}

export const stored = ({ key, version, body }: Row): Stored => ({
  ...namesIn(key),
  version: Number(version),
  body: JSON.parse(body) as JsonObject
})

export const asLines = (each: ReadonlyArray<string | number>): string => each.join('\n')

/** Reads documents of one datamart. */
export interface Reader {
  readonly load: (references: ReadonlyArray<Reference>) => Promise<ReadonlyArray<Stored | undefined>>
  readonly scan: (kind: Kind, options?: ScanOptions) => AsyncGenerator<Stored, void, undefined>
}

export const createReader = (names: Names, datamart: string, read: Read): Reader => {
  const [loadStatement, pageStatement] = [loading(names), pageOf(names)]

  const load: Reader['load'] = async (references) => {
    // Claims come first, so that a place in the answer is a place in this list.
    const places: number[] = []
    const keyPlaces: number[] = []
    const claims: string[] = []
    const keys: string[] = []
    references.forEach((reference, place) => {
      if (reference._tag === 'ByClaim') {
        claims.push(reference.claim)
        places.push(place)
      } else {
        keys.push(keyOf(reference.kind, reference.id))
        keyPlaces.push(place)
      }
    })
    places.push(...keyPlaces)
    const rows = await read('load', async (client) =>
      textRows('load', await client.query(loadStatement, [datamart, claims, asLines(keys)]), [
        'key',
        'version',
        'body',
        'places'
      ])
    )
    const found = Array.from<Stored | undefined>({ length: references.length })
    for (const row of rows) {
      const document = stored(row)
      for (const place of row.places.split(',')) found[places[Number(place) - 1] as number] = document
    }
    return found
  }

  const page = (kind: Kind, last: string, size: number): Promise<ReadonlyArray<Row>> =>
    read('scan', async (client) =>
      textRows(
        'scan',
        await client.query(pageStatement, [datamart, after(keyOf(kind, last)), endOf(keyOf(kind, '')), size]),
        ['key', 'version', 'body']
      )
    )

  return { load, scan: (kind, options) => scan(page, kind, options) }
}

/** The number of documents that a scan reads at once. */
const pageSize = 256

async function* scan(
  page: (kind: Kind, last: string, size: number) => Promise<ReadonlyArray<Row>>,
  kind: Kind,
  { after: beginning = '', limit = Number.POSITIVE_INFINITY }: ScanOptions = {}
): AsyncGenerator<Stored, void, undefined> {
  let last = beginning
  let left = limit
  while (left > 0) {
    const size = Math.min(pageSize, left)
    const rows = await page(kind, last, size)
    for (const row of rows) {
      const document = stored(row)
      yield document
      last = document.id
    }
    if (rows.length < size) return
    left -= size
  }
}
