/**
 * The port on PostgreSQL. A load is one statement, so it sees one moment; a commit is one call of a function, which is a
 * transaction of its own. All that a batch needs travels in arrays, and in texts of many lines.
 */
import type {
  CommitResult,
  JsonObject,
  Kind,
  Reference,
  Repository,
  ScanOptions,
  Stored,
  Write
} from '@userpoint/core/repository'
import { StoreFault } from '@userpoint/core/repository'
import { attempt, attemptReading, isConflict, mayHaveCommitted, postgresFault } from './postgres-error.ts'
import { claimKey, lines, type Names, namesIn } from './migrations.ts'
import type { PostgresClient, PostgresPool } from './postgres-pool.ts'
import { hasTables, open, withClient } from './schema.ts'

export interface PostgresRepositoryOptions {
  /** The schema of the tables, which is made where it is missing. Default: `userpoint`. */
  readonly schema?: string
  /** Which of the datamarts in the schema; they never see each other. Default: `default`. */
  readonly datamart?: string
  /** How long a purge waits for older transactions to end before it fails, in milliseconds. Default: 30,000. */
  readonly purgeTimeout?: number
}

/**
 * A repository on a pool of connections; its schema is given its tables or brought up to date. The pool stays its opener's,
 * who ends it: the repository holds nothing else, and has no `close`. Rejects with a `StoreFault` where the server cannot
 * be reached, or the schema is not ours; throws a `RangeError` for options that nothing could follow.
 */
export const createPostgresRepository = async (
  pool: PostgresPool,
  options: PostgresRepositoryOptions = {}
): Promise<Repository> => {
  const { schema, datamart, purgeTimeout } = settle(options)
  const names = namesIn(schema)
  const statements = statementsOn(names)
  await open(pool, names)
  return {
    // A thousand lines, since each statement is planned anew, and each answer waits for the engine.
    manifest: { name: 'postgres', durable: true, concurrent: 'processes', overlapping: true, linesPerUnit: 1_000 },
    load: (references) => attemptReading('load', () => load(pool, statements, datamart, references)),
    commit: (writes) => commit(pool, statements, datamart, writes),
    scan: (kind, scanOptions) => scan(pool, statements, datamart, kind, scanOptions),
    purge: () => attempt('purge', () => purge(pool, names, purgeTimeout))
  }
}

/**
 * Whether a repository was ever opened in that schema (default: `userpoint`), for whoever wants to read only, and make no
 * tables. Rejects with a `StoreFault` where the server cannot be reached; throws a `RangeError` for a name that cannot be.
 */
export const hasPostgresTables = async (pool: PostgresPool, schema?: string): Promise<boolean> =>
  hasTables(pool, namesIn(settle(schema === undefined ? {} : { schema }).schema))

const settle = (options: PostgresRepositoryOptions): Required<PostgresRepositoryOptions> => {
  const settings = { schema: 'userpoint', datamart: 'default', purgeTimeout: 30_000, ...options }
  const { datamart, purgeTimeout } = settings
  if (!Number.isInteger(purgeTimeout) || purgeTimeout < 0) {
    throw new RangeError(`purgeTimeout must be a whole number, not ${purgeTimeout}`)
  }
  if (datamart.includes('\0')) throw new RangeError('datamart must hold no NUL')
  return settings
}

type Statements = ReturnType<typeof statementsOn>

// None of these has a name: a plan that was made while the tables were empty would be kept, and planning once for each batch
// costs little. It also lets a pooler give each transaction another connection. Each row is looked up by its key, whatever the
// planner knows of the tables: `limit 1` leaves it no choice.
const statementsOn = ({ document, claim, writeBatch }: Names) => ({
  // A document that many references lead to is given once.
  load: `
    select found.key, document.version, document.body, found.places
    from (
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
    ) as document`,

  commit: `select ${writeBatch}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as is_written`,

  // Whole keys are compared, from below and from above, for which the planner always expects many rows: then only the
  // index's own order is cheap. For an equal datamart and a range of keys it expects few, reads all of them and sorts.
  page: `
    select key, version, body from ${document}
    where (datamart_id, key) >= ($1, $2) and (datamart_id, key) <= ($1, $3)
    order by datamart_id, key
    limit $4`
})

/** How a document is found. No kind and no id has a space, which comes before whatever they have: keys sort as ids do. */
const keyOf = (kind: Kind, id: string): string => `${kind} ${id}`

/** Just after the key of a document: ids have no characters below `!`. */
const keyAfter = (kind: Kind, id: string): string => `${keyOf(kind, id)}\u0001`

/** After the keys of all documents of a kind: ids end with `~` at most. */
const lastKeyOf = (kind: Kind): string => keyOf(kind, '\u007f')

interface Row {
  readonly key: string
  readonly version: number | string
  readonly body: string
}

const stored = ({ key, version, body }: Row): Stored => {
  const space = key.indexOf(' ')
  return {
    kind: key.slice(0, space),
    id: key.slice(space + 1),
    version: Number(version),
    body: JSON.parse(body) as JsonObject
  }
}

const asLines = (each: ReadonlyArray<string | number>): string => each.join('\n')

const load = async (
  pool: PostgresPool,
  statements: Statements,
  datamart: string,
  references: ReadonlyArray<Reference>
): Promise<ReadonlyArray<Stored | undefined>> => {
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
  const { rows } = await pool.query(statements.load, [datamart, claims, asLines(keys)])
  const found = Array.from<Stored | undefined>({ length: references.length })
  for (const row of rows as ReadonlyArray<Row & { readonly places: string }>) {
    const document = stored(row)
    for (const place of row.places.split(',')) found[places[Number(place) - 1] as number] = document
  }
  return found
}

/** A batch as the parameters of statements. */
interface Batch {
  readonly changed: { readonly keys: string[]; readonly expected: number[]; readonly bodies: string[] }
  readonly added: { readonly keys: string[]; readonly bodies: string[] }
  readonly removed: { readonly keys: string[]; readonly expected: number[] }
  readonly taken: { readonly claims: string[]; readonly keys: string[] }
  readonly released: string[]
}

const batchOf = (writes: ReadonlyArray<Write>): Batch => {
  const batch: Batch = {
    changed: { keys: [], expected: [], bodies: [] },
    added: { keys: [], bodies: [] },
    removed: { keys: [], expected: [] },
    taken: { claims: [], keys: [] },
    released: []
  }
  for (const { kind, id, expected, body, claim, release } of writes) {
    const key = keyOf(kind, id)
    for (const each of release) batch.released.push(each)
    for (const each of claim) {
      batch.taken.claims.push(each)
      batch.taken.keys.push(key)
    }
    if (body === undefined) {
      batch.removed.keys.push(key)
      batch.removed.expected.push(expected)
    } else if (expected === 0) {
      batch.added.keys.push(key)
      batch.added.bodies.push(JSON.stringify(body))
    } else {
      batch.changed.keys.push(key)
      batch.changed.expected.push(expected)
      batch.changed.bodies.push(JSON.stringify(body))
    }
  }
  return batch
}

const commit = async (
  pool: PostgresPool,
  statements: Statements,
  datamart: string,
  writes: ReadonlyArray<Write>
): Promise<CommitResult> => {
  const values = valuesOf(datamart, batchOf(writes))
  let isSent = false
  const send = (client: PostgresClient) => {
    isSent = true
    return client.query(statements.commit, values)
  }
  try {
    const { rows } = await withClient(pool, send, lostConnection)
    return (rows[0] as { readonly is_written: boolean }).is_written ? { _tag: 'Committed' } : conflict
  } catch (cause) {
    const isUndone = !isSent || !mayHaveCommitted(cause)
    if (isUndone && isConflict(cause)) return conflict
    throw postgresFault('commit', cause, isUndone ? false : undefined)
  }
}

const conflict: CommitResult = { _tag: 'Conflict' }

/** What the function is called with. */
const valuesOf = (
  datamart: string,
  { changed, added, removed, released, taken }: Batch
): Parameters<PostgresClient['query']>[1] => [
  datamart,
  asLines(changed.keys),
  asLines(changed.expected),
  asLines(changed.bodies),
  asLines(added.keys),
  asLines(added.bodies),
  asLines(removed.keys),
  asLines(removed.expected),
  released,
  taken.claims,
  asLines(taken.keys)
]

/** A statement that was alone has nothing to be rolled back. */
const lostConnection = (_: PostgresClient, error: unknown): Error | undefined =>
  mayHaveCommitted(error) ? new Error('the connection was lost') : undefined

/** How many documents a scan reads at once. */
const pageSize = 256

async function* scan(
  pool: PostgresPool,
  statements: Statements,
  datamart: string,
  kind: Kind,
  { after = '', limit = Number.POSITIVE_INFINITY }: ScanOptions = {}
): AsyncGenerator<Stored, void, undefined> {
  let last = after
  let left = limit
  while (left > 0) {
    const size = Math.min(pageSize, left)
    const { rows } = await attemptReading('scan', () =>
      pool.query(statements.page, [datamart, keyAfter(kind, last), lastKeyOf(kind), size])
    )
    for (const row of rows as ReadonlyArray<Row>) {
      const document = stored(row)
      yield document
      last = document.id
    }
    if (rows.length < size) return
    left -= size
  }
}

/**
 * Holds back what a vacuum may drop: whoever began before `$1`. Those that vacuum a table by themselves do not.
 */
const olderTransactions = `
  select count(*) as count
  from (
    select backend_xmin as held from pg_stat_activity
    where pid <> pg_backend_pid() and (datname = current_database() or datname is null)
      and pid not in (select pid from pg_stat_progress_vacuum)
    union all
    select backend_xid from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()
    union all
    select transaction from pg_prepared_xacts where database = current_database()
    union all
    select xmin from pg_replication_slots
  ) as holder
  where held is not null and age(held) > age($1::text::xid)`

/**
 * A plain vacuum leaves the bytes of what it drops in the free parts of pages: only a rewrite is sure. It copies whatever
 * an older transaction may still see, so that those must have ended.
 */
const purge = async (pool: PostgresPool, { document, claim }: Names, timeout: number): Promise<void> => {
  const { rows } = await pool.query(
    `select (pg_snapshot_xmax(pg_current_snapshot())::text::bigint % 4294967296)::text as horizon`
  )
  const { horizon } = rows[0] as { readonly horizon: string }
  const deadline = Date.now() + timeout
  while ((await olderThan(pool, horizon)) > 0) {
    if (Date.now() >= deadline) {
      const reason = 'another transaction is open for too long, and may still see old data'
      throw new StoreFault(`postgres: purge failed (${reason})`, { applied: false })
    }
    await pool.query('select pg_sleep(0.02)')
  }
  const before = await filesOf(pool, [document, claim])
  await pool.query(`vacuum (full, analyze) ${document}, ${claim}`)
  const after = new Set(await filesOf(pool, [document, claim]))
  // To whoever may not, PostgreSQL says so in a warning only.
  if (before.some((file) => after.has(file))) {
    throw new StoreFault('postgres: purge failed (only the owner of the tables may rewrite them)', { applied: false })
  }
}

/** The files in which these tables are, or their partitions; a table that is rewritten is in another one. */
const filesOf = async (pool: PostgresPool, tables: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const { rows } = await pool.query(
    `select pg_relation_filenode(oid)::text as file from pg_class
     where relkind = 'r' and oid in (
       select name::regclass from unnest($1::text[]) as named (name)
       union select relid from unnest($1::text[]) as named (name), pg_partition_tree(name::regclass)
     )`,
    [[...tables]]
  )
  return (rows as ReadonlyArray<{ readonly file: string }>).map(({ file }) => file)
}

const olderThan = async (pool: PostgresPool, horizon: string): Promise<number> => {
  const { rows } = await pool.query(olderTransactions, [horizon])
  return Number((rows[0] as { readonly count: number | string }).count)
}
