/**
 * The tables and the function of a schema, statement by statement. `datamart_id` leads every key, and no row refers to the key of
 * another row, so that an engine may spread rows over machines by datamart.
 */

/** The names of one schema, as they are written in statements. */
export interface Names {
  readonly schema: string
  readonly migration: string
  readonly document: string
  readonly claim: string
  /** The function that commits a batch. */
  readonly writeBatch: string
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** @throws RangeError if PostgreSQL would silently take the name for another one. */
export const namesIn = (schema: string): Names => {
  if (!/^[\x20-\x7e]{1,63}$/.test(schema)) throw new RangeError('schema must be 1 to 63 printable ASCII characters')
  const name = quoted(schema)
  const within = (table: string): string => `${name}.${table}`
  return {
    schema: name,
    migration: within('migration'),
    document: within('document'),
    claim: within('claim'),
    writeBatch: within('write_batch')
  }
}

/** Returns the lines of a text as rows. Keys and JSON have no line breaks; an array would escape each quote. */
export const lines = (text: string): string => `string_to_array(${text}, E'\\n')`

/**
 * Returns the stored form of a claim: the claim, or its digest if it is long or looks like a digest. The key of a B-tree has room
 * for 2,700 bytes.
 */
export const claimKey = (claim: string): string =>
  `case when octet_length(${claim}) > 1000 or starts_with(${claim}, 'sha256:')
    then 'sha256:' || encode(sha256(convert_to(${claim}, 'UTF8')), 'hex') else ${claim} end`

const tables = ({ document, claim }: Names): ReadonlyArray<string> => [
  // If a page has room, an updated document stays in it, and the index does not change.
  `create table ${document} (
     datamart_id text collate "C" not null,
     key text collate "C" not null,
     version bigint not null,
     body text collate "C" not null,
     primary key (datamart_id, key)
   ) with (fillfactor = 90)`,
  `create table ${claim} (
     datamart_id text collate "C" not null,
     claim text collate "C" not null,
     key text collate "C" not null,
     primary key (datamart_id, claim)
   )`,
  // A search of the files cannot find compressed text, so that no test could show that it is erased.
  `alter table ${document} alter column body set storage external`,
  `alter table ${claim} alter column claim set storage external`
]

/** Returns a text as a literal, with any names in it. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

// Large tables are never read whole, with any statistics: `limit 1` and `on conflict` leave the planner no choice. For a deletion, the
// planner assumes that the array of a subquery is short. The datamart comes from there too, because the planner assumes that a given
// datamart selects few rows; then, while a table grows faster than it is analyzed, each batch would read all of it. The function is
// planned anew each time, because the server would keep a plan from the time when the tables were empty.
const writing = ({ document, claim }: Names): string => `
declare
  written bigint;
begin
  -- In one order, so that two batches wait for each other instead of deadlocking.
  if removed_keys <> '' then
    perform 1
    from (
      select key from unnest(${lines('changed_keys')} || ${lines('removed_keys')}) as wanted (key) order by key
    ) as wanted
    cross join lateral (
      select 1 from ${document} as document
      where document.datamart_id = datamart and document.key = wanted.key
      limit 1 for update
    ) as locked;
  end if;
  -- In one order too, which a join would not keep if it reads a small table whole. The lock shows a version that has passed meanwhile.
  -- A deleted document is inserted instead, with a version below 0: that is not counted, and so undone.
  if changed_keys <> '' then
    with updated as (
      insert into ${document} as document (datamart_id, key, version, body)
      select datamart, key, -expected, body
      from unnest(${lines('changed_keys')}, ${lines('changed_versions')}::bigint[], ${lines('changed_bodies')})
        as wanted (key, expected, body)
      order by key
      on conflict (datamart_id, key) do update set version = document.version + 1, body = excluded.body
      where document.version = -excluded.version
      returning version
    )
    select count(*) from updated where version > 0 into written;
    if written <> cardinality(${lines('changed_keys')}) then
      raise serialization_failure;
    end if;
  end if;
  insert into ${document} (datamart_id, key, version, body)
  select datamart, key, 1, body
  from unnest(${lines('added_keys')}, ${lines('added_bodies')}) as new (key, body)
  order by key;
  if removed_keys <> '' then
    delete from ${document} as document
    using (
      select datamart as datamart_id, key, expected
      from unnest(${lines('(select removed_keys)')}, ${lines('(select removed_versions)')}::bigint[]) as doomed (key, expected)
      order by key
    ) as doomed
    where document.datamart_id = doomed.datamart_id and document.key = doomed.key
      and document.version = doomed.expected;
    get diagnostics written = row_count;
    if written <> cardinality(${lines('removed_keys')}) then
      raise serialization_failure;
    end if;
  end if;
  -- All releases come before all claims.
  if cardinality(released_claims) > 0 then
    delete from ${claim} as claim
    using (
      select datamart as datamart_id, ${claimKey('given.claim')} as claim
      from unnest((select released_claims)) as given (claim)
      order by 2
    ) as given
    where claim.datamart_id = given.datamart_id and claim.claim = given.claim;
  end if;
  insert into ${claim} (datamart_id, claim, key)
  select datamart, ${claimKey('wanted.claim')}, key
  from unnest(taken_claims, ${lines('taken_keys')}) as wanted (claim, key)
  order by 2;
  return true;
-- The whole batch is undone, without an entry in the server's log, which would contain the claim of another document.
exception when unique_violation or serialization_failure then
  return false;
end
`

const writeBatch = (names: Names): string => `
create function ${names.writeBatch}(
  datamart text,
  changed_keys text, changed_versions text, changed_bodies text,
  added_keys text, added_bodies text,
  removed_keys text, removed_versions text,
  released_claims text[],
  taken_claims text[], taken_keys text
) returns boolean
language plpgsql
set plan_cache_mode = force_custom_plan
set search_path = pg_catalog, pg_temp
as ${literal(writing(names))}`

/** Each statement of each migration; released ones are never edited. */
export const migrations: ReadonlyArray<(names: Names) => ReadonlyArray<string>> = [
  (names) => [...tables(names), writeBatch(names)]
]
