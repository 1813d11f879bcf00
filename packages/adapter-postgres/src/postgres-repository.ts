/**
 * The port on PostgreSQL. A load is one statement, so it sees one moment; a commit is one transaction of at most five
 * round trips, whatever it holds. All that a batch needs travels in arrays, and in texts of many lines.
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
import { attempt, isConflict, mayHaveCommitted, postgresFault } from './postgres-error.ts'
import type { PostgresClient, PostgresPool } from './postgres-pool.ts'
import { hasTables, open, type Tables, tablesOf, withClient } from './schema.ts'

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
  const tables = tablesOf(schema)
  const statements = statementsOn(tables)
  await open(pool, tables)
  return {
    // A thousand lines, since each statement is planned anew, and each answer waits for the engine.
    manifest: { name: 'postgres', durable: true, concurrent: 'processes', overlapping: true, linesPerUnit: 1_000 },
    load: (references) => attempt('load', () => load(pool, statements, datamart, references)),
    commit: (writes) => commit(pool, statements, datamart, writes),
    scan: (kind, scanOptions) => scan(pool, statements, datamart, kind, scanOptions),
    purge: () => attempt('purge', () => purge(pool, tables, purgeTimeout))
  }
}

/**
 * Whether a repository was ever opened in that schema (default: `userpoint`), for whoever wants to read only, and make no
 * tables. Rejects with a `StoreFault` where the server cannot be reached; throws a `RangeError` for a name that cannot be.
 */
export const hasPostgresTables = async (pool: PostgresPool, schema?: string): Promise<boolean> =>
  hasTables(pool, tablesOf(settle(schema === undefined ? {} : { schema }).schema))

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

/** The lines of a parameter as rows. Keys and JSON have no line breaks within; an array would have each quote escaped. */
const lines = (parameter: string): string => `string_to_array(${parameter}, E'\\n')`

/**
 * How a claim is kept: as it is, or as a digest where it is long, since a B-tree's key has room for 2,700 bytes, or where it
 * could be taken for a digest.
 */
const claimKey = (claim: string): string =>
  `case when octet_length(${claim}) > 1000 or starts_with(${claim}, 'sha256:')
    then 'sha256:' || encode(sha256(convert_to(${claim}, 'UTF8')), 'hex') else ${claim} end`

// None of these has a name: a plan that was made while the tables were empty would be kept, and planning once for each batch
// costs little. It also lets a pooler give each transaction another connection.
//
// Each row is looked up by its key, whatever the planner knows of the tables: `limit 1` and `on conflict` leave it no choice.
// For a deletion an array that a subquery gives is taken for a short one, and the datamart comes from there too, because one
// that is given is taken to choose few rows. Else, while a table grows faster than it is analyzed, each batch would read all of it.
const statementsOn = ({ document, claim }: Tables) => {
  // A version that has passed meanwhile is seen under the lock. What is to change and is gone is inserted instead, with a
  // version below 0: that is not counted, and so undone.
  const changed = (keys: string, expected: string, bodies: string): string => `updated as (
      insert into ${document} as document (datamart_id, key, version, body)
      select $1, key, -expected, body
      from unnest(${lines(keys)}, ${lines(expected)}::bigint[], ${lines(bodies)}) as wanted (key, expected, body)
      order by key
      on conflict (datamart_id, key) do update set version = document.version + 1, body = excluded.body
      where document.version = -excluded.version
      returning version
    )`

  const added = (keys: string, bodies: string): string => `inserted as (
      insert into ${document} (datamart_id, key, version, body)
      select $1, key, 1, body from unnest(${lines(keys)}, ${lines(bodies)}) as new (key, body)
      order by key
      returning 1
    )`

  // What is taken already is left out and so not counted: an error would write the claim, which is personal data, into the
  // server's log.
  const taken = (claims: string, keys: string): string => `taken as (
      insert into ${claim} (datamart_id, claim, key)
      select $1, ${claimKey('claim')}, key from unnest(${claims}::text[], ${lines(keys)}) as wanted (claim, key)
      order by 2
      on conflict do nothing
      returning 1
    )`

  return {
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

    // Rows are locked in one order, so that two batches wait for each other instead of deadlocking.
    lock: `
    select 1
    from (select key from unnest(${lines('$2')}) as wanted (key) order by key) as wanted
    cross join lateral (
      select 1 from ${document} where datamart_id = $1 and key = wanted.key limit 1 for update
    ) as locked`,

    // Most batches delete and release nothing, so that nothing must be free before something else: they are one statement, which is
    // a transaction of its own, and which fails where it does not write all.
    put: `
    with ${changed('$2', '$3', '$4')}, ${added('$5', '$6')}, ${taken('$7', '$8')}
    select case when landed.count = $9 then landed.count
      else ('a version or a claim does not hold, nothing is written' || left(landed.count::text, 0))::bigint end as written
    from (
      select (select count(*) from updated where version > 0) + (select count(*) from inserted)
        + (select count(*) from taken) as count
    ) as landed`,

    write: `
    with ${changed('$2', '$3', '$4')}, ${added('$5', '$6')}, deleted as (
      delete from ${document} as document
      using (
        select $1 as datamart_id, key, expected
        from unnest(${lines('(select $7)')}, ${lines('(select $8)')}::bigint[]) as doomed (key, expected)
        order by key
      ) as doomed
      where document.datamart_id = doomed.datamart_id and document.key = doomed.key
        and document.version = doomed.expected
      returning 1
    ), released as (
      delete from ${claim} as claim
      using (
        select $1 as datamart_id, ${claimKey('claim')} as claim from unnest((select $9::text[])) as given (claim)
        order by 2
      ) as given
      where claim.datamart_id = given.datamart_id and claim.claim = given.claim
      returning 1
    )
    select (select count(*) from updated where version > 0) + (select count(*) from inserted) + (select count(*) from deleted)
      as written`,

    // A statement of its own, because it must find free what the one before it released.
    take: `with ${taken('$2', '$3')} select count(*) as written from taken`,

    page: `
    select key, version, body from ${document}
    where datamart_id = $1 and key > $2 and key < $3
    order by key
    limit $4`
  }
}

/** How a document is found. No kind and no id has a space, which comes before whatever they have: keys sort as ids do. */
const keyOf = (kind: Kind, id: string): string => `${kind} ${id}`

/** After the keys of all documents of a kind: `!` comes next to the space. */
const endOf = (kind: Kind): string => `${kind}!`

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
  const batch = batchOf(writes)
  let committing = false
  try {
    if (batch.removed.keys.length + batch.released.length === 0) {
      const values = putValues(datamart, batch)
      const put = (client: PostgresClient) => {
        committing = true
        return client.query(statements.put, values)
      }
      await withClient(pool, put, lostConnection)
      return { _tag: 'Committed' }
    }
    return await withClient(pool, async (client) => {
      await client.query('begin isolation level read committed')
      if (!(await apply(client, statements, datamart, batch))) {
        await client.query('rollback')
        return conflict
      }
      committing = true
      await client.query('commit')
      return { _tag: 'Committed' }
    })
  } catch (cause) {
    const isUndone = !committing || !mayHaveCommitted(cause)
    if (isUndone && isConflict(cause)) return conflict
    throw postgresFault('commit', cause, isUndone ? false : undefined)
  }
}

const conflict: CommitResult = { _tag: 'Conflict' }

/** The datamart, and the documents that a batch changes and adds. */
const documentValues = (datamart: string, { changed, added }: Batch): ReadonlyArray<string> => [
  datamart,
  asLines(changed.keys),
  asLines(changed.expected),
  asLines(changed.bodies),
  asLines(added.keys),
  asLines(added.bodies)
]

/** What the one statement needs that writes a batch which deletes and releases nothing. */
const putValues = (datamart: string, batch: Batch): Parameters<PostgresClient['query']>[1] => [
  ...documentValues(datamart, batch),
  batch.taken.claims,
  asLines(batch.taken.keys),
  batch.changed.keys.length + batch.added.keys.length + batch.taken.claims.length
]

/** A statement that was alone has nothing to be rolled back. */
const lostConnection = (_: PostgresClient, error: unknown): Error | undefined =>
  mayHaveCommitted(error) ? new Error('the connection was lost') : undefined

/** Writes the batch in the open transaction; `false`: a version or a claim did not hold. */
const apply = async (
  client: PostgresClient,
  statements: Statements,
  datamart: string,
  batch: Batch
): Promise<boolean> => {
  const { changed, added, removed, taken, released } = batch
  // A batch that deletes nothing needs no statement for it.
  if (removed.keys.length > 0) {
    await client.query(statements.lock, [datamart, asLines([...changed.keys, ...removed.keys])])
  }
  const written = await count(client, statements.write, [
    ...documentValues(datamart, batch),
    asLines(removed.keys),
    asLines(removed.expected),
    released
  ])
  if (written !== changed.keys.length + added.keys.length + removed.keys.length) return false
  if (taken.claims.length === 0) return true
  return (await count(client, statements.take, [datamart, taken.claims, asLines(taken.keys)])) === taken.claims.length
}

const count = async (
  client: PostgresClient,
  statement: string,
  values: Parameters<PostgresClient['query']>[1]
): Promise<number> => {
  const { rows } = await client.query(statement, values)
  return Number((rows[0] as { readonly written: number | string }).written)
}

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
    const { rows } = await attempt('scan', () =>
      pool.query(statements.page, [datamart, keyOf(kind, last), endOf(kind), size])
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
  select count(*) as written
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
const purge = async (pool: PostgresPool, tables: Tables, timeout: number): Promise<void> => {
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
  await pool.query(`vacuum (full, analyze) ${tables.document}, ${tables.claim}`)
}

const olderThan = async (pool: PostgresPool, horizon: string): Promise<number> => {
  const { rows } = await pool.query(olderTransactions, [horizon])
  return Number((rows[0] as { readonly written: number | string }).written)
}
