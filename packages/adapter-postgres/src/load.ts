/** Loads and scans: how documents are found, and what they are. */
import type { JsonObject, Kind, Reference, ScanOptions, Stored } from '@userpoint/core/repository'
import { textRows } from './answer.ts'
import { claimKey, lines, type Names } from './migrations.ts'
import type { PostgresQueryable } from './postgres-pool.ts'

/** Runs one statement, again where another transaction made it fail. */
export type Read = <A>(what: string, read: (client: PostgresQueryable) => Promise<A>) => Promise<A>

// No statement has a name: a plan that was made while the tables were empty would be kept, and planning once for each batch
// costs little. It also lets a pooler give each transaction another connection.

/** Each row is looked up by its key, whatever the planner knows of the tables: `limit 1` leaves it no choice. */
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
 * Whole keys are compared, from below and from above, for which the planner always expects many rows: then only the index's
 * own order is cheap. For an equal datamart and a range of keys it expects few, reads all of them and sorts.
 */
export const pageOf = ({ document }: Names): string => `
    select key, version::text, body from ${document}
    where (datamart_id, key) >= ($1, $2) and (datamart_id, key) <= ($1, $3)
    order by datamart_id, key
    limit $4`

/** The key of a document. No kind and no id has a space, which comes before whatever they have: keys sort as ids do. */
export const keyOf = (kind: Kind, id: string): string => `${kind} ${id}`

/** Just after a key: ids have no characters below `!`. */
export const after = (key: string): string => `${key}\u0001`

/** After everything that begins so: kinds and ids end with `~` at most. */
export const endOf = (beginning: string): string => `${beginning}\u007f`

/** A document's row, as texts. */
export interface Row {
  readonly key: string
  readonly version: string
  readonly body: string
}

/** The kind and the id in a key. */
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
    // Claims come first, so that a place in the answer is one of these.
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

/** How many documents a scan reads at once. */
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
