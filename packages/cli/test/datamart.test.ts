/** A datamart that a store does not have is a mistake, and never an empty one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolder, type Folder, parseLines, upsert, userpoint } from './program.ts'

let folder: Folder
let store: ReadonlyArray<string>
beforeEach(async () => {
  folder = createFolder()
  store = ['--store', `sqlite:${folder.path('people.db')}`]
  await run([
    'import',
    folder.writeLines('people.ndjson', [upsert('a')]),
    '--type',
    'USER_PROFILE',
    '--datamart',
    'shop'
  ])
})
afterEach(() => folder.remove())

const run = (argv: ReadonlyArray<string>) => userpoint([...argv, ...store])

/** The arguments of each command besides a store. */
const needs: Readonly<Record<string, ReadonlyArray<string>>> = {
  access: ['--email-hash', 'a'],
  erase: ['--email-hash', 'a'],
  export: [],
  get: ['--email-hash', 'a'],
  sweep: [],
  purge: [],
  check: [],
  executions: []
}

/** Commands with the key of the datamart, and what each is tried with. */
const withKey: Readonly<Record<string, ReadonlyArray<string>>> = {
  receipts: ['list'],
  suppressions: ['lift', '--email-hash', 'a']
}

/** Commands that may begin a datamart. */
const beginning = ['import', 'restore', 'explain', 'insider', 'serve', 'config', 'help']

describe('a datamart that the store does not have', () => {
  it.each(Object.entries(needs))('is told by %s, and by its settings too', async (command, args) => {
    const expected = 'userpoint: the store has no datamart shpo: nothing was ever written to it\n'
    expect(await run([command, ...args, '--datamart', 'shpo'])).toEqual({ code: 1, stdout: '', stderr: expected })
    const config = folder.write('config.json', '{ "datamart": "shpo" }')
    expect((await run([command, ...args, '--config', config])).stderr).toBe(expected)
    expect((await run([command, ...args, '--datamart', 'shop'])).code).toBe(0)
  })

  it.each(['delete-user', 'get-user'])('is told by insider %s', async (call) => {
    const body = folder.write('body.json', '{ "identifiers": { "email": "a@x.y" } }')
    const { code, stderr } = await run(['insider', call, body, '--datamart', 'shpo'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('the store has no datamart shpo')])
  })

  it.each(Object.entries(withKey))('is told by %s, with the key', async (command, args) => {
    const key = folder.write('people.key', '07'.repeat(32))
    const { code, stderr } = await run([command, ...args, '--key-file', key, '--datamart', 'shpo'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('the store has no datamart shpo')])
  })

  it('is not one that has only suppressions, or only their receipts', async () => {
    const keyFile = folder.write('people.key', '07'.repeat(32))
    const settings = { datamart: 'new', erasure: { keyFile }, policies: { suppression: 'all' } }
    const config = ['--config', folder.write('config.json', JSON.stringify(settings))]
    const objections = folder.write('objections.ndjson', '{"type":"USER_EMAIL","hash":"b"}\n')
    expect(await run(['import', objections, '--type', 'USER_POINTS_DELETION', ...config])).toMatchObject({
      code: 0,
      stderr: ''
    })
    const listed = await run(['suppressions', 'list', ...config])
    expect([listed.code, parseLines(listed.stdout)]).toEqual([
      0,
      [expect.objectContaining({ since_ts: expect.any(Number) })]
    ])
    expect((await run(['suppressions', 'lift', '--email-hash', 'b', ...config])).code).toBe(0)
    const receipts = await run(['receipts', 'list', ...config])
    expect([receipts.code, parseLines(receipts.stdout)]).toEqual([0, expect.arrayContaining([expect.anything()])])
    expect(await run(['export', ...config])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('is told by changes, where the feed is on', async () => {
    const config = folder.write('config.json', '{ "feed": { "state": "on" } }')
    const { code, stderr } = await run(['changes', '--consumer', 'mail', '--config', config, '--datamart', 'shpo'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('the store has no datamart shpo')])
  })

  it('is every datamart but those that may begin one', async () => {
    const { stdout } = await userpoint(['--help'])
    const commands = [...stdout.matchAll(/^ {2}(?!userpoint)([a-z]+) /gm)].map(([, name]) => name as string)
    expect(commands.filter((name) => !beginning.includes(name)).sort()).toEqual(
      [...Object.keys({ ...needs, ...withKey }), 'changes'].sort()
    )
  })

  it('is not one whose people are all gone', async () => {
    const erase = folder.writeLines('erase.ndjson', [{ type: 'USER_EMAIL', hash: 'a' }])
    await run(['import', erase, '--type', 'USER_POINTS_DELETION', '--datamart', 'shop'])
    const { code, stdout, stderr } = await run(['export', '--datamart', 'shop'])
    expect([code, parseLines(stdout), stderr]).toEqual([0, [], ''])
  })
})
