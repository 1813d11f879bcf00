import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFolder, type Folder, userpoint } from './program.ts'

let folder: Folder
let store: string
let ada: { readonly user_point_id: string; readonly identifiers: ReadonlyArray<Record<string, string>> }

const get = (...args: ReadonlyArray<string>) => userpoint(['get', ...args, '--store', store])

beforeAll(async () => {
  folder = createFolder()
  store = `sqlite:${folder.path('userpoint.db')}`
  const account = (id: string, compartment: string) => ({
    identifiers: [
      { type: 'USER_ACCOUNT', compartment_id: compartment, user_account_id: id },
      ...(id === 'ada'
        ? [
            { type: 'USER_EMAIL', hash: 'hash' },
            { type: 'USER_AGENT', user_agent_id: 'vec:1' }
          ]
        : [])
    ]
  })
  const accounts = [
    ['ada', '0'],
    ['12:abc', '0'],
    ['abc', '12'],
    ['shop:7', '0'],
    [':x', '0'],
    ['-5', '3']
  ] as const
  const file = folder.writeLines(
    'accounts.ndjson',
    accounts.map(([id, compartment]) => account(id, compartment))
  )
  await userpoint(['import', file, '--type', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', '--store', store])
  ada = JSON.parse((await get('--account', 'ada')).stdout) as typeof ada
})
afterAll(() => folder.remove())

const accountOf = (stdout: string): unknown =>
  (JSON.parse(stdout) as typeof ada).identifiers.map(
    (each) => `${each['compartment_id']} ${each['user_account_id']}`
  )[0]

it('prints indented JSON', async () => {
  const { code, stdout, stderr } = await get('--account', 'ada')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe(`${JSON.stringify(ada, null, 2)}\n`)
})

it('finds by every kind of identifier', async () => {
  const device = ada.identifiers.find((each) => each['type'] === 'USER_AGENT')?.['device_point_id'] ?? ''
  const selectors = [
    ['--email-hash', 'hash'],
    ['--user-agent', 'vec:1'],
    ['--user-agent', device],
    ['--user-point', ada.user_point_id],
    ['--user-point', ada.user_point_id.toUpperCase()]
  ]
  for (const selector of selectors) {
    const { code, stdout } = await get(...selector)
    expect({ selector, code, found: JSON.parse(stdout) as unknown }).toEqual({ selector, code: 0, found: ada })
  }
})

it.each([
  ['ada', '0 ada'],
  ['0:ada', '0 ada'],
  ['00:ada', '0 ada'],
  ['12:abc', '12 abc'],
  ['0:12:abc', '0 12:abc'],
  ['shop:7', '0 shop:7'],
  [':x', '0 :x'],
  ['3:-5', '3 -5']
])('reads the account %s as %s', async (text, account) => {
  expect(accountOf((await get('--account', text)).stdout)).toBe(account)
})

it('uses the given default compartment', async () => {
  expect(accountOf((await get('--account', '-5', '--default-compartment', '3')).stdout)).toBe('3 -5')
})

describe('exits with 4 if no user point matches', () => {
  it.each([
    ['--account', 'nobody', 'account'],
    ['--account', '1:ada', 'account'],
    ['--email-hash', 'HASH', 'e-mail hash'],
    ['--user-agent', 'vec:2', 'user agent id'],
    ['--user-agent', 'udp:2', 'user agent id'],
    ['--user-point', 'é', 'id'],
    ['--user-point', '00000000-0000-7000-8000-000000000000', 'id']
  ])('%s %s', async (option, value, name) => {
    expect(await get(option, value)).toEqual({
      code: 4,
      stdout: '',
      stderr: `userpoint: no user point has this ${name}\n`
    })
  })
})

describe('exits with 2', () => {
  it.each([
    ['without a selector', []],
    ['with two selectors', ['--account', 'ada', '--email-hash', 'hash']],
    ['with one selector twice', ['--account', 'ada', '--account', 'ada']],
    ['with an account without an id', ['--account', '5:']],
    ['with an empty selector', ['--email-hash', '']],
    ['with a compartment of too many digits', ['--account', `${'1'.repeat(41)}:ada`]],
    ['with an invalid user agent id', ['--user-agent', 'cookie']],
    ['with an identifier that is too long', ['--email-hash', 'x'.repeat(600)]],
    ['with an argument', ['ada']]
  ])('%s', async (_, args) => {
    const { code, stdout, stderr } = await get(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).not.toBe('')
  })
})

it('does not create a missing store', async () => {
  const { code } = await userpoint(['get', '--account', 'ada', '--store', `sqlite:${folder.path('other.db')}`])
  expect(code).toBe(1)
  expect(existsSync(folder.path('other.db'))).toBe(false)
})

it('finds no user point in a new memory store', async () => {
  expect(await userpoint(['get', '--account', 'ada', '--store', 'memory:'])).toMatchObject({ code: 4, stdout: '' })
})
