import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Folder, parseLines, upsert, userpoint } from './program.ts'

let folder: Folder
let store: string
let key: string

beforeEach(async () => {
  folder = createFolder()
  store = `sqlite:${folder.path('people.db')}`
  key = folder.write('people.key', `${'07'.repeat(32)}\n`)
  await run('import', people('a', 'b', 'c'), '--type', 'USER_PROFILE')
})
afterEach(() => folder.remove())

const run = (...args: ReadonlyArray<string>) => userpoint([...args, '--store', store, '--key-file', key])
const people = (...hashes: ReadonlyArray<string>): string =>
  folder.writeLines(
    'people.ndjson',
    hashes.map((hash) => upsert(hash, { city: 'Lund' }))
  )
const erase = (hash: string, ...more: ReadonlyArray<string>) => run('erase', '--email-hash', hash, ...more)
const rejectedAgain = async (hash: string): Promise<unknown> =>
  parseLines((await run('import', people(hash), '--type', 'USER_PROFILE', '--json')).stdout)[0]?.['rejections']

describe('erase', () => {
  it('deletes one person, once', async () => {
    expect(await erase('a')).toMatchObject({ code: 0, stdout: 'erased one person\n' })
    expect(await erase('a')).toMatchObject({ code: 4, stderr: 'userpoint: no person has this identifier\n' })
    expect(await rejectedAgain('a')).toEqual([])
  })

  it('[L-37] with --suppress keeps the person away, until the suppression is lifted', async () => {
    expect(await erase('a', '--suppress')).toMatchObject({
      code: 0,
      stdout: 'erased one person; 1 identifier is suppressed\n'
    })
    expect(await erase('x', '--suppress')).toMatchObject({
      code: 0,
      stdout: 'no person has this identifier; 1 identifier is suppressed\n'
    })
    expect(await rejectedAgain('a')).toMatchObject([{ code: 'SUPPRESSED', count: 1 }])
    const listed = parseLines((await run('suppressions', 'list')).stdout)
    expect(listed).toMatchObject([{ claim: expect.stringMatching(/^keyed:[0-9a-f]{64}$/) as unknown }, {}])
    expect(await run('suppressions', 'lift', '--email-hash', 'a')).toMatchObject({
      code: 0,
      stdout: 'lifted: the identifier may come back\n'
    })
    expect(await run('suppressions', 'lift', '--email-hash', 'a')).toMatchObject({ code: 4 })
    expect(await rejectedAgain('a')).toEqual([])
    const kept = parseLines((await run('receipts', 'list')).stdout)
    expect(kept.map(({ verb }) => verb).filter((verb) => verb !== undefined)).toEqual([
      'DeleteUserPoint',
      'DeleteUserPoint',
      'LiftSuppression'
    ])
  })

  it.each([
    [['erase', '--email-hash', 'a', '--suppress'], 'this needs the key of the datamart'],
    [['suppressions', 'list'], 'this needs the key of the datamart'],
    [['suppressions', 'lift', '--email-hash', 'a'], 'this needs the key of the datamart'],
    [['receipts', 'list'], 'this needs the key of the datamart'],
    [['suppressions', 'lift', '--user-point', 'p', '--key-file', 'KEY'], 'can be suppressed'],
    [['suppressions', 'lift', '--key-file', 'KEY'], 'no user point selected'],
    [['receipts', 'verify', '--public-key', 'x', '--key-file', 'KEY'], 'needs the file of an export'],
    [['receipts', 'export', '--sign-with', 'KEY', '--key-file', 'KEY'], 'must be an Ed25519 key as PEM']
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await userpoint([...args.map((each) => (each === 'KEY' ? key : each)), '--store', store])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) as unknown })
  })
})

describe('receipts', () => {
  it('[L-38] are shown by number and by id, without an identifier', async () => {
    await erase('a')
    const { stdout } = await run('receipts', 'list')
    expect(stdout).not.toMatch(/email|Lund/)
    const [first] = parseLines(stdout)
    expect(first).toMatchObject({ kind: 'erasure', number: 1, verb: 'DeleteUserPoint', removed: { people: 1 } })
    const shown = await run('receipts', 'show', '1')
    expect(JSON.parse(shown.stdout)).toMatchObject({
      ...first,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown
    })
    expect(await run('receipts', 'show', String(first?.['id']))).toEqual(shown)
    expect(await run('receipts', 'show', '99')).toMatchObject({ code: 4 })
  })

  it('[L-38] are verified in the store, and as an export with the public key alone', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const secret = folder.write('private.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const open = folder.write('public.pem', publicKey.export({ type: 'spki', format: 'pem' }))
    await erase('a')
    const early = folder.write('early.ndjson', (await run('receipts', 'export')).stdout)
    await erase('b')
    const text = (await run('receipts', 'export', '--sign-with', secret)).stdout
    const whole = folder.write('receipts.ndjson', text)
    const verify = (...args: ReadonlyArray<string>) => userpoint(['receipts', 'verify', ...args])
    expect(await run('receipts', 'verify', '--earlier', early)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^whole: 4 receipts, head [0-9a-f]{64}\n$/) as unknown
    })
    expect(await verify(whole, '--public-key', open, '--earlier', early)).toMatchObject({ code: 0 })
    const read = (stdin: string) => userpoint(['receipts', 'verify', '-', '--public-key', open], { stdin })
    expect(await read(text)).toEqual(await verify(whole, '--public-key', open))
    expect((await read('')).stderr).toContain('the last line, with the head, is missing')
    const altered = folder.write('altered.ndjson', text.replace('"people":1', '"people":2'))
    expect(await verify(altered)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('receipt 1, or') as unknown
    })
    expect(await verify(early, '--public-key', open)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no signature of this key') as unknown
    })
    const forged = folder.write('forged.ndjson', text.replace('"entry":', '"entry":{"people":99},"entry":'))
    expect(await verify(forged, '--public-key', open)).toMatchObject({
      code: 1,
      stderr: 'userpoint: the receipts are flawed: line 1 is not one of an export\n'
    })
    const waiting = folder.write('waiting.ndjson', text.replace('"unsealed":0', '"unsealed":7'))
    expect((await verify(waiting, '--public-key', open)).stdout).toMatch(/^whole: 4 receipts, head [0-9a-f]{64}\n$/)
    const lines = text.trim().split('\n')
    const cut = folder.write('cut.ndjson', `${lines.slice(0, -1).join('\n')}\n`)
    expect((await verify(cut)).stderr).toContain('the last line, with the head, is missing')
    expect((await verify(folder.path('none'))).stderr).toContain('cannot be read')
  })
})

describe('the key', () => {
  it.each(
    [
      ['receipts', 'list'],
      ['receipts', 'show', '1'],
      ['receipts', 'verify'],
      ['receipts', 'export'],
      ['suppressions', 'list'],
      ['export'],
      ['export', '--format', 'datamart'],
      ['executions'],
      ['sweep', '--dry-run']
    ].map((args) => [args] as const)
  )('[L-37] of another store is refused by %j', async (args) => {
    await erase('a', '--suppress')
    const other = folder.write('other.key', '08'.repeat(32))
    expect(await userpoint([...args, '--store', store, '--key-file', other])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('under another key') as unknown
    })
    expect((await run(...args)).code).toBe(0)
  })

  const withSettings = (settings: object, ...args: ReadonlyArray<string>) =>
    userpoint([...args, '--store', store, '--config', folder.write('settings.json', JSON.stringify(settings))])

  it('is read from an environment variable that the settings name, and is never shown', async () => {
    const settings = { erasure: { keyVariable: 'USERPOINT_TEST_KEY' } }
    expect(await withSettings(settings, 'receipts', 'verify')).toMatchObject({
      code: 1,
      stderr: 'userpoint: the key in the environment variable USERPOINT_TEST_KEY is not set\n'
    })
    try {
      process.env['USERPOINT_TEST_KEY'] = '07'.repeat(32)
      expect(await withSettings(settings, 'receipts', 'verify')).toMatchObject({ code: 0 })
      process.env['USERPOINT_TEST_KEY'] = 'c0ffee'
      const { code, stderr } = await withSettings(settings, 'receipts', 'verify')
      expect({ code, shows: stderr.includes('c0ffee') }).toEqual({ code: 2, shows: false })
      const both = { erasure: { ...settings.erasure, keyFile: key } }
      const refused = await withSettings(both, 'receipts', 'verify')
      expect(refused).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('erasure.keyVariable: expected no variable')
      })
      // An option overrides the variable.
      expect(await withSettings(settings, 'receipts', 'verify', '--key-file', key)).toMatchObject({ code: 0 })
    } finally {
      delete process.env['USERPOINT_TEST_KEY']
    }
  })

  it('of documents is named by the settings too', async () => {
    store = `sqlite:${folder.path('sealed.db')}`
    const settings = { erasure: { documentKeys: folder.path('sealed.keys') } }
    expect((await withSettings(settings, 'import', people('a'), '--type', 'USER_PROFILE')).code).toBe(0)
    expect((await withSettings(settings, 'get', '--email-hash', 'a')).code).toBe(0)
    expect((await userpoint(['get', '--email-hash', 'a', '--store', store])).stderr).toContain('the store is encrypted')
  })
})
