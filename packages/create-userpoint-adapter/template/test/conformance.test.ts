import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeConformance } from '@userpoint/conformance/vitest'
import { openRepository } from '../src/repository.ts'

describeConformance({
  name: 'my-store',
  // A new and empty store, which shares nothing with another: a folder, a schema, a database.
  open: () => {
    const place = mkdtempSync(join(tmpdir(), 'my-store-'))
    return {
      repository: openRepository(place),
      // Another handle on the same store. Needed once the manifest says `concurrent`.
      peer: () => openRepository(place),
      // The same store, after every handle was closed. Needed once the manifest says `durable`.
      reopen: () => openRepository(place),
      // Another process on the same store. Needs Node 22.18 or newer, or a loader of TypeScript in `execArgv`.
      fork: () =>
        fork(new URL('store-process.ts', import.meta.url), [place], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] }),
      // Every file of the store, in which the suite looks for deleted data. Leave it out where you cannot read them.
      dump: () => readdirSync(place).map((name) => ({ name, bytes: readFileSync(join(place, name)) })),
      dispose: () => rmSync(place, { recursive: true })
    }
  }
})
