/** `export --format datamart`, `restore` and `access`. */
import { existsSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Folder, upsert, userpoint } from './program.ts'

let folder: Folder
beforeEach(() => {
  folder = createFolder()
})
afterEach(() => folder.remove())

const storeAt = (name: string): ReadonlyArray<string> => ['--store', `sqlite:${folder.path(name)}`]

const filled = async (name: string, count: number): Promise<string> => {
  const people = Array.from({ length: count }, (_, i) => upsert(`hash-${i}`, { i, text: `<b>${i}</b>` }))
  const file = folder.writeLines('people.ndjson', people)
  expect(await userpoint(['import', file, '--type', 'USER_PROFILE', ...storeAt(name)])).toMatchObject({ code: 0 })
  const { code, stdout } = await userpoint(['export', '--format', 'datamart', ...storeAt(name)])
  expect(code).toBe(0)
  return stdout
}

const exported = async (name: string, ...more: ReadonlyArray<string>): Promise<string> =>
  (await userpoint(['export', ...storeAt(name), ...more])).stdout

const firstLine = '{"format":"userpoint-datamart","version":1}'

describe('restore', () => {
  it('brings everybody into another store, encrypted or not, and can be run again', async () => {
    const text = await filled('one.db', 1_203)
    const keys = ['--keys', folder.path('two.keys')]
    const file = folder.write('all.datamart', text)
    const first = await userpoint(['restore', file, ...storeAt('two.db'), ...keys])
    expect(first).toEqual({
      code: 0,
      stdout: 'restored 1,203 documents; 0 were there already; 0 were refused\n',
      stderr: ''
    })
    expect(await exported('two.db', ...keys)).toBe(await exported('one.db'))
    const again = await userpoint(['restore', ...storeAt('two.db'), ...keys], { stdin: text })
    expect(again).toMatchObject({
      code: 0,
      stdout: 'restored 0 documents; 1,203 were there already; 0 were refused\n'
    })
  })

  it('names the lines that it refuses, without their content, and exits with 3', async () => {
    const text = await filled('one.db', 3)
    const [start, ...lines] = text.trim().split('\n')
    const other = JSON.stringify({ ...JSON.parse(lines[1] as string), id: 'another-id' })
    const file = folder.write(
      'odd.datamart',
      [start, lines[0], other, lines[1], '{"kind":"x"}', '{"end":true,"documents":4}'].join('\n')
    )
    const { code, stdout, stderr } = await userpoint(['restore', file, ...storeAt('two.db')])
    expect(stdout).toBe('restored 2 documents; 0 were there already; 2 were refused\n')
    expect(stderr).toBe('userpoint: line 4: TAKEN_IDENTIFIER\nuserpoint: line 5: INVALID_DOCUMENT\n')
    expect(code).toBe(3)
  })

  it('unpacks gzip, and says where it is damaged', async () => {
    const packed = gzipSync(await filled('one.db', 3))
    const whole = await userpoint(['restore', folder.write('all.gz', packed), ...storeAt('two.db')])
    expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining('restored 3 documents') as unknown })
    expect(await exported('two.db')).toBe(await exported('one.db'))
    const cut = packed.subarray(0, packed.length - 20)
    const { code, stderr } = await userpoint(['restore', folder.write('cut.gz', cut), ...storeAt('three.db')])
    expect(code).toBe(1)
    expect(stderr).toContain('cut.gz cannot be read: it ends in the middle of gzip')
  })

  it.each([
    ['cut at a line', (text: string) => text.trim().split('\n').slice(0, -1).join('\n'), 'the file is cut'],
    ['no UTF-8', () => new Uint8Array([0x7b, 0xff]), 'is no UTF-8'],
    ['cut within a line', (text: string) => text.slice(0, text.indexOf('"kind"', 200)), 'is no JSON'],
    ['short of a line', (text: string) => text.replace(/\n.*\n/, '\n'), 'says that it has 3'],
    ['going on after its end', (text: string) => `${text}{}\n`, 'comes after the end'],
    ['of another format', () => '{"a":1}\n', 'no exported datamart'],
    ['of a newer version', (text: string) => text.replace('"version":1', '"version":2'), 'newer version'],
    ['empty', () => '', 'the file is cut']
  ])('fails for a file that is %s, and says what it has done', async (_, change, message) => {
    const file = folder.write('odd.datamart', change(await filled('one.db', 3)))
    const { code, stdout, stderr } = await userpoint(['restore', file, ...storeAt('two.db')])
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    expect(stdout).toMatch(/^restored [0-3] documents/)
  })

  it.each([
    ['is no JSON', (line: string) => `${line}x\n`, 'line 5 is no JSON; all before it is restored'],
    ['comes after the end', (line: string) => `{"end":true,"documents":3}\n${line}\n`, 'line 6 comes after the end']
  ])('has restored all before a line that %s', async (_, odd, message) => {
    const text = await filled('one.db', 3)
    const [start, ...documents] = text.trim().split('\n').slice(0, 4)
    const lines = [start, ...documents, odd(documents[0] as string)].join('\n')
    const { code, stdout, stderr } = await userpoint([
      'restore',
      folder.write('odd.datamart', lines),
      ...storeAt('two.db')
    ])
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    expect(stdout).toBe('restored 3 documents; 0 were there already; 0 were refused\n')
    expect(await exported('two.db')).toBe(await exported('one.db'))
  })

  it.each([
    ['is missing', () => folder.path('none'), 'no such file'],
    ['is a folder', () => folder.path('.'), 'it is a folder'],
    ['is empty', () => folder.write('none.datamart', ''), 'the file is cut'],
    ['is of another format', () => folder.write('people.ndjson', '{"a":1}\n'), 'no exported datamart'],
    ['ends after its first line', () => folder.write('one.datamart', `${firstLine}\n`), 'the file is cut'],
    ['has no JSON in its second line', () => folder.write('one.datamart', `${firstLine}\n{`), 'line 2 is no JSON'],
    ['is no text', () => folder.write('people.db', new Uint8Array([0x7b, 0xff])), 'is no UTF-8']
  ])('makes no store for a file that %s', async (_, path, message) => {
    const { code, stderr } = await userpoint(['restore', path(), ...storeAt('two.db')])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) as unknown })
    expect(existsSync(folder.path('two.db'))).toBe(false)
  })

  it('makes no store of an empty standard input', async () => {
    expect((await userpoint(['restore', '-', ...storeAt('two.db')])).stderr).toContain('the file is cut')
    expect(existsSync(folder.path('two.db'))).toBe(false)
  })
})

describe('[L-38] a restore with the key', () => {
  it('leaves out who was erased since, by receipts that were exported later', async () => {
    const key = ['--key-file', folder.write('people.key', '07'.repeat(32))]
    const people = folder.writeLines('people.ndjson', [upsert('a'), upsert('b')])
    await userpoint(['import', people, '--type', 'USER_PROFILE', ...storeAt('one.db'), ...key])
    const file = folder.write('all.datamart', await exported('one.db', '--format', 'datamart'))
    await userpoint(['erase', '--email-hash', 'a', ...storeAt('one.db'), ...key])
    const { stdout: text } = await userpoint(['receipts', 'export', ...storeAt('one.db'), ...key])
    const receipts = folder.write('receipts.ndjson', text)
    const restore = (...more: ReadonlyArray<string>) => userpoint(['restore', file, ...storeAt('two.db'), ...more])
    expect(await restore('--receipts', receipts)).toMatchObject({ code: 2 })
    expect(await restore(...key, '--receipts', receipts)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^userpoint: line \d: ERASED\n$/) as unknown
    })
    const found = async (hash: string) =>
      (await userpoint(['get', '--email-hash', hash, ...storeAt('two.db'), ...key])).code
    expect([await found('a'), await found('b')]).toEqual([4, 0])
    // The store is keyed, so that a restore without the key would make people whom no engine finds.
    const plain = folder.write('plain.datamart', await filled('plain.db', 1))
    const added = await userpoint(['restore', plain, ...storeAt('two.db')])
    expect(added).toMatchObject({ code: 1, stderr: expect.stringContaining('are keyed') as unknown })
    const altered = folder.write('altered.ndjson', text.replace('"people":1', '"people":0'))
    expect(await restore(...key, '--receipts', altered)).toMatchObject({ code: 1 })
  })
})

it('[L-38] needs the key of a datamart that has one, and writes nothing without it', async () => {
  const key = ['--key-file', folder.write('people.key', '07'.repeat(32))]
  const people = folder.writeLines('people.ndjson', [upsert('a'), upsert('b')])
  await userpoint(['import', people, '--type', 'USER_PROFILE', ...storeAt('one.db'), ...key])
  await userpoint(['erase', '--email-hash', 'a', '--suppress', ...storeAt('one.db'), ...key])
  const file = folder.write('all.datamart', await exported('one.db', '--format', 'datamart'))
  expect(await userpoint(['restore', file, ...storeAt('two.db')])).toEqual({
    code: 2,
    stdout: 'restored 0 documents; 0 were there already; 0 were refused\n',
    stderr:
      'userpoint: KEY_NEEDED: the file is of a datamart with a key; give --key-file, or erasure.keyFile in the settings\n'
  })
  expect(existsSync(folder.path('two.db'))).toBe(false)
  expect(await userpoint(['restore', file, ...storeAt('two.db'), ...key])).toMatchObject({ code: 0, stderr: '' })
  expect(await exported('two.db', '--format', 'datamart')).toBe(folder.read('all.datamart'))
})

it('says what helps if the key does not fit the store, and not to run the same again', async () => {
  const key = ['--key-file', folder.write('people.key', '07'.repeat(32))]
  const file = folder.write('all.datamart', await filled('plain.db', 1))
  const late = await userpoint(['restore', file, ...storeAt('plain.db'), ...key])
  expect(late.code).toBe(1)
  expect(late.stderr).toMatch(/into a new store, or set erasure.claims to "plain"\n$/)
  expect(await userpoint(['restore', file, ...storeAt('keyed.db'), ...key])).toMatchObject({ code: 0 })
  const missing = await userpoint(['get', '--email-hash', 'hash-0', ...storeAt('keyed.db')])
  expect(missing.code).toBe(1)
  expect(missing.stderr).toMatch(/are keyed: give its key with --key-file/)
})

describe('access', () => {
  it('prints a file of a fixed shape, or a page without tags of the person’s', async () => {
    await filled('one.db', 2)
    const json = await userpoint(['access', '--email-hash', 'hash-1', ...storeAt('one.db')])
    expect(json.code).toBe(0)
    expect(JSON.parse(json.stdout)).toMatchObject({
      format: 'userpoint-access',
      version: 1,
      identifiers: [{ type: 'email_hash', value: 'hash-1' }],
      profiles: [{ properties: { i: 1, text: '<b>1</b>' } }]
    })
    const html = await userpoint(['access', '--email-hash', 'hash-1', '--as', 'html', ...storeAt('one.db')])
    expect(html.stdout).toContain('&lt;b&gt;1&lt;/b&gt;')
    expect(html.stdout).not.toContain('<b>')
  })

  it('exits with 4 for an unknown identifier, and with 2 without one', async () => {
    await filled('one.db', 1)
    expect((await userpoint(['access', '--email-hash', 'unknown', ...storeAt('one.db')])).code).toBe(4)
    expect((await userpoint(['access', ...storeAt('one.db')])).code).toBe(2)
  })
})
