// Slow: the suite on a server, with a new schema and a new key file for each trial.
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeConformance } from '@userpoint/conformance/vitest'
import type { Repository } from '@userpoint/core/repository'
import pg from 'pg'
import { inject } from 'vitest'
import { openOnPostgres } from './postgres-store.ts'

const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href

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

describeConformance({
  name: 'postgres with keys in a file',
  open: async () => {
    const url = inject('postgres')
    const schema = `userpoint_keys_${randomUUID().replaceAll('-', '')}`
    const directory = mkdtempSync(join(tmpdir(), 'userpoint-keys-'))
    const keyFile = join(directory, 'store.keys')
    const admin = new pg.Pool({ connectionString: url, max: 1 })
    admin.on('error', () => undefined)
    const open = (): Promise<Repository> => openOnPostgres(url, schema, keyFile)
    return {
      repository: await open(),
      peer: open,
      reopen: open,
      fork: () =>
        fork(new URL('postgres-process.ts', import.meta.url), [url, schema, keyFile], {
          execArgv: ['--conditions=userpoint-source', '--import', typescript]
        }),
      dump: async () => {
        await admin.query('checkpoint')
        return (await admin.query<{ name: string; bytes: Buffer }>(relations, [schema])).rows
      },
      looks: () => 'never readable',
      dispose: async () => {
        await admin.query(`drop schema if exists ${schema} cascade`)
        await admin.end()
        rmSync(directory, { recursive: true })
      }
    }
  }
})
