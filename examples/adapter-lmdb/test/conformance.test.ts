import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeConformance } from '@userpoint/conformance/vitest'
import { openLmdbRepository } from '../src/lmdb-repository.ts'

/** The options with which this workspace runs TypeScript in another process; yours may differ. */
const execArgv = [
  '--conditions=userpoint-source',
  '--import',
  new URL('../../../scripts/typescript.mjs', import.meta.url).href
]

describeConformance({
  name: 'lmdb',
  open: () => {
    const folder = mkdtempSync(join(tmpdir(), 'userpoint-lmdb-'))
    return {
      repository: openLmdbRepository(folder),
      peer: () => openLmdbRepository(folder),
      reopen: () => openLmdbRepository(folder),
      dump: () => readdirSync(folder).map((name) => ({ name, bytes: readFileSync(join(folder, name)) })),
      fork: () => fork(new URL('store-process.ts', import.meta.url), [folder], { execArgv }),
      dispose: () => rmSync(folder, { recursive: true })
    }
  }
})
