import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { DatabaseSync } from '@photostructure/sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCollector, createFolder, type Folder, parseLines, startProcess, upsert, userpoint } from './program.ts'

let folder: Folder
let store: string

beforeEach(() => {
  folder = createFolder()
  store = `sqlite:${folder.path('people.db')}`
})
afterEach(() => {
  vi.unstubAllEnvs()
  folder.remove()
})

const profiles = ['--type', 'USER_PROFILE']
const wrong = { operation: 'UPSERT', email_hash: 'a', user_profile: {} }
const erase = (hash: string) => ({ type: 'USER_EMAIL', hash })
const people = (count: number) => Array.from({ length: count }, (_, i) => upsert(`hash-${i}`, { i }))

const exported = async (): Promise<ReadonlyArray<Record<string, unknown>>> =>
  parseLines((await userpoint(['export', '--store', store])).stdout)

/** Calls `act` when the file has verdicts. */
const onFirstVerdicts = (act: () => void): void => {
  const watch = setInterval(() => {
    if (!existsSync(folder.path('verdicts')) || folder.read('verdicts') === '') return
    clearInterval(watch)
    act()
  }, 1)
}

/** Redirects temporary files to an empty folder; returns a function that lists it. */
const watchTemporaryFiles = (): (() => ReadonlyArray<string>) => {
  const path = folder.path('temporary')
  mkdirSync(path)
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) vi.stubEnv(name, path)
  return () => readdirSync(path)
}

describe('the report', () => {
  it('is one line of JSON with --json', async () => {
    const file = folder.writeLines('people.ndjson', [upsert('a'), wrong, upsert('b'), wrong])
    const { code, stdout, stderr } = await userpoint(['import', file, ...profiles, '--store', store, '--json'])
    expect(code).toBe(0)
    expect(stderr).toBe('')
    const shown = stdout.replace(/"seconds":[0-9.]+/, '"seconds":0')
    expect(shown).toBe(
      '{"type":"USER_PROFILE","lines":4,"applied":2,"no_op":0,"rejected":2,"job_rejected":null,"seconds":0,' +
        '"status":"completed","rejections":[{"code":"MISSING_FORCE_REPLACE","count":2,"lines":[2,4]}]}\n'
    )
  })

  it('is a table without --json', async () => {
    const file = folder.writeLines('people.ndjson', [...people(1_500), ...Array<object>(7).fill(wrong)])
    const { code, stdout, stderr } = await userpoint(['import', file, ...profiles, '--store', store])
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toContain('USER_PROFILE ran to the end in ')
    expect(stdout).toMatch(/│ lines +│ +1,507 │/)
    expect(stdout).toMatch(/│ applied +│ +1,500 │/)
    expect(stdout).toMatch(/│ no-op +│ +0 │/)
    expect(stdout).toMatch(/│ rejected +│ +7 │/)
    expect(stdout).toContain('lines 1501, 1502, 1503, 1504, 1505 and 2 more')
    expect(stdout).toMatch(/│ lines per second +│ +[0-9,]+ │/)
    expect(stdout).not.toContain('\u001b')
  })

  it('counts no lines in an empty document', async () => {
    const file = folder.write('empty.ndjson', '')
    const { code, stdout } = await userpoint(['import', file, ...profiles, '--store', store, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ lines: 0, job_rejected: null })
  })

  it('counts no-ops', async () => {
    const file = folder.writeLines('erase.ndjson', [erase('nobody')])
    const args = ['import', file, '--type', 'USER_POINTS_DELETION', '--store', store, '--json']
    expect(JSON.parse((await userpoint(args)).stdout)).toMatchObject({ lines: 1, applied: 0, no_op: 1, rejected: 0 })
  })
})

describe('verdicts', () => {
  it('are one line of JSON for each command, in order', async () => {
    const file = folder.write(
      'people.ndjson',
      [upsert('a'), wrong, { ...upsert('a'), colour: 'red' }].map((line) => `${JSON.stringify(line)}\n\n`).join('')
    )
    const verdicts = folder.path('verdicts.ndjson')
    await userpoint(['import', file, ...profiles, '--store', store, '--verdicts', verdicts])
    expect(folder.read('verdicts.ndjson')).toBe(
      '{"index":0,"line":1,"verdict":"applied"}\n' +
        '{"index":1,"line":3,"verdict":"rejected","code":"MISSING_FORCE_REPLACE","path":"force_replace",' +
        '"message":"force_replace is mandatory for an UPSERT"}\n' +
        '{"index":2,"line":5,"verdict":"applied","changed":0,"warnings":[{"code":"UNKNOWN_FIELD","path":"colour"}]}\n'
    )
  })

  it('give the reason of a no-op as its code', async () => {
    const file = folder.writeLines('erase.ndjson', [erase('nobody')])
    const verdicts = folder.path('verdicts.ndjson')
    await userpoint(['import', file, '--type', 'USER_POINTS_DELETION', '--store', store, '--verdicts', verdicts])
    expect(folder.read('verdicts.ndjson')).toBe('{"index":0,"line":1,"verdict":"no_op","code":"NOT_FOUND"}\n')
  })

  it('[L-01] are the same for each batch size', async () => {
    const file = folder.writeLines('people.ndjson', [...people(30), wrong, ...people(5)])
    const texts: string[] = []
    for (const lines of ['1', '7', '1000']) {
      const verdicts = folder.path('verdicts.ndjson')
      const fresh = `sqlite:${folder.path(`${lines}.db`)}`
      const args = [...profiles, '--store', fresh, '--verdicts', verdicts, '--lines-per-unit', lines]
      expect(await userpoint(['import', file, ...args])).toMatchObject({ code: 0 })
      texts.push(folder.read('verdicts.ndjson'))
    }
    expect(new Set(texts).size).toBe(1)
    expect(parseLines(texts[0] ?? '')).toHaveLength(36)
  })

  it('name the file if there are several, and count from the start of each', async () => {
    const a = folder.writeLines('a.ndjson', [upsert('a'), upsert('b')])
    const b = folder.writeLines('b.ndjson', [upsert('c')])
    const args = [...profiles, '--store', store, '--json', '--verdicts', folder.path('verdicts.ndjson')]
    const { code, stdout } = await userpoint(['import', a, b, ...args])
    expect(code).toBe(0)
    expect(parseLines(stdout)).toMatchObject([
      { lines: 2, file: a },
      { lines: 1, file: b }
    ])
    expect(folder.readLines('verdicts.ndjson')).toEqual([
      { file: a, index: 0, line: 1, verdict: 'applied' },
      { file: a, index: 1, line: 2, verdict: 'applied' },
      { file: b, index: 0, line: 1, verdict: 'applied' }
    ])
  })

  it('stop the import if they cannot be written', async () => {
    const file = folder.writeLines('people.ndjson', people(3))
    const args = ['import', file, ...profiles, '--store', store, '--verdicts', folder.path('no/verdicts.ndjson')]
    const { code, stdout, stderr } = await userpoint(args)
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^userpoint: the verdict file .* cannot be written: .*ENOENT\)\n$/)
    expect(await exported()).toEqual([])
  })

  it.skipIf(!existsSync('/dev/full'))(
    'stop the import where the disk is full, after a whole unit of work',
    async () => {
      const file = folder.writeLines('people.ndjson', people(5_000))
      const args = ['import', file, ...profiles, '--store', store, '--verdicts', '/dev/full', '--json']
      const { code, stdout, stderr } = await userpoint(args)
      expect(code).toBe(1)
      const { lines, status } = JSON.parse(stdout) as { readonly lines: number; readonly status: string }
      expect(status).toBe('stopped')
      expect(await exported()).toHaveLength(lines)
      expect(stderr).toContain('/dev/full cannot be written: the disk is full (ENOSPC); ')
    }
  )

  it.skipIf(!existsSync('/dev/full')).each([1, 2_000])(
    'are a failure where the disk is full for the last of %d lines',
    async (lines) => {
      const file = folder.writeLines('people.ndjson', people(lines))
      const args = [...profiles, '--store', store, '--verdicts', '/dev/full', '--lines-per-unit', '2000']
      const { code, stderr } = await userpoint(['import', file, ...args])
      expect(code).toBe(1)
      expect(stderr).toContain('/dev/full cannot be written: the disk is full (ENOSPC)')
    }
  )

  it.each(['people.ndjson', 'people.db', 'userpoint.json'])('never overwrite %s', async (name) => {
    const file = folder.writeLines('people.ndjson', people(1))
    const config = folder.writeLines('userpoint.json', [{ datamart: 'shop' }])
    const shared = ['import', file, ...profiles, '--store', store, '--config', config]
    await userpoint(shared)
    for (const execution of [[], ['--execution', 'nightly']]) {
      const { code, stderr } = await userpoint([...shared, ...execution, '--verdicts', folder.path(name)])
      expect(code).toBe(2)
      expect(stderr).toContain('--verdicts would overwrite')
    }
    expect(folder.readLines('people.ndjson')).toHaveLength(1)
    expect(folder.readLines('userpoint.json')).toEqual([{ datamart: 'shop' }])
  })

  it.each(['people.key', 'documents.keys'])(
    'never overwrite %s, a key without which the store is lost',
    async (name) => {
      const file = folder.writeLines('people.ndjson', people(1))
      const keyFile = folder.path('people.key')
      writeFileSync(keyFile, 'ab'.repeat(32))
      const config = folder.writeLines('userpoint.json', [{ erasure: { documentKeys: folder.path('documents.keys') } }])
      const shared = ['import', file, ...profiles, '--store', store, '--config', config, '--key-file', keyFile]
      expect((await userpoint(shared)).code).toBe(0)
      const kept = readFileSync(folder.path(name))
      const { code, stderr } = await userpoint([...shared, '--verdicts', folder.path(name)])
      expect([code, stderr]).toEqual([2, expect.stringContaining('--verdicts would overwrite')])
      expect(readFileSync(folder.path(name))).toEqual(kept)
    }
  )
})

describe('inputs', () => {
  it('are standard input for -, and no copy of it remains', async () => {
    const temporaryFiles = watchTemporaryFiles()
    const stdin = Readable.from([Buffer.from(`${JSON.stringify(upsert('a'))}\n{"operat`), Buffer.from('ion":"x"}')])
    const { code, stdout } = await userpoint(['import', '-', ...profiles, '--store', store, '--json'], { stdin })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ lines: 2, applied: 1, rejected: 1 })
    expect(temporaryFiles()).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('may be pipes with a name', async () => {
    const pipe = folder.path('pipe')
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
    const ended = userpoint(['import', pipe, ...profiles, '--store', store, '--json'])
    // Opening a pipe waits for its reader, which is in this thread.
    await writeFile(pipe, `${JSON.stringify(upsert('a'))}\n`)
    expect(JSON.parse((await ended).stdout)).toMatchObject({ lines: 1, applied: 1 })
  })

  it('must all exist, or nothing is imported', async () => {
    const file = folder.writeLines('people.ndjson', people(1))
    const { code, stderr } = await userpoint(['import', file, folder.path('nope'), ...profiles, '--store', store])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^userpoint: .*nope cannot be read: .*ENOENT\)\n$/)
    expect(existsSync(folder.path('people.db'))).toBe(false)
  })

  it('must not be folders', async () => {
    const { code, stderr } = await userpoint(['import', folder.path('.'), ...profiles, '--store', store])
    expect(code).toBe(1)
    expect(stderr).toContain('cannot be read: it is a folder')
  })

  it('that break off are a failure, and nothing is applied', async () => {
    let reads = 0
    const stdin = new Readable({
      read: () => {
        if (reads++ === 0) stdin.push(`${JSON.stringify(upsert('a'))}\n`)
        else stdin.destroy(Object.assign(new Error('read: Ada Lovelace'), { code: 'EIO' }))
      }
    })
    const { code, stdout, stderr } = await userpoint(['import', '-', ...profiles, '--store', store], { stdin })
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toBe('userpoint: standard input: the input cannot be read: EIO\n')
    expect(await exported()).toEqual([])
  })

  it.each(['two words.ndjson', '{bar}.ndjson', "it's $(touch x) `y`.ndjson", 'é—中.ndjson'])(
    'may be called %s',
    async (name) => {
      const file = folder.writeLines(name, people(1))
      const { code } = await userpoint(['import', ...profiles, '--store', store, file])
      expect(code).toBe(0)
    }
  )

  it('may begin with a dash after --', { timeout: 60_000 }, async () => {
    folder.writeLines('-dash.ndjson', people(1))
    const child = startProcess(['import', ...profiles, '--json', '--', '-dash.ndjson'], folder.path('.'))
    let stdout = ''
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()))
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ lines: 1, applied: 1 })
  })

  it.skipIf(process.platform === 'win32')('have names that cannot move the cursor', async () => {
    const file = folder.writeLines('a\u001b[2J\nb.ndjson', people(1))
    const { code, stdout } = await userpoint(['import', file, ...profiles, '--store', store])
    expect(code).toBe(0)
    expect(stdout).toContain('a\\u{1b}[2J\\u{a}b.ndjson: USER_PROFILE')
  })

  it('may begin with a byte order mark', async () => {
    const file = folder.write('bom.ndjson', `\ufeff${JSON.stringify(upsert('a'))}\n`)
    const { stdout } = await userpoint(['import', file, ...profiles, '--store', store, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ lines: 1, applied: 1 })
  })

  it('may span lines unless framing is strict', async () => {
    const file = folder.write('pretty.ndjson', JSON.stringify(upsert('a'), null, 2))
    const args = ['import', file, ...profiles, '--store', store, '--json']
    expect(JSON.parse((await userpoint(args)).stdout)).toMatchObject({ lines: 1, applied: 1 })
    const strict = JSON.parse((await userpoint([...args, '--framing', 'strict'])).stdout) as {
      readonly applied: number
    }
    expect(strict.applied).toBe(0)
  })
})

describe('a job rejection', () => {
  it('exits with 3, names code and lines, and applies nothing', async () => {
    const lines = [
      erase('a'),
      { type: 'USER_AGENT', user_agent_id: 'udp:1' },
      { type: 'USER_AGENT', user_agent_id: 'udp:2' }
    ]
    const file = folder.writeLines('identifiers.ndjson', lines)
    await userpoint(['import', folder.writeLines('people.ndjson', [upsert('a')]), ...profiles, '--store', store])
    const before = await exported()
    const args = ['import', file, '--type', 'USER_IDENTIFIERS_DELETION', '--store', store, '--json']
    const { code, stdout, stderr } = await userpoint([...args, '--verdicts', folder.path('verdicts.ndjson')])
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      lines: 3,
      applied: 0,
      rejected: 3,
      job_rejected: { code: 'DEVICE_POINT_NOT_ALLOWED', lines: [2, 3] }
    })
    expect(stderr).toMatch(/rejected as a whole, no line is applied: .*\(DEVICE_POINT_NOT_ALLOWED\), lines 2, 3\n$/)
    expect(folder.readLines('verdicts.ndjson').map(({ code: each }) => each)).toEqual([
      'JOB_REJECTED',
      'DEVICE_POINT_NOT_ALLOWED',
      'DEVICE_POINT_NOT_ALLOWED'
    ])
    expect(await exported()).toEqual(before)
  })

  it('[A-32] is the answer to more wrong lines than --max-rejected allows', async () => {
    const misspelt = JSON.stringify({ ...upsert('b'), operation: 'Upsert' })
    const file = folder.write(
      'wrong.ndjson',
      `${JSON.stringify(upsert('a'))}\n${misspelt}\n${JSON.stringify(upsert('c'))}\n`
    )
    const run = (limit: string) =>
      userpoint(['import', file, ...profiles, '--store', store, '--json', '--max-rejected', limit])
    for (const limit of ['0', '33%']) {
      const { code, stdout, stderr } = await run(limit)
      expect(code).toBe(3)
      expect(JSON.parse(stdout)).toMatchObject({
        lines: 3,
        rejected: 3,
        job_rejected: { code: 'TOO_MANY_REJECTED', lines: [2] }
      })
      expect(stderr).toContain('more lines are wrong than --max-rejected allows (TOO_MANY_REJECTED), line 2')
      expect(await exported()).toEqual([])
    }
    for (const limit of ['1', '33.4%']) expect(await run(limit)).toMatchObject({ code: 0 })
    expect(await exported()).toHaveLength(2)
  })

  it('is the answer to bytes that are not UTF-8', async () => {
    const good = Buffer.from(`${JSON.stringify(upsert('a'))}\n`)
    const file = folder.write('latin1.ndjson', Buffer.concat([good, good, Buffer.from([0xe9, 0x0a])]))
    const { code, stdout, stderr } = await userpoint(['import', file, ...profiles, '--store', store, '--json'])
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ job_rejected: { code: 'INVALID_UTF8', lines: [3] } })
    expect(stderr).toContain('it is not UTF-8 text (INVALID_UTF8), line 3')
    expect(await exported()).toEqual([])
  })

  it('does not stop the next file', async () => {
    const bad = folder.write('bad.ndjson', Buffer.from([0xff]))
    const good = folder.writeLines('good.ndjson', people(2))
    const { code, stdout } = await userpoint(['import', bad, good, ...profiles, '--store', store, '--json'])
    expect(code).toBe(3)
    expect(parseLines(stdout)).toMatchObject([{ status: 'job_rejected' }, { status: 'completed', applied: 2 }])
  })
})

describe('segments and choices', () => {
  it('have their own document types', async () => {
    const who = { email_hash: 'a' }
    const segment = { operation: 'UPDATE', ...who, segment_id: '7', expiration_duration: 0, data_bag: '{"n":1}' }
    const choice = { $processing_id: '9', $choice_ts: 1_700_000_000_000, $choice_acceptance_value: true }
    const file = folder.writeLines('segments.ndjson', [segment])
    expect(await userpoint(['import', file, '--type', 'USER_SEGMENT', '--store', store])).toMatchObject({ code: 0 })
    const choices = [{ operation: 'UPSERT', ...who, force_replace: true, user_choice: choice }]
    const other = folder.writeLines('choices.ndjson', choices)
    expect(await userpoint(['import', other, '--type', 'USER_CHOICE', '--store', store])).toMatchObject({ code: 0 })
    expect(await exported()).toMatchObject([{ segments: [{ segment_id: '7' }], choices: [choice] }])
  })
})

describe('policies', () => {
  const orders = (item: string) => ({ ...upsert('a', { orders: [item] }), merge_objects: true })

  it.each([
    [[], ['x', 'x']],
    [
      ['--arrays', 'concat'],
      ['x', 'x']
    ],
    [['--arrays', 'union'], ['x']]
  ])('%j join arrays to %j', async (options, joined) => {
    const file = folder.writeLines('orders.ndjson', [orders('x'), orders('x')])
    await userpoint(['import', file, ...profiles, '--store', store, ...options])
    expect(await exported()).toMatchObject([{ profiles: [{ orders: joined }] }])
  })

  it('set the compartment of lines that name none', async () => {
    const account = { operation: 'UPSERT', user_account_id: 'ada', force_replace: true, user_profile: {} }
    const file = folder.writeLines('accounts.ndjson', [account])
    await userpoint(['import', file, ...profiles, '--store', store, '--default-compartment', '007'])
    expect(await exported()).toMatchObject([
      {
        identifiers: [{ type: 'USER_ACCOUNT', compartment_id: '7', user_account_id: 'ada' }],
        profiles: [{ $compartment_id: '7' }]
      }
    ])
  })
})

describe('stores', () => {
  it('keep datamarts apart', async () => {
    const file = folder.writeLines('people.ndjson', people(2))
    await userpoint(['import', file, ...profiles, '--store', store, '--datamart', 'one'])
    expect(parseLines((await userpoint(['export', '--store', store, '--datamart', 'one'])).stdout)).toHaveLength(2)
    expect(await exported()).toEqual([])
  })

  it('may be in memory', async () => {
    const file = folder.writeLines('people.ndjson', people(2))
    const { code, stdout } = await userpoint(['import', file, ...profiles, '--store', 'memory:', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ lines: 2, applied: 2 })
  })

  it('[PO-17] that refuse one line for good get all others, and report that line, without personal data', async () => {
    const file = folder.writeLines('people.ndjson', [...people(150), upsert('boom', { name: 'Ada' }), ...people(50)])
    const args = ['import', file, ...profiles, '--store', store, '--json', '--lines-per-unit', '100']
    await userpoint(['import', folder.writeLines('first.ndjson', people(1)), ...profiles, '--store', store])
    const database = new DatabaseSync(folder.path('people.db'))
    database.exec(
      `create trigger boom before insert on document when new.body like '%boom%' begin select raise(abort, 'Ada'); end`
    )
    database.close()
    const { code, stdout, stderr } = await userpoint(args)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      lines: 201,
      applied: 200,
      rejected: 1,
      rejections: [{ code: 'REFUSED_BY_STORE', count: 1, lines: [151] }]
    })
    expect(stdout + stderr).not.toContain('Ada')
    expect(await exported()).toHaveLength(150)
  })

  it('that are not databases fail with one line, without personal data', async () => {
    const file = folder.writeLines('people.ndjson', people(2))
    const other = folder.write('notes.txt', 'Ada Lovelace, Ockham Park. '.repeat(100))
    const { code, stdout, stderr } = await userpoint(['import', file, ...profiles, '--store', `sqlite:${other}`])
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^userpoint: the store .*notes\.txt cannot be opened: .*SQLITE_NOTADB.*\n$/)
    expect(stderr).not.toContain('Ada')
  })
})

describe('stopping', () => {
  it('finishes the current batch and reports where it stopped', async () => {
    const file = folder.writeLines('people.ndjson', people(5_000))
    const last = folder.writeLines('last.ndjson', people(1))
    const args = ['import', file, last, ...profiles, '--store', store, '--json', '--lines-per-unit', '100']
    const { code, stdout, stderr } = await userpoint([...args, '--verdicts', folder.path('verdicts')], {
      onListen: (stop) => onFirstVerdicts(() => stop('SIGINT'))
    })
    expect(code).toBe(130)
    const [report, ...others] = parseLines(stdout)
    expect(others).toEqual([])
    const lines = Number(report?.['lines'])
    expect(report?.['status']).toBe('stopped')
    expect(lines % 100).toBe(0)
    expect(lines).toBeLessThan(5_000)
    expect(stderr).toContain('people.ndjson: stopped by SIGINT; ')
    expect(stderr).toMatch(/userpoint: not imported: .*last\.ndjson\n$/)
    expect(await exported()).toHaveLength(lines)
    expect(folder.readLines('verdicts')).toHaveLength(lines)
  })

  it.each([
    ['at once', (stop: () => void) => stop()],
    ['later', (stop: () => void) => void setTimeout(stop, 20)]
  ])('does not wait for the end of standard input: %s', async (_, when) => {
    const temporaryFiles = watchTemporaryFiles()
    const stdin = new Readable({ read: () => undefined })
    const { code, stdout, stderr } = await userpoint(['import', '-', ...profiles, '--store', store], {
      stdin,
      onListen: (stop) => when(() => stop('SIGTERM'))
    })
    expect(code).toBe(143)
    expect(stdout).toBe('')
    expect(stderr).toBe('userpoint: standard input: stopped by SIGTERM; no line committed\n')
    expect(temporaryFiles()).toEqual([])
  })

  it('happens at SIGINT', { timeout: 60_000 }, async () => {
    folder.writeLines('people.ndjson', people(60_000))
    const args = ['import', 'people.ndjson', ...profiles, '--json', '--lines-per-unit', '50', '--verdicts', 'verdicts']
    const child = startProcess(args, folder.path('.'))
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()))
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    onFirstVerdicts(() => {
      // Under npm, one Ctrl-C arrives twice.
      child.kill('SIGINT')
      setTimeout(() => child.kill('SIGINT'), 1)
    })
    const code = await ended
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('stopped by SIGINT') as unknown })
    const { lines } = JSON.parse(stdout) as { readonly lines: number }
    expect(lines).toBeGreaterThan(0)
    expect(lines % 50).toBe(0)
    store = `sqlite:${folder.path('userpoint.db')}`
    expect(await exported()).toHaveLength(lines)
  })
})

describe('progress', () => {
  it('is a bar on a terminal, cleared at the end', async () => {
    const file = folder.writeLines('people.ndjson', people(3_000))
    const stderr = createCollector({ isTTY: true, columns: 80 })
    const { code, stdout } = await userpoint(['import', file, ...profiles, '--store', store, '--json'], { stderr })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ lines: 3_000 })
    expect(stderr.text()).toContain('checking')
    expect(stderr.text()).toMatch(/100% 3,000 lines, [0-9,]+\/s, 0 s left/)
    expect(stderr.text().endsWith('\u001b[2K')).toBe(true)
    expect(stderr.text()).not.toContain('\n')
  })
})

describe('outputs', () => {
  it('without a reader do not change how the import ends', async () => {
    const file = folder.writeLines('people.ndjson', people(3))
    const stdout = createCollector({ failure: 'EPIPE' })
    const { code, stderr } = await userpoint(['import', file, ...profiles, '--store', store], { stdout })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await exported()).toHaveLength(3)
  })

  it('that cannot be written are a failure', async () => {
    const file = folder.writeLines('people.ndjson', people(3))
    const stdout = createCollector({ failure: 'ENOSPC' })
    const { code, stderr } = await userpoint(['import', file, ...profiles, '--store', store], { stdout })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'userpoint: the output cannot be written: the disk is full (ENOSPC)\n'
    })
  })
})
