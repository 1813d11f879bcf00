import { existsSync, readdirSync } from 'node:fs'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  bytesOfStore,
  copyStore,
  createCollector,
  createFolder,
  type Folder,
  parseLines,
  startProcess,
  upsert,
  userpoint
} from './program.ts'

let folder: Folder
let store: string

beforeEach(() => {
  folder = createFolder()
  store = `sqlite:${folder.path('people.db')}`
})
afterEach(() => folder.remove())

const profiles = ['--type', 'USER_PROFILE']
const points = ['--type', 'USER_POINTS_DELETION']
const wrong = { operation: 'UPSERT', email_hash: 'a', user_profile: {} }
const erase = (hash: string) => ({ type: 'USER_EMAIL', hash })

const importLines = async (name: string, lines: ReadonlyArray<unknown>, type = profiles): Promise<void> => {
  const file = folder.writeLines(name, lines)
  expect(await userpoint(['import', file, ...type, '--store', store])).toMatchObject({ code: 0 })
}

const explain = (file: string, ...options: ReadonlyArray<string>) =>
  userpoint(['explain', file, '--store', store, ...options])

/** Replaces ids and times, which differ in each run. */
const masked = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/\b1[0-9]{12}\b/g, 'TS')
    .replace(/udp:[0-9]+/g, 'UDP')
    .replace(/in [0-9.]+ s\n/, 'in 0 s\n')
    .replace(/"seconds":[0-9.]+/, '"seconds":0')

const blocksOf = (stdout: string): string => masked(stdout).replace(/dry run of [^]*$/, '')

describe('as text', () => {
  it('[A-45] shows the values that are lost in a merge, and so does a verdict count them', async () => {
    await importLines('people.ndjson', [upsert('ada', { city: 'Lyon', age: 36 }), upsert('bob', { city: 'Paris' })])
    const identifiers = ['ada', 'bob'].map((hash) => ({ type: 'USER_EMAIL', hash }))
    const file = folder.writeLines('link.ndjson', [{ identifiers }])
    const type = ['--type', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS']
    const asText = await explain(file, ...type)
    expect(asText.stdout).toContain('\n  lost profiles[0].city: "Lyon"\n')
    const [explained] = parseLines((await explain(file, ...type, '--json')).stdout)
    expect(explained).toMatchObject({
      verdict: 'applied',
      lost: 1,
      lost_values: [{ path: ['profiles', 0, 'city'], value: 'Lyon' }]
    })
  })

  it('shows a block for each line: its verdict and each change', async () => {
    await importLines('people.ndjson', [upsert('ada', { city: 'Lyon', tags: ['a'] })])
    const file = folder.writeLines('more.ndjson', [
      { ...upsert('ada', { city: 'Paris', tags: ['b'], age: 36 }), merge_objects: true, colour: 'red' },
      wrong,
      { operation: 'DELETE', email_hash: 'ada' },
      { operation: 'DELETE', email_hash: 'bob' }
    ])
    const { code, stdout, stderr } = await explain(file, ...profiles)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(blocksOf(stdout)).toBe(
      'line 1 applied: changes user point ID\n' +
        '  profiles[0].$last_modified_ts: TS → TS\n' +
        '  profiles[0].city: "Lyon" → "Paris"\n' +
        '  profiles[0].tags: ["a"] → ["a","b"]\n' +
        '  profiles[0].age: (nothing) → 36\n' +
        '  warning at colour: UNKNOWN_FIELD\n' +
        'line 2 rejected at force_replace: force_replace is mandatory for an UPSERT (MISSING_FORCE_REPLACE)\n' +
        'line 3 applied: changes user point ID\n' +
        '  profiles[0].$compartment_id: "0" → (nothing)\n' +
        '  profiles[0].$creation_ts: TS → (nothing)\n' +
        '  profiles[0].$last_modified_ts: TS → (nothing)\n' +
        '  profiles[0].city: "Paris" → (nothing)\n' +
        '  profiles[0].tags: ["a","b"] → (nothing)\n' +
        '  profiles[0].age: 36 → (nothing)\n' +
        'line 4 no-op (NOT_FOUND)\n'
    )
    expect(stdout).toContain(`dry run of ${file}: USER_PROFILE ran to the end in `)
    expect(stdout).toMatch(/│ applied +│ +2 │/)
    expect(stdout).toMatch(/│ {3}MISSING_FORCE_REPLACE +│ +1 │ line 2 +│/)
  })

  it('shows a created or deleted user point part by part', async () => {
    await importLines('people.ndjson', [upsert('ada', { address: { city: 'Lyon' } })])
    const { stdout } = await explain(folder.writeLines('erase.ndjson', [erase('ada'), erase('ada')]), ...points)
    expect(blocksOf(stdout)).toBe(
      'line 1 applied: deletes user point ID\n' +
        '  identifiers[0]: {"type":"USER_EMAIL","hash":"ada"} → (nothing)\n' +
        '  profiles[0].$compartment_id: "0" → (nothing)\n' +
        '  profiles[0].$creation_ts: TS → (nothing)\n' +
        '  profiles[0].$last_modified_ts: TS → (nothing)\n' +
        '  profiles[0].address: {"city":"Lyon"} → (nothing)\n' +
        'line 2 no-op (NOT_FOUND)\n'
    )
  })

  it('shows several user points one below another, with the added and removed elements of their lists', async () => {
    const account = { operation: 'UPSERT', user_account_id: 'b', compartment_id: '1', force_replace: true }
    const profile = { $compartment_id: '1', $user_account_id: 'b', n: 1 }
    await importLines('people.ndjson', [upsert('a', { m: 1 }), { ...account, user_profile: profile }])
    const file = folder.writeLines('association.ndjson', [
      { identifiers: [erase('a'), { type: 'USER_ACCOUNT', compartment_id: '1', user_account_id: 'b' }] }
    ])
    const { stdout } = await explain(file, '--type', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS')
    expect(blocksOf(stdout)).toBe(
      'line 1 applied: 2 user points\n' +
        '  changes user point ID\n' +
        '    identifiers[0]: (nothing) → {"type":"USER_ACCOUNT","compartment_id":"1","user_account_id":"b"}\n' +
        '    profiles[1].$compartment_id: (nothing) → "1"\n' +
        '    profiles[1].$user_account_id: (nothing) → "b"\n' +
        '    profiles[1].$creation_ts: (nothing) → TS\n' +
        '    profiles[1].$last_modified_ts: (nothing) → TS\n' +
        '    profiles[1].n: (nothing) → 1\n' +
        '  deletes user point ID\n' +
        '    identifiers[0]: {"type":"USER_ACCOUNT","compartment_id":"1","user_account_id":"b"} → (nothing)\n' +
        '    profiles[0].$compartment_id: "1" → (nothing)\n' +
        '    profiles[0].$user_account_id: "b" → (nothing)\n' +
        '    profiles[0].$creation_ts: TS → (nothing)\n' +
        '    profiles[0].$last_modified_ts: TS → (nothing)\n' +
        '    profiles[0].n: 1 → (nothing)\n'
    )
  })

  it('puts a long value on its own line, and shows all of it', async () => {
    await importLines('people.ndjson', [upsert('ada', { bio: 'x'.repeat(500) })])
    const file = folder.writeLines('more.ndjson', [upsert('ada', { bio: 'y' })])
    const { stdout } = await explain(file, ...profiles)
    expect(stdout).toContain(`\n  profiles[0].bio:\n      "${'x'.repeat(500)}"\n    → "y"\n`)
  })

  it('escapes names and values that would move the cursor or change the text direction', async () => {
    const file = folder.writeLines('people.ndjson', [upsert('a', { 'x\u202e\u001b[2J': '\u202e\u0085\n' })])
    const { stdout } = await explain(file, ...profiles)
    expect(stdout).toContain('  profiles[0]["x\\u{202e}\\u001b[2J"]: (nothing) → "\\u{202e}\\u{85}\\n"\n')
  })

  it('names several files, and each one sees the changes of the previous ones', async () => {
    const a = folder.writeLines('a.ndjson', [upsert('ada', { city: 'Lyon' })])
    const b = folder.writeLines('b.ndjson', [upsert('ada', { city: 'Paris' })])
    const { code, stdout } = await userpoint(['explain', a, b, ...profiles, '--store', store])
    expect(code).toBe(0)
    expect(stdout.startsWith(`${a}:\nline 1 applied: creates user point `)).toBe(true)
    expect(stdout).toContain(`\n${b}:\nline 1 applied: changes user point `)
    expect(stdout).toContain('  profiles[0].city: "Lyon" → "Paris"\n')
    const [first, second] = [...stdout.matchAll(/user point (\S+)/g)].map(([, id]) => id)
    expect(first).toBe(second)
  })
})

describe('with --json', () => {
  it('prints a line for each command, and the report', async () => {
    await importLines('people.ndjson', [upsert('ada', { city: 'Lyon' })])
    const file = folder.writeLines('more.ndjson', [upsert('ada', { city: 'Paris', 'a.b': 1 }), wrong, upsert('bob')])
    const { code, stdout, stderr } = await explain(file, ...profiles, '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(masked(stdout).replaceAll('TS', '0')).toBe(
      '{"index":0,"line":1,"verdict":"applied","changes":[{"user_point_id":"ID","kind":"changed","differences":[' +
        '{"path":["profiles",0,"$last_modified_ts"],"before":0,"after":0},' +
        '{"path":["profiles",0,"city"],"before":"Lyon","after":"Paris"},' +
        '{"path":["profiles",0,"a.b"],"after":1}]}]}\n' +
        '{"index":1,"line":2,"verdict":"rejected","code":"MISSING_FORCE_REPLACE","path":"force_replace",' +
        '"message":"force_replace is mandatory for an UPSERT","changes":[]}\n' +
        '{"index":2,"line":3,"verdict":"applied","changes":[{"user_point_id":"ID","kind":"created","differences":[' +
        '{"path":[],"after":{"user_point_id":"ID","identifiers":[{"type":"USER_EMAIL","hash":"bob"}],' +
        '"profiles":[{"$compartment_id":"0","$creation_ts":0,"$last_modified_ts":0}]}}]}]}\n' +
        '{"type":"USER_PROFILE","lines":3,"applied":2,"no_op":0,"rejected":1,"job_rejected":null,"seconds":0,' +
        '"status":"completed","rejections":[{"code":"MISSING_FORCE_REPLACE","count":1,"lines":[2]}]}\n'
    )
  })

  it('prints the verdicts and the report of the import', async () => {
    await importLines('people.ndjson', [upsert('ada', { n: 0 }), upsert('bob', { n: 0 })])
    const lines = [upsert('ada', { n: 1 }), wrong, { operation: 'DELETE', email_hash: 'bob' }, upsert('eve')]
    const file = folder.writeLines('more.ndjson', lines)
    const explained = parseLines((await explain(file, ...profiles, '--json', '--lines-per-unit', '2')).stdout)
    const verdicts = folder.path('verdicts.ndjson')
    const imported = await userpoint(['import', file, ...profiles, '--store', store, '--json', '--verdicts', verdicts])
    expect(explained.slice(0, -1)).toEqual(
      folder.readLines('verdicts.ndjson').map((verdict) => ({ ...verdict, changes: expect.any(Array) as unknown }))
    )
    expect({ ...explained.at(-1), seconds: 0 }).toEqual({ ...parseLines(imported.stdout)[0], seconds: 0 })
  })
})

describe('writes nothing', () => {
  it('if the store does not exist, and treats it as empty', async () => {
    const file = folder.writeLines('people.ndjson', [upsert('a')])
    const { code, stdout } = await explain(file, ...profiles)
    expect(code).toBe(0)
    expect(stdout).toContain('line 1 applied: creates user point ')
    expect(readdirSync(folder.path('.'))).toEqual(['people.ndjson'])
  })

  it('to an empty file', async () => {
    folder.write('people.db', '')
    const { code } = await explain(folder.writeLines('people.ndjson', [upsert('a')]), ...profiles)
    expect(code).toBe(0)
    expect(folder.read('people.db')).toBe('')
  })

  it.each([[[]], [['--datamart', 'other']]])('to a store, whose bytes stay the same with %j', async (options) => {
    await importLines('people.ndjson', [upsert('ada', { city: 'Lyon' })])
    store = copyStore(folder, 'people.db', 'copy.db')
    const before = bytesOfStore(folder, 'copy.db')
    const file = folder.writeLines('more.ndjson', [upsert('ada', { city: 'Paris' }), upsert('bob')])
    expect(await explain(file, ...profiles, ...options)).toMatchObject({ code: 0 })
    const erasure = folder.writeLines('erase.ndjson', [erase('ada')])
    expect(await explain(erasure, ...points, ...options)).toMatchObject({ code: 0 })
    expect(bytesOfStore(folder, 'copy.db')).toEqual(before)
  })

  it('to a store with an unmerged write-ahead log', async () => {
    await importLines('people.ndjson', [upsert('ada', { city: 'Lyon' })])
    const database = new DatabaseSync(folder.path('people.db'))
    database.exec(`update document set body = replace(body, 'Lyon', 'Oslo')`)
    store = copyStore(folder, 'people.db', 'copy.db')
    database.close()
    const before = bytesOfStore(folder, 'copy.db')
    expect(before[1]).not.toBe('')
    const file = folder.writeLines('more.ndjson', [upsert('ada', { city: 'Paris' })])
    expect((await explain(file, ...profiles)).stdout).toContain('  profiles[0].city: "Oslo" → "Paris"\n')
    expect(bytesOfStore(folder, 'copy.db')).toEqual(before)
  })

  it('to a file that is not a store', async () => {
    const file = folder.writeLines('people.ndjson', [upsert('a')])
    folder.write('people.db', 'Ada Lovelace, Ockham Park. '.repeat(100))
    const before = bytesOfStore(folder, 'people.db')
    const { code, stdout, stderr } = await explain(file, ...profiles)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^userpoint: the store .*people\.db cannot be opened: .*SQLITE_NOTADB.*\n$/)
    expect(bytesOfStore(folder, 'people.db')).toEqual(before)
  })

  it("to another program's database", async () => {
    const database = new DatabaseSync(folder.path('people.db'))
    database.exec('create table other (n)')
    database.close()
    const before = bytesOfStore(folder, 'people.db')
    const { code, stderr } = await explain(folder.writeLines('people.ndjson', [upsert('a')]), ...profiles)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^userpoint: the store .*people\.db cannot be opened: .*another program's tables\n$/)
    expect(bytesOfStore(folder, 'people.db')).toEqual(before)
  })

  it('to a copy without a log, which it could not make', async () => {
    await importLines('people.ndjson', [upsert('ada', { city: 'Lyon' })])
    const database = new DatabaseSync(folder.path('people.db'))
    database.exec(`vacuum into '${folder.path('copy.db')}'`)
    database.close()
    store = `sqlite:${folder.path('copy.db')}`
    const before = bytesOfStore(folder, 'copy.db')
    const { code, stdout, stderr } = await explain(folder.writeLines('more.ndjson', [upsert('ada')]), ...profiles)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/line 1 applied/)
    expect(bytesOfStore(folder, 'copy.db')).toEqual(before)
  })
})

describe('ends', () => {
  it('with 3 if a document would be rejected as a whole', async () => {
    const file = folder.writeLines('identifiers.ndjson', [erase('a'), { type: 'USER_AGENT', user_agent_id: 'udp:1' }])
    const { code, stdout, stderr } = await explain(file, '--type', 'USER_IDENTIFIERS_DELETION')
    expect(code).toBe(3)
    expect(blocksOf(stdout)).toBe(
      'line 1 rejected: not applied: other lines reject the whole job (JOB_REJECTED)\n' +
        'line 2 rejected at user_agent_id: device point ids (udp:) are not allowed here and reject the whole job ' +
        '(DEVICE_POINT_NOT_ALLOWED)\n'
    )
    expect(stderr).toContain('would be rejected as a whole, with no line applied: ')
    expect(stderr).toContain('(DEVICE_POINT_NOT_ALLOWED), line 2\n')
  })

  it('with 2 for --verdicts', async () => {
    const file = folder.writeLines('people.ndjson', [upsert('a')])
    expect(await explain(file, ...profiles, '--verdicts', folder.path('verdicts'))).toMatchObject({ code: 2 })
    expect(existsSync(folder.path('verdicts'))).toBe(false)
  })

  it('at a signal, and reports how far it came', async () => {
    const file = folder.writeLines(
      'people.ndjson',
      Array.from({ length: 500 }, (_, i) => upsert(`hash-${i}`))
    )
    const stdout = createCollector()
    const { code, stderr } = await userpoint(
      ['explain', file, file, ...profiles, '--store', store, '--lines-per-unit', '10'],
      {
        stdout,
        onListen: (stop) => {
          const watch = setInterval(() => {
            if (stdout.text() === '') return
            clearInterval(watch)
            stop('SIGINT')
          }, 1)
        }
      }
    )
    expect(code).toBe(130)
    expect(stderr).toMatch(/stopped by SIGINT; [0-9]+ lines explained, up to line [0-9]+\n/)
    expect(stderr).toMatch(/userpoint: not explained: .*people\.ndjson\n$/)
  })

  it('quietly if the reader of the output has gone', async () => {
    const file = folder.writeLines('people.ndjson', [upsert('a')])
    const stdout = createCollector({ failure: 'EPIPE' })
    const { code, stderr } = await userpoint(['explain', file, file, ...profiles, '--store', store], { stdout })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('with 1 if the output cannot be written', async () => {
    const file = folder.writeLines('people.ndjson', [upsert('a')])
    const stdout = createCollector({ failure: 'ENOSPC' })
    const { code, stderr } = await userpoint(['explain', file, ...profiles, '--store', store], { stdout })
    expect(code).toBe(1)
    expect(stderr).toContain('the output cannot be written: the disk is full (ENOSPC)')
  })

  it('at the end of a pipe, quietly', { timeout: 60_000 }, async () => {
    folder.writeLines(
      'people.ndjson',
      Array.from({ length: 5_000 }, (_, i) => upsert(`hash-${i}`))
    )
    const child = startProcess(['explain', 'people.ndjson', ...profiles, '--json'], folder.path('.'))
    let stderr = ''
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
    child.stdout.once('data', () => child.stdout.destroy())
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(readdirSync(folder.path('.'))).toEqual(['people.ndjson'])
  })
})
