/**
 * Runs small inputs that went wrong elsewhere through the program, as files. They are on the maintainers' machines only, so
 * the test is skipped elsewhere; other tests have cases of the same kinds.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFolder, type Folder, parseLines, userpoint } from './program.ts'
import { secret, settingsText, startServer } from './server.ts'

const cases = new URL('../../../../shared/data/cases/', import.meta.url)
const caseFile = (name: string): string => fileURLToPath(new URL(name, cases))

let folder: Folder
beforeEach(() => {
  folder = createFolder()
})
afterEach(() => folder.remove())

const storeOf = (): string => `sqlite:${folder.path('people.db')}`

/** Imports a file, and returns the exit code, and each verdict as text. */
const importFile = async (file: string, type: string, ...options: ReadonlyArray<string>) => {
  const args = ['import', file, '--type', type, '--store', storeOf(), '--json', '--verdicts', folder.path('verdicts')]
  const { code, stdout } = await userpoint([...args, ...options])
  const text = (word: unknown): string => (typeof word === 'string' ? ` ${word}` : '')
  const verdicts = folder.readLines('verdicts').map(({ verdict, code: reason, lost }) => {
    const lostText = typeof lost === 'number' ? ` lost ${lost}` : ''
    return `${text(verdict)}${text(reason)}${lostText}`.slice(1)
  })
  return { code, verdicts, report: parseLines(stdout)[0] ?? {} }
}

const importCase = (name: string, type: string, ...options: ReadonlyArray<string>) =>
  importFile(caseFile(`${name}.ndjson`), type, ...options)

const profile = (who: object, properties: object = {}): object => ({
  operation: 'UPSERT',
  force_replace: true,
  user_profile: properties,
  ...who
})

/** Stores people with these identifiers. */
const store = (...whos: ReadonlyArray<object>) =>
  importFile(
    folder.writeLines(
      'stored.ndjson',
      whos.map((who) => profile(who))
    ),
    'USER_PROFILE'
  )

const exported = async (...options: ReadonlyArray<string>): Promise<ReadonlyArray<Record<string, unknown>>> =>
  parseLines((await userpoint(['export', '--store', storeOf(), ...options])).stdout)

const times = (count: number, verdict: string): ReadonlyArray<string> => Array<string>(count).fill(verdict)

const orders = (names: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  names.length === 0
    ? [[]]
    : names.flatMap((name) => orders(names.filter((each) => each !== name)).map((rest) => [name, ...rest]))

describe.skipIf(!existsSync(cases))('inputs that went wrong (skipped where their files are missing)', () => {
  it('[A-04] 06: a record separator before each line is white space', async () => {
    expect((await importCase('06-json-seq', 'USER_PROFILE')).verdicts).toEqual(times(5, 'applied'))
  })

  it('[A-04] 06f: each deletion after a record separator has its verdict', async () => {
    await store({ email_hash: 'h0' }, { email_hash: 'h9' })
    const { verdicts } = await importCase('06f-erase-json-seq', 'USER_POINTS_DELETION')
    expect(verdicts[0]).toBe('applied')
    expect(verdicts.length).toBe(10)
    expect(verdicts.slice(1).filter((verdict) => verdict === 'applied')).toHaveLength(1)
    expect(new Set(verdicts)).toEqual(new Set(['applied', 'no_op NOT_FOUND']))
    expect(await exported()).toEqual([])
  })

  it.each(['data: ', '> ', ','])('[A-04] 06: another stray prefix rejects each line: %s', async (prefix) => {
    const text = Array.from({ length: 10 }, (_, i) => `${prefix}{"type":"USER_EMAIL","hash":"h${i}"}\n`).join('')
    await store({ email_hash: 'h0' })
    const { verdicts } = await importFile(folder.write('stray.ndjson', text), 'USER_POINTS_DELETION')
    expect(verdicts).toHaveLength(10)
    expect(verdicts.filter((verdict) => !verdict.startsWith('rejected'))).toEqual([])
    expect(await exported()).toHaveLength(1)
  })

  it.each([
    ['08a-duplicate-hash-delete', 'USER_POINTS_DELETION'],
    ['08a-duplicate-hash-delete', 'USER_IDENTIFIERS_DELETION'],
    ['08b-duplicate-identifier-profile', 'USER_PROFILE'],
    ['08c-duplicate-operation', 'USER_PROFILE']
  ])('[A-41] %s as %s: nothing is done', async (name, type) => {
    await store({ email_hash: 'mia' }, { email_hash: 'tom' })
    const before = await exported()
    expect((await importCase(name, type)).verdicts).toEqual(['rejected DUPLICATE_KEY'])
    expect(await exported()).toEqual(before)
  })

  it('[A-04] 12b: each of four lines has a verdict', async () => {
    const { verdicts } = await importCase('12b-truncated-then-more', 'USER_PROFILE')
    expect(verdicts).toEqual(['applied', 'rejected SYNTAX_ERROR', 'rejected SKIPPED', 'applied'])
  })

  it('[A-46] 25: placeholders are rejected with --blocked-values', async () => {
    const { verdicts } = await importCase('25-placeholder-ids', 'USER_PROFILE', '--blocked-values', 'recommended')
    expect(new Set(verdicts)).toEqual(new Set(['rejected BLOCKED_VALUE']))
    expect(await exported()).toEqual([])
  })

  it('[A-38, A-45] 31: an association keeps the properties of both, and says how many lost', async () => {
    await importCase('31a-two-people', 'USER_PROFILE')
    const { verdicts } = await importCase('31b-association', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS')
    expect(verdicts).toEqual(['applied lost 1'])
    const [person, ...others] = await exported()
    expect(others).toEqual([])
    expect(person).toMatchObject({
      profiles: [{ name: 'Ines', city: 'Porto', gdpr_optin: false, prefs: { email: false, phone: true } }]
    })
  })

  it('[A-45] crm, device and link give one profile in all six orders', async () => {
    const types = {
      crm: 'USER_PROFILE',
      device: 'USER_PROFILE',
      link: 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'
    } as const
    const names = Object.keys(types) as ReadonlyArray<keyof typeof types>
    expect(orders(names)).toHaveLength(6)
    for (const order of orders(names)) {
      const at = `sqlite:${folder.path(`${order.join('-')}.db`)}`
      for (const name of order as ReadonlyArray<keyof typeof types>)
        await userpoint(['import', caseFile(`${name}.ndjson`), '--type', types[name], '--store', at])
      const people = parseLines((await userpoint(['export', '--store', at])).stdout)
      const city = order.indexOf('crm') > order.indexOf('device') ? 'Porto' : 'Lisboa'
      expect(people).toMatchObject([{ profiles: [{ first_name: 'Ines', optout: true, last_page: '/home', city }] }])
    }
  })

  it('[A-43] choices: the refusal that was made later stands', async () => {
    expect((await importCase('choice-yes', 'USER_CHOICE')).verdicts).toEqual(['applied'])
    expect((await importCase('choice-no', 'USER_CHOICE')).verdicts).toEqual(['applied'])
    expect((await importCase('choice-yes', 'USER_CHOICE')).verdicts).toEqual(['no_op SUPERSEDED'])
    expect(JSON.stringify(await exported())).toContain('"$choice_acceptance_value":false')
  })

  it('[A-42] erase-by-old-id: the id of an absorbed user point erases the person', async () => {
    await store({ user_account_id: 'a' }, { user_account_id: 'b' })
    const [, b] = await exported()
    const accounts = ['a', 'b'].map((id) => ({ type: 'USER_ACCOUNT', user_account_id: id }))
    const link = folder.writeLines('link.ndjson', [{ identifiers: accounts }])
    await importFile(link, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS')
    const erase = folder.writeLines('erase.ndjson', [{ type: 'USER_POINT', user_point_id: b?.['user_point_id'] }])
    expect((await importFile(erase, 'USER_POINTS_DELETION')).verdicts).toEqual(['applied'])
    expect(await exported()).toEqual([])
  })

  // A database of another encoding, and a transaction left open, are cases of PostgreSQL: cases-postgres.test.ts.
  it('41b: a UTF-8 city among 3,000 lines is stored', async () => {
    const { report } = await importCase('41b-latin1-poison', 'USER_PROFILE')
    expect(report).toMatchObject({ lines: 3_000, applied: 3_000 })
  })

  it('[A-47, B-20] 42: one long number fails its user alone', async () => {
    const args = ['insider', 'upsert', caseFile('42-insider-one-big-number.json'), '--json', '--store', storeOf()]
    const { code, stdout } = await userpoint(args)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ users: 3, successful: 2, fail: { count: 1 } })
  })

  // Slow: a server starts in a process of its own, from the sources.
  it('[L-36] 50: an upload that is sent twice with one idempotency key is applied once, and answered alike', async () => {
    const config = folder.write('userpoint.json', settingsText())
    const { fetch, end } = await startServer(['--config', config, '--store', storeOf()], folder.path('.'))
    try {
      const base = '/v1/datamarts/1162/document_imports'
      const post = async (path: string, type: string, body: string) => {
        const headers = { authorization: secret, 'content-type': type, 'idempotency-key': `key of ${type}` }
        const response = await fetch(`${base}${path}`, { method: 'POST', headers, body })
        return [response.status, await response.text()] as const
      }
      const idOf = (text: string): string => (JSON.parse(text) as { data: { id: string } }).data.id
      const about = { document_type: 'USER_PROFILE', mime_type: 'APPLICATION_X_NDJSON', encoding: 'utf-8', name: 'x' }
      const [, created] = await post('', 'application/json', JSON.stringify(about))
      const executions = `/${idOf(created)}/executions`
      const send = () =>
        post(executions, 'application/x-ndjson', readFileSync(caseFile('50-twice-over-http.ndjson'), 'utf8'))
      const first = await send()
      expect(first[0]).toBe(200)
      expect(await send()).toEqual(first)
      await vi.waitFor(
        async () => {
          const headers = { authorization: secret }
          const all = (await (await fetch(`${base}${executions}`, { headers })).json()) as {
            data: ReadonlyArray<object>
          }
          expect(all.data).toEqual([expect.objectContaining({ id: idOf(first[1]), status: 'SUCCEEDED' })])
        },
        { timeout: 30_000, interval: 50 }
      )
    } finally {
      await end('SIGTERM')
    }
    expect(await exported('--datamart', '1162')).toMatchObject([{ profiles: [{ orders: ['o-1'] }] }])
  })

  it('53: one person is erased, and the others stay', async () => {
    await store({ email_hash: 'q10' }, { email_hash: 'q11' })
    expect((await importCase('53-erase-one', 'USER_POINTS_DELETION')).verdicts).toEqual(['applied'])
    expect(await exported()).toHaveLength(1)
  })
})
