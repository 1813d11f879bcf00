/**
 * The tables of a database, statement by statement. `datamart_id` leads every key, and no row refers to the key of another row, so
 * that an engine may spread rows over machines by datamart.
 */

/** The names in one database, as they are written in statements. */
export interface Names {
  /** The name of the database itself, not quoted. */
  readonly name: string
  readonly database: string
  readonly migration: string
  readonly document: string
  readonly claim: string
}

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** @throws RangeError where the server would take the name for another one, or for none. */
export const namesIn = (name: string): Names => {
  // A file system may fold upper case, and the server then folds it too.
  if (!/^[a-z0-9_$-]{1,64}$/.test(name)) {
    throw new RangeError('database must be 1 to 64 of the characters a-z, 0-9, _, $ and -')
  }
  const database = quoted(name)
  const within = (table: string): string => `${database}.userpoint_${table}`
  return { name, database, migration: within('migration'), document: within('document'), claim: within('claim') }
}

/** The longest claim that is kept as it is, in bytes: an index takes 3,072, and pages hold more of short rows. */
const longestClaim = 500

/**
 * Returns the stored form of a claim: the claim, or its digest if it is long or looks like a digest. Both are bytes, which no
 * collation compares.
 */
export const claimKey = (claim: string): string =>
  `case when octet_length(${claim}) > ${longestClaim} or convert(left(${claim}, 7) using binary) = 'sha256:'
    then convert(concat('sha256:', sha2(${claim}, 256)) using binary) else convert(${claim} using binary) end`

/** A column: its name, its type, and the type and the character set that `information_schema` must tell of it. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly told: string
}

const bytes = (name: string, length: number): Column => ({
  name,
  type: `varbinary(${length})`,
  told: `varbinary ${length} -`
})

const number = (name: string, type: 'bigint' | 'int'): Column => ({ name, type, told: `${type} - -` })

/** The columns of each table. Keys are bytes: no collation takes two of them for one, or pads them. */
export const columns: Readonly<Record<'document' | 'claim' | 'migration', ReadonlyArray<Column>>> = {
  document: [
    bytes('datamart_id', 255),
    bytes('doc_key', 560),
    number('version', 'bigint'),
    {
      name: 'body',
      type: 'longtext character set utf8mb4 collate utf8mb4_bin',
      told: 'longtext 4294967295 utf8mb4'
    }
  ],
  claim: [bytes('datamart_id', 255), bytes('claim', longestClaim + 12), bytes('doc_key', 560)],
  migration: [number('version', 'int')]
}

const table = (name: string, of: ReadonlyArray<Column>, key: string): string =>
  `create table if not exists ${name} (
    ${of.map(({ name: column, type }) => `${column} ${type} not null`).join(',\n    ')},
    primary key (${key})
  ) engine=InnoDB row_format=dynamic`

/**
 * Each statement of each migration; released ones are never edited. The server commits after every statement that makes a
 * table, so each of them can be run again.
 */
export const migrations: ReadonlyArray<(names: Names) => ReadonlyArray<string>> = [
  ({ document, claim }) => [
    table(document, columns.document, 'datamart_id, doc_key'),
    table(claim, columns.claim, 'datamart_id, claim')
  ]
]

export const migrationTable = ({ migration }: Names): string => table(migration, columns.migration, 'version')
