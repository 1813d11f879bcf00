/**
 * The port on PostgreSQL. A load is one statement, so it sees one moment; a commit is one transaction of at most four round
 * trips, whatever it holds. All that a batch needs travels in arrays.
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
    manifest: { name: 'postgres', durable: true, concurrent: 'processes' },
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

// None of these has a name: a plan that was made while the tables were empty would be kept, and planning once for each batch
// costs little. It also lets a pooler give each transaction another connection.
const statementsOn = ({ document, claim }: Tables) => ({
  // A document that many references lead to is given once.
  load: `
    select document.kind, document.id, document.version, document.body, found.places
    from (
      select kind, id, string_agg(place::text, ',') as places
      from (
        select claim.kind, claim.id, asked.place
        from unnest($2::text[]) with ordinality as asked (claim, place)
        join ${claim} as claim on claim.datamart_id = $1 and claim.digest = sha256(convert_to(asked.claim, 'UTF8'))
        union all
        select asked.kind, asked.id, asked.place + cardinality($2::text[])
        from unnest($3::text[], $4::text[]) with ordinality as asked (kind, id, place)
      ) as reference
      group by kind, id
    ) as found
    join ${document} as document
      on document.datamart_id = $1 and document.kind = found.kind and document.id = found.id`,

  // Rows are locked in one order, so that two batches wait for each other instead of deadlocking; a version that has passed
  // meanwhile is seen under the lock. (To join these rows with what is wanted once more would cost the square of their number,
  // since the planner takes them for few.)
  write: `
    with locked as (
      select document.kind, document.id, wanted.body
      from unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) as wanted (kind, id, expected, body)
      join ${document} as document
        on document.datamart_id = $1 and document.kind = wanted.kind and document.id = wanted.id
        and document.version = wanted.expected
      order by document.kind, document.id
      for update of document
    ), updated as (
      update ${document} as document set version = document.version + 1, body = locked.body
      from locked
      where document.datamart_id = $1 and document.kind = locked.kind and document.id = locked.id
        and locked.body is not null
      returning 1
    ), deleted as (
      delete from ${document} as document
      using locked
      where document.datamart_id = $1 and document.kind = locked.kind and document.id = locked.id
        and locked.body is null
      returning 1
    ), inserted as (
      insert into ${document} (datamart_id, kind, id, version, body)
      select $1, kind, id, 1, body from unnest($6::text[], $7::text[], $8::text[]) as new (kind, id, body)
      order by kind, id
      on conflict do nothing
      returning 1
    ), released as (
      delete from ${claim} as claim
      using unnest($9::text[]) as given (claim)
      where claim.datamart_id = $1 and claim.digest = sha256(convert_to(given.claim, 'UTF8'))
      returning 1
    )
    select (select count(*) from updated) + (select count(*) from deleted) + (select count(*) from inserted) as written`,

  // A statement of its own, because it must find free what the one before it released.
  take: `
    with taken as (
      insert into ${claim} (datamart_id, digest, claim, kind, id)
      select $1, sha256(convert_to(claim, 'UTF8')) as digest, claim, kind, id
      from unnest($2::text[], $3::text[], $4::text[]) as wanted (claim, kind, id)
      order by digest
      on conflict do nothing
      returning 1
    )
    select count(*) as written from taken`,

  page: `
    select kind, id, version, body from ${document}
    where datamart_id = $1 and kind = $2 and id > $3
    order by id
    limit $4`
})

interface Row {
  readonly kind: Kind
  readonly id: string
  readonly version: number | string
  readonly body: string
}

const stored = (row: Row): Stored => ({
  kind: row.kind,
  id: row.id,
  version: Number(row.version),
  body: JSON.parse(row.body) as JsonObject
})

const load = async (
  pool: PostgresPool,
  statements: Statements,
  datamart: string,
  references: ReadonlyArray<Reference>
): Promise<ReadonlyArray<Stored | undefined>> => {
  // Claims come first, so that a place in the answer is one of these.
  const places: number[] = []
  const idPlaces: number[] = []
  const claims: string[] = []
  const kinds: Kind[] = []
  const ids: string[] = []
  references.forEach((reference, place) => {
    if (reference._tag === 'ByClaim') {
      claims.push(reference.claim)
      places.push(place)
    } else {
      kinds.push(reference.kind)
      ids.push(reference.id)
      idPlaces.push(place)
    }
  })
  places.push(...idPlaces)
  const { rows } = await pool.query(statements.load, [datamart, claims, kinds, ids])
  const found = Array.from<Stored | undefined>({ length: references.length })
  for (const row of rows as ReadonlyArray<Row & { readonly places: string }>) {
    const document = stored(row)
    for (const place of row.places.split(',')) found[places[Number(place) - 1] as number] = document
  }
  return found
}

const commit = async (
  pool: PostgresPool,
  statements: Statements,
  datamart: string,
  writes: ReadonlyArray<Write>
): Promise<CommitResult> => {
  let committing = false
  try {
    return await withClient(pool, async (client) => {
      await client.query('begin isolation level read committed')
      if (!(await apply(client, statements, datamart, writes))) {
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

/** Writes the batch in the open transaction; `false`: a version or a claim did not hold. */
const apply = async (
  client: PostgresClient,
  statements: Statements,
  datamart: string,
  writes: ReadonlyArray<Write>
): Promise<boolean> => {
  const changed = {
    kinds: [] as Kind[],
    ids: [] as string[],
    expected: [] as number[],
    bodies: [] as Array<string | null>
  }
  const added = { kinds: [] as Kind[], ids: [] as string[], bodies: [] as string[] }
  const taken = { claims: [] as string[], kinds: [] as Kind[], ids: [] as string[] }
  const released: string[] = []
  for (const { kind, id, expected, body, claim, release } of writes) {
    for (const each of release) released.push(each)
    for (const each of claim) {
      taken.claims.push(each)
      taken.kinds.push(kind)
      taken.ids.push(id)
    }
    const text = body === undefined ? null : JSON.stringify(body)
    if (expected === 0 && text !== null) {
      added.kinds.push(kind)
      added.ids.push(id)
      added.bodies.push(text)
    } else {
      changed.kinds.push(kind)
      changed.ids.push(id)
      changed.expected.push(expected)
      changed.bodies.push(text)
    }
  }
  const written = await count(client, statements.write, [
    datamart,
    changed.kinds,
    changed.ids,
    changed.expected,
    changed.bodies,
    added.kinds,
    added.ids,
    added.bodies,
    released
  ])
  if (written !== writes.length) return false
  if (taken.claims.length === 0) return true
  const claimed = await count(client, statements.take, [datamart, taken.claims, taken.kinds, taken.ids])
  return claimed === taken.claims.length
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
    const { rows } = await attempt('scan', () => pool.query(statements.page, [datamart, kind, last, size]))
    for (const row of rows as ReadonlyArray<Row>) {
      yield stored(row)
      last = row.id
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
