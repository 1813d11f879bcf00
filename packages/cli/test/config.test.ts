import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Folder, userpoint } from './program.ts'

let folder: Folder
let store: string
beforeEach(() => {
  folder = createFolder()
  store = `sqlite:${folder.path('people.db')}`
})
afterEach(() => folder.remove())

const write = (settings: object): string => folder.write('userpoint.json', JSON.stringify(settings))
const sha256 = 'ab'.repeat(32)

describe('userpoint config check', () => {
  it('says that settings are valid, and their digest', async () => {
    const file = write({ policies: { arrays: 'union' }, tokens: [{ sha256 }] })
    const { code, stdout, stderr } = await userpoint(['config', 'check', file])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/userpoint\.json: valid; digest [0-9a-f]{64}\n$/)
  })

  it('names every wrong setting of every file by its path, with a code', async () => {
    const wrong = write({ policies: { arrays: 'sum' }, limits: { uploadBytes: 0 } })
    const other = folder.write('other.json', '{')
    const { code, stdout, stderr } = await userpoint(['config', 'check', wrong, other])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n').map((line) => line.replace(/^userpoint: .*\//, ''))).toEqual([
      'userpoint.json: policies.arrays: expected "concat" or "union" (WRONG_VALUE)',
      'userpoint.json: limits.uploadBytes: expected a whole number from 1 (WRONG_VALUE)',
      'other.json: line 1: expected JSON (NOT_JSON)',
      ''
    ])
  })

  it('ends with 1 if a file cannot be read', async () => {
    const { code, stderr } = await userpoint(['config', 'check', folder.path('absent.json')])
    expect(code).toBe(1)
    expect(stderr).toContain('cannot be read: no such file or folder (ENOENT)')
  })
})

describe('userpoint config print', () => {
  it('shows every default, what options override, and no token', async () => {
    const file = write({ partner: 'mybrand', policies: { arrays: 'union' }, tokens: [{ sha256 }] })
    const options = ['--arrays', 'concat', '--system-version', 'v202205', '--quarantine', '7', '--max-rejected', '5%']
    const { code, stdout } = await userpoint(['config', 'print', '--config', file, ...options])
    expect(code).toBe(0)
    expect(stdout).not.toContain(sha256)
    expect(JSON.parse(stdout)).toMatchObject({
      partner: 'mybrand',
      policies: { arrays: 'concat', systemVersion: 'v202205', quarantine: { segments: 7 }, defaultStrategy: null },
      identity: { listAttribute: 'list_id' },
      limits: { maxRejected: '5%', bodyBytes: 1_048_576 },
      tokens: [{ sha256: '***' }]
    })
  })

  it('prints settings that are settings again', async () => {
    const { stdout } = await userpoint(['config', 'print'])
    const again = await userpoint(['config', 'print', '--config', folder.write('printed.json', stdout)])
    expect(again).toEqual({ code: 0, stdout, stderr: '' })
  })
})

describe('--config', () => {
  const line = (hash: string) => ({ operation: 'UPSERT', email_hash: hash, user_profile: { n: 1 } })

  it('gives an import its datamart, policies and limits', async () => {
    const file = write({ datamart: '7', policies: { defaultStrategy: 'shallow' }, limits: { maxRejected: 0 } })
    const people = folder.writeLines('people.ndjson', [line('a')])
    const args = ['--type', 'USER_PROFILE', '--store', store]
    expect((await userpoint(['import', people, ...args])).stdout).toContain('MISSING_FORCE_REPLACE')
    const { code, stderr } = await userpoint(['import', people, ...args, '--config', file])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect((await userpoint(['export', '--store', store, '--config', file])).stdout).toContain('"n":1')
    expect((await userpoint(['export', '--store', store, '--datamart', '7'])).stdout).toContain('"n":1')
    expect((await userpoint(['export', '--store', store])).stdout).toBe('')
    const mixed = folder.writeLines('mixed.ndjson', [line('b'), {}])
    const refused = await userpoint(['import', mixed, ...args, '--config', file])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('TOO_MANY_REJECTED')
    // An option overrides the file.
    expect((await userpoint(['import', mixed, ...args, '--config', file, '--max-rejected', '1'])).code).toBe(0)
    expect((await userpoint(['import', mixed, ...args, '--config', file, '--max-rejected', 'none'])).code).toBe(0)
    expect((await userpoint(['import', mixed, ...args, '--config', file, '--datamart', 'default'])).code).toBe(3)
  })

  it('[A-36] gives a document the version of its datamart', async () => {
    const erase = folder.writeLines('erase.ndjson', [{ type: 'USER_EMAIL', hash: 'a' }])
    const args = ['import', erase, '--type', 'USER_POINTS_DELETION', '--store', store]
    const file = write({ policies: { systemVersion: 'v201901' } })
    const refused = await userpoint([...args, '--config', file])
    expect(refused.code).toBe(3)
    expect(refused.stderr).toContain('UNSUPPORTED_SYSTEM_VERSION')
    expect((await userpoint([...args, '--config', file, '--system-version', 'v202205'])).code).toBe(0)
    expect((await userpoint([...args, '--config', file, '--system-version', 'none'])).code).toBe(0)
  })

  it('is refused by every command if it is wrong, before anything is done', async () => {
    const file = write({ policies: { arrays: 'sum' } })
    const people = folder.writeLines('people.ndjson', [line('a')])
    for (const args of [
      ['import', people, '--type', 'USER_PROFILE'],
      ['explain', people, '--type', 'USER_PROFILE'],
      ['executions'],
      ['export'],
      ['get', '--email-hash', 'a'],
      ['insider', 'upsert', people],
      ['purge'],
      ['sweep'],
      ['serve']
    ]) {
      const { code, stderr } = await userpoint([...args, '--store', store, '--config', file])
      expect([args[0], code]).toEqual([args[0], 2])
      expect(stderr).toContain('policies.arrays: expected "concat" or "union" (WRONG_VALUE)')
    }
    await expect(async () => folder.read('people.db')).rejects.toThrow('ENOENT')
  })
})
