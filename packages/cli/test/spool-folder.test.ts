import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Folder, userpoint } from './program.ts'

let folder: Folder

beforeEach(() => {
  folder = createFolder()
})
afterEach(() => folder.remove())

/** Starts a server, and stops it at once if it does not refuse to start. */
const refusal = (...args: ReadonlyArray<string>) =>
  userpoint(['serve', ...args, '--port', '0'], { onListen: (stop) => stop('SIGTERM') })

describe('the folder of a server’s spool', () => {
  // With the folder the server would also create a store at a wrong path.
  it('is not created where the folder of the store is missing', async () => {
    const missing = folder.path('missing')
    const store = `${missing}/people.db`
    const refused = await refusal('--store', `sqlite:${store}`)
    expect(refused.stderr).toContain(
      `userpoint: the store ${store} cannot be opened: no such file or folder (ENOENT)\n`
    )
    expect(refused.code).toBe(1)
    expect(existsSync(missing)).toBe(false)
  })

  it('is refused at the start if it is a file, or below one', async () => {
    const file = folder.write('file', 'content')
    for (const spool of [file, `${file}/spool`]) {
      const refused = await refusal('--store', 'memory:', '--spool', spool)
      expect(refused.stderr).toContain(
        `userpoint: cannot use the spool ${spool}: a part of its path is not a folder (ENOTDIR)\n`
      )
      expect(refused.code).toBe(1)
    }
    expect(folder.read('file')).toBe('content')
  })
})
