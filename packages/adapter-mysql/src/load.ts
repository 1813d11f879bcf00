/** Loads and scans: how documents are found, and what they are. */
import type { JsonObject, Kind, Reference, ScanOptions, Stored } from '@userpoint/core/repository'
import { textRows } from './answer.ts'
import { claimKey, type Names } from './migrations.ts'
import type { MysqlQueryable } from './mysql-pool.ts'
import { claimRows, keyRows, parametersOf } from './pieces.ts'

/** Runs a work that only reads, again where another transaction made it fail. */
export type Read = <A>(what: string, read: (client: MysqlQueryable) => Promise<A>) => Promise<A>

/** Returns a key as a text of the connection's character set, with any treatment of bytes by the pool. */
export const asText = (column: string): string => `convert(${column} using utf8mb4)`

// Each row is looked up by its key, with any statistics of the tables: `straight_join` leaves the server no choice. A document that
// many references lead to has its body in one row of the answer.
const loading = ({ document, claim }: Names): string => `
    select cast(found.place as char) as place, ${asText('document.doc_key')} as doc_key,
      cast(document.version as char) as version, if(found.turn = 1, document.body, null) as body
    from (
      select place, doc_key, row_number() over (partition by doc_key) as turn
      from (
        select asked.given_place as place, holder.doc_key
        from ${claimRows} as asked
        straight_join ${claim} as holder on holder.datamart_id = ? and holder.claim = ${claimKey('asked.given_claim')}
        union all
        select -cast(asked.given_place as signed), convert(asked.given_key using binary) from ${keyRows} as asked
      ) as reference
    ) as found
    straight_join ${document} as document on document.datamart_id = ? and document.doc_key = found.doc_key`

/**
 * Selects a page of documents between two keys; the text has its size. Bytes are compared with bytes, because only then the server
 * uses the order of the index, and does not sort the rest of the table for each page.
 */
export const pageOf = ({ document }: Names, size: number): string => `
    from ${document} as page
    where page.datamart_id = cast(? as binary) and page.doc_key > cast(? as binary) and page.doc_key < cast(? as binary)
    order by page.doc_key
    limit ${size}`

/** The columns of a page, each as a text. */
export const pageColumns = `
    select ${asText('page.doc_key')} as doc_key, cast(page.version as char) as version, page.body`

/** Returns the key of a document. Kinds and ids have no space, which sorts before all their characters: keys sort as ids do. */
export const keyOf = (kind: Kind, id: string): string => `${kind} ${id}`

/** After everything that begins so: kinds and ids end with `~` at most. */
export const endOf = (beginning: string): string => `${beginning}\u007f`

/** A document's row, as texts. */
export interface Row {
  readonly doc_key: string
  readonly version: string
  readonly body: string
}

/** The kind and the id in a key. */
export const namesOf = (key: string): Pick<Stored, 'kind' | 'id'> => {
  const space = key.indexOf(' ')
  return { kind: key.slice(0, space), id: key.slice(space + 1) }
}

export const stored = ({ doc_key: key, version, body }: Row): Stored => ({
  ...namesOf(key),
  version: Number(version),
  body: JSON.parse(body) as JsonObject
})

/** Reads documents of one datamart. */
export interface Reader {
  readonly load: (references: ReadonlyArray<Reference>) => Promise<ReadonlyArray<Stored | undefined>>
  readonly scan: (kind: Kind, options?: ScanOptions) => AsyncGenerator<Stored, void, undefined>
}

export interface ReaderOptions {
  readonly names: Names
  readonly datamart: string
  /** The bytes that references may have in one statement. */
  readonly room: number
  readonly read: Read
  /** Runs `read` so that all its statements see one moment. */
  readonly inSnapshot: <A>(client: MysqlQueryable, read: () => Promise<A>) => Promise<A>
}

/** References by their places: claims and keys. */
interface Asked {
  readonly claims: string[]
  readonly claimPlaces: number[]
  readonly keys: string[]
  readonly keyPlaces: number[]
}

const askedBy = (references: ReadonlyArray<Reference>): Asked => {
  const asked: Asked = { claims: [], claimPlaces: [], keys: [], keyPlaces: [] }
  references.forEach((reference, place) => {
    if (reference._tag === 'ByClaim') {
      asked.claims.push(reference.claim)
      asked.claimPlaces.push(place)
    } else {
      asked.keys.push(keyOf(reference.kind, reference.id))
      asked.keyPlaces.push(place)
    }
  })
  return asked
}

/** A part of the references: the parameters of one statement, and how many references come before them. */
interface Part {
  readonly claims: string
  readonly keys: string
  readonly claimsBefore: number
  readonly keysBefore: number
}

const partsOf = ({ claims, keys }: Asked, room: number): ReadonlyArray<Part> => {
  const half = Math.floor(room / 2)
  const [claimPieces, keyPieces] = [parametersOf(claims, half), parametersOf(keys, half)]
  let [claimsBefore, keysBefore] = [0, 0]
  return Array.from({ length: Math.max(claimPieces.length, keyPieces.length) }, (_, index) => {
    const part = { claims: claimPieces[index] ?? '[]', keys: keyPieces[index] ?? '[]', claimsBefore, keysBefore }
    if (Math.max(claimPieces.length, keyPieces.length) > 1) {
      claimsBefore += (JSON.parse(part.claims) as ReadonlyArray<string>).length
      keysBefore += (JSON.parse(part.keys) as ReadonlyArray<string>).length
    }
    return part
  })
}

export const createReader = ({ names, datamart, room, read, inSnapshot }: ReaderOptions): Reader => {
  const statement = loading(names)

  const load: Reader['load'] = async (references) => {
    const asked = askedBy(references)
    const parts = partsOf(asked, room)
    const found = Array.from<Stored | undefined>({ length: references.length })
    const known = new Map<string, Stored>()
    const loadPart = async (client: MysqlQueryable, { claims, keys, claimsBefore, keysBefore }: Part) => {
      const answer = await client.execute(statement, [claims, datamart, keys, datamart])
      const rows = textRows('load', answer, { columns: ['place', 'doc_key', 'version'], nullable: ['body'] })
      for (const row of rows) if (row.body !== null) known.set(row.doc_key, stored({ ...row, body: row.body }))
      for (const { place, doc_key: key } of rows) {
        const number = Number(place)
        const at = number > 0 ? asked.claimPlaces[claimsBefore + number - 1] : asked.keyPlaces[keysBefore - number - 1]
        found[at as number] = known.get(key)
      }
    }
    await read('load', async (client) => {
      const [part] = parts
      if (part !== undefined && parts.length === 1) return loadPart(client, part)
      return inSnapshot(client, async () => {
        for (const each of parts) await loadPart(client, each)
      })
    })
    return found
  }

  const page = (kind: Kind, last: string, size: number): Promise<ReadonlyArray<Row>> =>
    read('scan', async (client) =>
      textRows(
        'scan',
        await client.execute(pageColumns + pageOf(names, size), [datamart, keyOf(kind, last), endOf(keyOf(kind, ''))]),
        { columns: ['doc_key', 'version', 'body'] }
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
