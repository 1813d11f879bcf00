import { existsSync } from 'node:fs'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createCollector, createFolder, type Folder, parseLines, startProcess, upsert, userpoint } from './program.ts'

let folder: Folder
let store: string

beforeEach(() => {
  folder = createFolder()
  store = `sqlite:${folder.path('userpoint.db')}`
})
afterEach(() => folder.remove())

const importPeople = async (count: number): Promise<void> => {
  const people = Array.from({ length: count }, (_, i) => upsert(`hash-${i}`, { i, text: 'x'.repeat(100) }))
  const file = folder.writeLines('people.ndjson', people)
  expect(await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', store])).toMatchObject({ code: 0 })
}

it('prints a user point as one line of JSON', async () => {
  const associated = {
    identifiers: [
      { type: 'USER_ACCOUNT', compartment_id: 1, user_account_id: 'ada' },
      { type: 'USER_EMAIL', hash: 'hash' },
      { type: 'USER_AGENT', user_agent_id: 'vec:1' }
    ]
  }
  const profile = { operation: 'UPSERT', email_hash: 'hash', force_replace: true }
  const association = folder.writeLines('association.ndjson', [associated])
  const profiles = folder.writeLines('profiles.ndjson', [
    { ...profile, user_profile: { name: 'Ada', nested: { list: [1, null] } } },
    { ...profile, user_profile: { $compartment_id: '1', $user_account_id: 'ada', name: 'A.' } }
  ])
  const type = 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'
  await userpoint(['import', association, '--type', type, '--store', store])
  await userpoint(['import', profiles, '--type', 'USER_PROFILE', '--store', store])
  const { code, stdout } = await userpoint(['export', '--store', store])
  expect(code).toBe(0)
  const masked = stdout
    .replace(/"user_point_id":"[0-9a-f-]{36}"/, '"user_point_id":"…"')
    .replace(/"device_point_id":"udp:[0-9]+"/, '"device_point_id":"udp:…"')
    .replace(/_ts":1[0-9]{12}\b/g, '_ts":0')
  expect(masked).toBe(
    '{"user_point_id":"…","identifiers":[{"type":"USER_ACCOUNT","compartment_id":"1","user_account_id":"ada"},' +
      '{"type":"USER_EMAIL","hash":"hash"},{"type":"USER_AGENT","user_agent_id":"vec:1","device_point_id":"udp:…"}],' +
      '"profiles":[{"$compartment_id":"0","$creation_ts":0,"$last_modified_ts":0,"name":"Ada","nested":{"list":[1,null]}},' +
      '{"$compartment_id":"1","$user_account_id":"ada","$creation_ts":0,"$last_modified_ts":0,"name":"A."}]}\n'
  )
})

it('prints every user point once, ordered by id', async () => {
  await importPeople(2_000)
  const { stdout } = await userpoint(['export', '--store', store])
  const ids = parseLines(stdout).map((point) => String(point['user_point_id']))
  expect(ids).toHaveLength(2_000)
  expect(ids).toEqual([...new Set(ids)].sort())
})

it('does not create a missing store', async () => {
  const { code, stdout, stderr } = await userpoint(['export', '--store', store])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^userpoint: the store .*userpoint\.db cannot be read: .*ENOENT\)\n$/)
  expect(existsSync(folder.path('userpoint.db'))).toBe(false)
})

it('does not create a misspelt datamart', async () => {
  await importPeople(1)
  expect(await userpoint(['export', '--store', store, '--datamart', 'typo'])).toMatchObject({ code: 1, stdout: '' })
  const database = new DatabaseSync(folder.path('userpoint.db'))
  expect(database.prepare('select name from datamart').all()).toMatchObject([{ name: 'default' }])
  database.close()
})

it('ends quietly if the reader of the output has gone', async () => {
  await importPeople(2_000)
  const stdout = createCollector({ failure: 'EPIPE' })
  const { code, stderr } = await userpoint(['export', '--store', store], { stdout })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

it('ends quietly if its pipe is closed', { timeout: 60_000 }, async () => {
  await importPeople(5_000)
  const child = startProcess(['export'], folder.path('.'))
  let stderr = ''
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

it('a store with a key is listed without it, and its changes are not told', async () => {
  const file = folder.writeLines('people.ndjson', [upsert('a')])
  const key = ['--key-file', folder.write('people.key', '07'.repeat(32))]
  await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', store, '--execution', 'first', ...key])
  for (const args of [['export'], ['executions', '--json'], ['purge']])
    expect(await userpoint([...args, '--store', store])).toMatchObject({ code: 0, stderr: '' })
  const config = folder.write('on.json', '{ "feed": { "state": "on" } }')
  const { code, stdout, stderr } = await userpoint(['changes', '--consumer', 'x', '--config', config, '--store', store])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('are keyed: give its key with --key-file')
  const other = ['--key-file', folder.write('other.key', '08'.repeat(32))]
  for (const args of [['export'], ['export', '--format', 'datamart'], ['executions']])
    expect(await userpoint([...args, '--store', store, ...other])).toMatchObject({ code: 1, stdout: '' })
})
