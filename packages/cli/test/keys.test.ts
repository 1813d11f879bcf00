/** `--keys`: the whole program over an encrypted store. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Folder, userpoint } from './program.ts'

let folder: Folder
beforeEach(() => {
  folder = createFolder()
})
afterEach(() => {
  folder.remove()
})

const line = (hash: string, city: string) => ({
  operation: 'UPSERT',
  email_hash: hash,
  force_replace: true,
  user_profile: { city }
})

const imported = async (...args: ReadonlyArray<string>) => {
  const file = folder.writeLines('people.ndjson', [line('hash-of-ada', 'Marker-Lund'), line('hash-of-eve', 'Oslo')])
  return userpoint(['import', file, '--type', 'USER_PROFILE', '--store', `sqlite:${folder.path('people.db')}`, ...args])
}

const onStore = (...args: ReadonlyArray<string>) =>
  userpoint([...args, '--store', `sqlite:${folder.path('people.db')}`])

describe('--keys', () => {
  it('encrypts a new store, which reads as any other with its key file', async () => {
    const keys = ['--keys', folder.path('people.keys')]
    expect((await imported(...keys)).code).toBe(0)
    const file = readFileSync(folder.path('people.db'))
    expect(file.includes('Marker-Lund')).toBe(false)
    expect(file.includes('hash-of-ada')).toBe(false)
    const { code, stdout } = await onStore('get', '--email-hash', 'hash-of-ada', ...keys)
    expect(code).toBe(0)
    expect(stdout).toContain('Marker-Lund')
    expect((await onStore('export', ...keys)).stdout.trim().split('\n').length).toBe(2)
    expect(await onStore('check', ...keys)).toMatchObject({ code: 0 })
  })

  it('an erasure destroys the key before the program ends', async () => {
    const keys = ['--keys', folder.path('people.keys')]
    await imported(...keys)
    const before = readFileSync(folder.path('people.keys'))
    const erase = folder.writeLines('erase.ndjson', [{ type: 'USER_EMAIL', hash: 'hash-of-ada' }])
    const { code, stderr } = await onStore('import', erase, '--type', 'USER_POINTS_DELETION', ...keys)
    expect(code).toBe(0)
    expect(stderr).toContain('purged')
    const after = readFileSync(folder.path('people.keys'))
    const destroyed = Buffer.alloc(32, 0xff)
    expect([before.includes(destroyed), after.includes(destroyed)]).toEqual([false, true])
    expect((await onStore('get', '--email-hash', 'hash-of-ada', ...keys)).code).toBe(4)
    expect((await onStore('get', '--email-hash', 'hash-of-eve', ...keys)).code).toBe(0)
  })

  it('is demanded of an encrypted store, and refused for a plain one', async () => {
    const keys = ['--keys', folder.path('people.keys')]
    await imported(...keys)
    for (const each of [await onStore('export'), await imported()]) {
      expect(each).toMatchObject({ code: 2, stdout: '' })
      expect(each.stderr).toContain('give its key file with --keys')
    }
    const plain = `sqlite:${folder.path('plain.db')}`
    const file = folder.writeLines('more.ndjson', [line('h', 'Lund')])
    await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', plain])
    const refused = await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', plain, ...keys])
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain('written without keys')
  })

  it('names other keys and a missing file, without changing anything', async () => {
    await imported('--keys', folder.path('people.keys'))
    const missing = await onStore('get', '--email-hash', 'hash-of-ada', '--keys', folder.path('none.keys'))
    expect(missing).toMatchObject({ code: 1, stdout: '' })
    expect(missing.stderr).toContain('(ENOENT)')
    // It belongs to another store.
    const file = folder.writeLines('more.ndjson', [line('h', 'Lund')])
    const others = ['--keys', folder.path('other.keys')]
    await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', `sqlite:${folder.path('b.db')}`, ...others])
    const other = await imported(...others)
    expect(other.code).not.toBe(0)
    expect(other.stderr).toContain('the keys of another datamart')
  })
})
