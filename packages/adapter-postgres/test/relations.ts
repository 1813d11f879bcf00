/** The files of a schema of PostgreSQL, for tests that search them. */
import type { StoreFile } from '@userpoint/conformance'
import type pg from 'pg'

/** The tables and indexes of the schema, and the tables that PostgreSQL puts their long values into. */
const relations = `
  with own as (
    select oid, reltoastrelid from pg_class where relnamespace = $1::regnamespace
  ), tables as (
    select oid from own union select reltoastrelid from own where reltoastrelid <> 0
  )
  select relname as name, pg_read_binary_file(pg_relation_filepath(relation.oid)) as bytes
  from pg_class as relation
  where pg_relation_filepath(relation.oid) is not null
    and (oid in (select oid from tables) or oid in (select indexrelid from pg_index where indrelid in (select oid from tables)))`

/** Returns the files of a schema, as they lie on the disk. The pool's role must be a superuser. */
export const dump = async (pool: pg.Pool, schema: string): Promise<ReadonlyArray<StoreFile>> => {
  await pool.query('checkpoint')
  return (await pool.query<{ name: string; bytes: Buffer }>(relations, [schema])).rows
}
