/** `userpoint check` on stores that were damaged on purpose. */
import { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Ended, type Folder, parseLines, upsert, userpoint } from './program.ts'

let folder: Folder
let store: string
beforeEach(async () => {
  folder = createFolder()
  store = `sqlite:${folder.path('people.db')}`
  const people = Array.from({ length: 300 }, (_, n) => upsert(`hash-${n}`, { n, text: 'neutral '.repeat(20) }))
  const file = folder.writeLines('people.ndjson', people)
  await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', store, '--execution', 'first'])
})
afterEach(() => {
  folder.remove()
})

const check = (...more: ReadonlyArray<string>): Promise<Ended> => userpoint(['check', '--store', store, ...more])

/** Changes the file, and returns the id of the third person. */
const spoil = (sql: string): string => {
  const database = new DatabaseSync(folder.path('people.db'))
  const chosen = database
    .prepare(`select id from document where kind = 'user_point' order by id limit 1 offset 2`)
    .get()
  const { id } = chosen as { readonly id: string }
  database.exec(sql.replaceAll('THIRD', `(select document from document where id = '${id}')`))
  database.close()
  return id
}

const sound = {
  code: 0,
  stdout: 'sound: every document can be read, and every claim agrees with its document\n',
  stderr: ''
}

describe('[L-13] userpoint check', () => {
  it('says that a store is sound, after deletions and a purge too', async () => {
    expect(await check()).toEqual(sound)
    const file = folder.writeLines('erase.ndjson', [{ type: 'USER_EMAIL', hash: 'hash-3' }])
    await userpoint(['import', file, '--type', 'USER_POINTS_DELETION', '--store', store])
    expect(await check()).toEqual(sound)
    expect(await check('--json')).toEqual({ ...sound, stdout: '' })
  })

  it.each([
    ['a claim without a document', `insert into claim values (1, 999999, null)`, 'STRAY_CLAIMS', false],
    ['a claim that leads to another person', `insert into claim values (1, THIRD, null)`, 'STRAY_CLAIMS', true],
    ['a missing claim', `delete from claim where document = THIRD`, 'MISSING_CLAIMS', true],
    ['a body that is no JSON', `update document set body = '{' where document = THIRD`, 'UNREADABLE_DOCUMENT', true],
    [
      'a body of another shape',
      `update document set body = '{"createdAt":1,"emailHashes":"x"}' where document = THIRD`,
      'UNREADABLE_DOCUMENT',
      true
    ],
    [
      'an identifier that is no text',
      `update document set body = '{"createdAt":1,"emailHashes":[{"hash":7}]}' where document = THIRD`,
      'UNREADABLE_DOCUMENT',
      true
    ]
  ])('finds %s, names the document, and does not exit with 0', async (_, sql, code, hasId) => {
    const id = spoil(sql)
    const json = await check('--json')
    expect(json.code).toBe(1)
    const named = parseLines(json.stdout).filter((flaw) => flaw['code'] === code)
    expect(named).toHaveLength(1)
    expect(named[0]?.['id']).toBe(hasId ? id : undefined)
    const { code: exit, stdout, stderr } = await check()
    expect(exit).toBe(1)
    expect(stdout).toMatch(/^corrupt: /m)
    if (hasId) expect(stdout).toContain(id)
    expect(stdout).not.toContain('hash-')
    expect(stderr).toMatch(/^userpoint: the store is corrupt in \d+ places?; /)
  })

  it('finds pages that were overwritten', async () => {
    spoil('pragma wal_checkpoint(truncate)')
    const file = openSync(folder.path('people.db'), 'r+')
    for (const page of [9, 12]) writeSync(file, Buffer.alloc(4_096, 0x2a), 0, 4_096, page * 4_096)
    closeSync(file)
    const { code, stdout, stderr } = await check()
    expect(code).toBe(1)
    expect(stdout).toMatch(/^corrupt: the file or table is damaged: /m)
    expect(stderr).toContain('the store is corrupt')
  })

  it('finds a file that was torn', async () => {
    spoil('pragma wal_checkpoint(truncate)')
    const path = folder.path('people.db')
    truncateSync(path, Math.floor(statSync(path).size / 8_192) * 4_096)
    const { code, stdout, stderr } = await check()
    expect(code).toBe(1)
    expect(stdout).toMatch(/^corrupt: the file or table is damaged: /m)
    expect(stderr).toContain('the store is corrupt')
  })

  // The first pages have what is read before a check begins.
  it.each([1, 2, 3, 4])('finds damage in page %i, and tells it as any other', async (page) => {
    spoil('pragma wal_checkpoint(truncate)')
    const file = openSync(folder.path('people.db'), 'r+')
    writeSync(file, Buffer.alloc(4_096, 0x2a), 0, 4_096, page * 4_096)
    closeSync(file)
    const { code, stdout, stderr } = await check('--json')
    expect(code).toBe(1)
    expect(parseLines(stdout)).toContainEqual({ code: 'DAMAGED_STORE', detail: expect.any(String) as unknown })
    expect(stderr).toMatch(/^userpoint: the store is corrupt in \d+ places?; /)
  })

  it('says so where there is nothing to check', async () => {
    const { code, stderr } = await userpoint(['check', '--store', `sqlite:${folder.path('none.db')}`])
    expect(code).toBe(1)
    expect(stderr).toContain('cannot be read')
  })
})
