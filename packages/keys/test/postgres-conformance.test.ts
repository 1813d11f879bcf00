// Slow: the suite on a server, with a new schema and a new key file for each trial.
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Repository } from '@userpoint/core/repository'
import pg from 'pg'
import { inject } from 'vitest'
import { dropSchema } from '../../adapter-postgres/test/drop-schema.ts'
import { dump } from '../../adapter-postgres/test/relations.ts'
import { describeAgain } from '../../conformance/test/describe-again.ts'
import { openOnPostgres } from './postgres-store.ts'

const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href

describeAgain({
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
      dump: () => dump(admin, schema),
      looks: () => 'never readable',
      dispose: async () => {
        await dropSchema(admin, schema)
        await admin.end()
        rmSync(directory, { recursive: true })
      }
    }
  }
})
