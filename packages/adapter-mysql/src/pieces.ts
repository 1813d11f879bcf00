/**
 * Many values as few parameters: each is a JSON array, which the server turns into rows (`json_table`). A server takes no
 * statement beyond its `max_allowed_packet`, so what is longer is divided into pieces, and a row that fits into none is a list of
 * its values as they are. A server reads a list twice as fast as an array of long texts, but only where it has prepared a
 * statement for that number of rows; so most documents of a large batch are in a list.
 */
import { StoreFault } from '@userpoint/core/repository'

/** One column of the rows: its name and its type. */
type RowColumn = readonly [name: string, type: string]

// No name of these is one of the tables' columns, which a statement could take for it.
const key: RowColumn = ['given_key', 'varchar(560)']
const claim: RowColumn = ['given_claim', 'varchar(1100)']
const version: RowColumn = ['given_version', 'bigint']
const body: RowColumn = ['given_body', 'longtext']

const rows = (...given: ReadonlyArray<RowColumn>): string => {
  const path = (index: number): string => (given.length === 1 ? '$' : `$[${index}]`)
  const all = given.map(([name, type], index) => `${name} ${type} path '${path(index)}' error on empty error on error`)
  return `json_table(?, '$[*]' columns (given_place for ordinality, ${all.join(', ')}))`
}

const text = ([name, type]: RowColumn): RowColumn => [name, `${type} character set utf8mb4`]

/** The rows of a parameter, as a table of a statement. */
export const keyRows = rows(text(key))
export const claimRows = rows(text(claim))
export const claimAndKeyRows = rows(text(claim), text(key))
export const keyAndVersionRows = rows(text(key), version)
export const documentRows = rows(text(key), version, text(body))

/** The size of a statement besides its rows: its text, and the datamart. */
const beside = 8_192

/** The bytes that rows may have in one statement. */
export const roomIn = (maxAllowedPacket: number): number => maxAllowedPacket - beside

/** Some rows of a batch: as one parameter, or with their values as they are. */
export type Piece<Row> =
  | { readonly _tag: 'Rows'; readonly json: string; readonly count: number }
  | { readonly _tag: 'List'; readonly list: ReadonlyArray<Row> }

/** The most bytes of a text. A unit of UTF-16 has three of UTF-8 at most. */
const mostBytes = (of: string): number => of.length * 3

/** Returns rows as parameters, none of which has more bytes than there is room for; in the same order. */
const piecesOf = <Row>(all: ReadonlyArray<Row>, room: number): ReadonlyArray<Piece<Row>> => {
  if (all.length === 0) return []
  const pieces: Array<Piece<Row>> = []
  let texts: string[] = []
  let size = 2
  const end = (): void => {
    if (texts.length > 0) pieces.push({ _tag: 'Rows', json: `[${texts.join()}]`, count: texts.length })
    texts = []
    size = 2
  }
  for (const row of all) {
    const json = JSON.stringify(row)
    const bytes = (mostBytes(json) < room ? mostBytes(json) : Buffer.byteLength(json)) + 1
    if (size + bytes > room) end()
    if (size + bytes > room) pieces.push({ _tag: 'List', list: [row] })
    else {
      texts.push(json)
      size += bytes
    }
  }
  end()
  return pieces
}

/** The least and the most rows of a list that is sent as one for its speed; a statement takes 65,535 parameters. */
const [shortest, longest] = [64, 16_000]

/**
 * Returns how many of so many rows are sent as a list. There are eight sizes between one and its double: a server keeps a
 * statement for each size that is used, on each connection.
 */
const listSize = (count: number): number => {
  if (count < shortest) return 0
  const most = Math.min(count, longest)
  const step = 2 ** (Math.floor(Math.log2(most)) - 3)
  return most - (most % step)
}

/** A document's key, its version after the batch, and its body. */
export type DocumentRow = readonly [key: string, version: number, body: string]

/** The most bytes of a row, with a datamart, a version, and their lengths. */
const mostBytesOf = (row: DocumentRow): number => mostBytes(row[0]) + mostBytes(row[2]) + 512

/** Returns the rows of documents as pieces, in the same order: a list, if they are many and fit into a statement, and the rest. */
export const documentPieces = (all: ReadonlyArray<DocumentRow>, room: number): ReadonlyArray<Piece<DocumentRow>> => {
  const list = all.slice(0, listSize(all.length))
  const bytes = list.reduce((sum, row) => sum + mostBytesOf(row), 0)
  if (list.length === 0 || bytes > room) return piecesOf(all, room)
  return [{ _tag: 'List', list }, ...piecesOf(all.slice(list.length), room)]
}

/** Returns short rows, each of which fits into any statement, as parameters. */
export const parametersOf = (all: ReadonlyArray<unknown>, room: number): ReadonlyArray<string> =>
  piecesOf(all, room).flatMap((piece) => (piece._tag === 'Rows' ? [piece.json] : [JSON.stringify(piece.list)]))

/** Returns the fault of a body that the server takes in no statement. */
export const tooLarge = (room: number): StoreFault =>
  new StoreFault(
    `mysql: commit failed (a document is larger than the ${room} bytes for which the server's max_allowed_packet has room)`,
    { applied: false, recovery: 'none', code: 'PACKET' }
  )
