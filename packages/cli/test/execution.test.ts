import { appendFileSync, existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StopSignal } from '../src/io.ts'
import { createFolder, type Ended, type Folder, parseLines, type RunOptions, upsert, userpoint } from './program.ts'

let folder: Folder
let store: string

beforeEach(() => {
  folder = createFolder()
  store = `sqlite:${folder.path('people.db')}`
})
afterEach(() => {
  folder.remove()
})

const people = (count: number) => Array.from({ length: count }, (_, i) => upsert(`hash-${i}`, { i }))

const importing = (file: string, ...more: ReadonlyArray<string>): Promise<Ended> =>
  userpoint(['import', file, '--type', 'USER_PROFILE', '--store', store, '--json', '--execution', 'nightly', ...more])

const listed = async (): Promise<ReadonlyArray<Record<string, unknown>>> =>
  parseLines((await userpoint(['executions', '--store', store, '--json'])).stdout)

const exported = async (): Promise<number> => parseLines((await userpoint(['export', '--store', store])).stdout).length

/** Stops an import after its first verdicts. */
const stopped = async (file: string, ...more: ReadonlyArray<string>): Promise<Ended> => {
  let watch: NodeJS.Timeout | undefined
  const onListen: RunOptions['onListen'] = (stop: (signal: StopSignal) => void) => {
    watch = setInterval(() => {
      if (existsSync(folder.path('verdicts')) && folder.read('verdicts') !== '') stop('SIGTERM')
    }, 1)
  }
  const ended = await userpoint(
    [
      'import',
      file,
      '--type',
      'USER_PROFILE',
      '--store',
      store,
      '--json',
      '--execution',
      'nightly',
      '--verdicts',
      folder.path('verdicts'),
      '--lines-per-unit',
      '10',
      ...more
    ],
    { onListen }
  )
  clearInterval(watch)
  return ended
}

describe('import --execution', () => {
  it('[L-30] resumes where it was stopped, and ends like a single import', async () => {
    const file = folder.writeLines('people.ndjson', [...people(2_000), { operation: 'UPSERT' }])
    const first = await stopped(file)
    expect(first.code).toBe(143)
    expect(first.stderr).toContain('run the same command again to continue')
    const [before] = await listed()
    expect(before).toMatchObject({ id: 'nightly', type: 'USER_PROFILE', status: 'stopped' })
    const done = Number(before?.['lines'])
    expect(done).toBeGreaterThan(0)
    expect(done).toBeLessThan(2_000)

    // Verdicts that a killed run wrote but did not commit.
    appendFileSync(folder.path('verdicts'), '{"index":')
    const second = await importing(file, '--verdicts', folder.path('verdicts'))
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(second.stdout)).toMatchObject({
      lines: 2_001,
      applied: 2_000,
      rejected: 1,
      status: 'completed',
      execution: { id: 'nightly', resumed_at: done, was_final: false }
    })
    expect(await exported()).toBe(2_000)

    const clean = ['import', file, '--type', 'USER_PROFILE', '--store', 'memory:', '--verdicts', folder.path('clean')]
    await userpoint(clean)
    expect(folder.read('verdicts')).toBe(folder.read('clean'))
    expect(await listed()).toMatchObject([
      { status: 'completed', lines: 2_001, verdicts_size: folder.read('clean').length, last_line: 2_001 }
    ])
  })

  it('[L-30] reports that it has finished, and applies nothing twice', async () => {
    const file = folder.writeLines('people.ndjson', people(3))
    const first = await importing(file)
    const before = await listed()
    const second = await importing(file)
    expect(second.code).toBe(0)
    expect(second.stderr).toContain('has already finished; nothing is applied again')
    expect(JSON.parse(second.stdout)).toMatchObject({
      ...(JSON.parse(first.stdout) as object),
      seconds: expect.any(Number),
      execution: { id: 'nightly', resumed_at: 3, was_final: true }
    })
    expect(await listed()).toEqual(before)
  })

  it('refuses another input, and imports nothing', async () => {
    await importing(folder.writeLines('people.ndjson', people(3)))
    const other = await importing(folder.writeLines('others.ndjson', people(4)))
    expect(other).toMatchObject({ code: 3, stdout: '' })
    expect(other.stderr).toContain('the execution was started with another input (OTHER_INPUT); nothing is imported')
    expect(await exported()).toBe(3)
  })

  it('refuses other options', async () => {
    const file = folder.writeLines('people.ndjson', people(500))
    await stopped(file)
    const verdicts = ['--verdicts', folder.path('verdicts')]
    expect((await importing(file)).stderr).toContain('OTHER_VERDICTS')
    expect((await importing(file, ...verdicts, '--arrays', 'union')).stderr).toContain('OTHER_SETTINGS')
    expect((await importing(file, ...verdicts, '--framing', 'strict')).stderr).toContain('OTHER_FRAMING')
    expect(await importing(file, ...verdicts, '--lines-per-unit', '7')).toMatchObject({ code: 0 })
  })

  it('continues under other settings with --accept-settings, and lists their digest', async () => {
    const file = folder.writeLines('people.ndjson', people(500))
    await stopped(file)
    const [before] = await listed()
    const config = folder.write('userpoint.json', '{"policies":{"arrays":"union"}}')
    const digest = /digest (\S+)/.exec((await userpoint(['config', 'check', config])).stdout)?.[1]
    const options = ['--verdicts', folder.path('verdicts'), '--config', config]
    const refused = await importing(file, ...options)
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.stderr).toContain('with other settings; --accept-settings continues with those of this run')
    expect(await listed()).toEqual([before])
    const accepted = await importing(file, ...options, '--accept-settings')
    expect(accepted.code).toBe(0)
    expect(accepted.stderr).toContain('the execution went on under other settings than those of its earlier runs')
    const [after] = await listed()
    expect([before?.['settings'] === digest, after?.['settings']]).toEqual([false, digest])
    expect((await userpoint(['executions', '--store', store])).stdout).toContain(String(digest).slice(0, 12))
    const alone = await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', store, '--accept-settings'])
    expect(alone).toMatchObject({ code: 2, stdout: '' })
  })

  it('fails if its verdict file is shorter than before, and resumes after the file is restored', async () => {
    const file = folder.writeLines('people.ndjson', people(500))
    await stopped(file)
    const kept = folder.read('verdicts')
    truncateSync(folder.path('verdicts'), 5)
    const lost = await importing(file, '--verdicts', folder.path('verdicts'))
    expect(lost.code).toBe(1)
    expect(lost.stderr).toContain('has only 5 bytes, but the execution has written')
    writeFileSync(folder.path('verdicts'), kept)
    expect(await importing(file, '--verdicts', folder.path('verdicts'))).toMatchObject({ code: 0 })
    expect(parseLines(folder.read('verdicts'))).toHaveLength(500)
  })

  it('leaves an unrelated verdict file unchanged, and does not replace a missing one', async () => {
    const file = folder.writeLines('people.ndjson', people(1_200))
    await stopped(file)
    const kept = folder.read('verdicts')
    for (const other of [
      'x'.repeat(kept.length + 100),
      `${'\n'.repeat(kept.length)}${kept}`,
      kept.replaceAll('"index":', '"index":1')
    ]) {
      writeFileSync(folder.path('verdicts'), other)
      const refused = await importing(file, '--verdicts', folder.path('verdicts'))
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain('is not the file to which this execution has written')
      expect(folder.read('verdicts')).toBe(other)
    }
    rmSync(folder.path('verdicts'))
    const gone = await importing(file, '--verdicts', folder.path('verdicts'))
    expect(gone.stderr).toContain('is missing, but the execution has written')
    expect(existsSync(folder.path('verdicts'))).toBe(false)
    writeFileSync(folder.path('verdicts'), kept)
    expect(await importing(file, '--verdicts', folder.path('verdicts'))).toMatchObject({ code: 0 })
    expect(parseLines(folder.read('verdicts'))).toHaveLength(1_200)
  })

  it('resumes after a very long verdict', async () => {
    const long = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`unknown ${'x'.repeat(60)} ${i}`, 1]))
    const wordy = people(1_200).map((line, i) => (i === 499 ? { ...line, ...long } : line))
    const file = folder.writeLines('people.ndjson', wordy)
    await stopped(file, '--lines-per-unit', '500')
    expect(await importing(file, '--verdicts', folder.path('verdicts'))).toMatchObject({ code: 0 })
    const verdicts = folder.read('verdicts').trimEnd().split('\n')
    expect(verdicts).toHaveLength(1_200)
    expect(verdicts[499]?.length).toBeGreaterThan(100_000)
  })

  it('needs a regular verdict file', async () => {
    const file = folder.writeLines('people.ndjson', people(1))
    const { code, stderr } = await importing(file, '--verdicts', '/dev/null')
    expect(code).toBe(1)
    expect(stderr).toContain('must be a regular file')
  })

  it('reads standard input, which must be the same in each run', async () => {
    const [text, other] = [people(3), people(2)].map((some) => some.map((line) => JSON.stringify(line)).join('\n'))
    const args = ['import', '-', '--type', 'USER_PROFILE', '--store', store, '--json', '--execution', 'piped']
    expect(await userpoint(args, { stdin: text ?? '' })).toMatchObject({ code: 0 })
    expect(await userpoint(args, { stdin: text ?? '' })).toMatchObject({ code: 0 })
    expect(await userpoint(args, { stdin: other ?? '' })).toMatchObject({ code: 3 })
  })

  it('records a document that is rejected as a whole', async () => {
    const lines = [
      { type: 'USER_EMAIL', hash: 'a' },
      { type: 'USER_AGENT', user_agent_id: 'udp:1' }
    ]
    const file = folder.writeLines('erase.ndjson', lines)
    const args = ['import', file, '--type', 'USER_IDENTIFIERS_DELETION', '--store', store, '--execution', 'erase']
    for (let run = 0; run < 2; run++) expect(await userpoint(args)).toMatchObject({ code: 3 })
    expect(await listed()).toMatchObject([
      { status: 'job_rejected', job_rejected: { code: 'DEVICE_POINT_NOT_ALLOWED', lines: [2] }, applied: 0 }
    ])
  })

  it('says that it was rejected by an earlier run, which may have had another limit', async () => {
    const file = folder.writeLines('people.ndjson', [...people(1), {}])
    const [first, second] = [await importing(file, '--max-rejected', '0'), await importing(file, '--max-rejected', '1')]
    expect([first.code, second.code]).toEqual([3, 3])
    expect(first.stderr).not.toContain('already')
    expect(second.stderr).toContain('the execution has already finished; nothing is applied again')
  })

  it('takes one document, a persistent store and a valid id', async () => {
    const file = folder.writeLines('people.ndjson', people(1))
    expect(await importing(file, file)).toMatchObject({ code: 2 })
    const args = ['import', file, '--type', 'USER_PROFILE', '--store', 'memory:', '--execution', 'nightly']
    expect(await userpoint(args)).toMatchObject({ code: 2 })
    for (const id of ['', 'a b', 'é', 'x'.repeat(513)]) {
      const wrong = ['import', file, '--type', 'USER_PROFILE', '--store', store, '--execution', id]
      expect(await userpoint(wrong)).toMatchObject({ code: 2 })
    }
  })
})

describe('executions', () => {
  it('lists executions as a table, ordered by id', async () => {
    const file = folder.writeLines('people.ndjson', people(1_234))
    for (const id of ['b', 'a']) {
      await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', store, '--execution', id])
    }
    const { code, stdout } = await userpoint(['executions', '--store', store])
    expect(code).toBe(0)
    expect(stdout).toMatch(/│ a +│ USER_PROFILE +│ completed +│ 100% │ 1,234 │/)
    expect(stdout.indexOf('│ a ')).toBeLessThan(stdout.indexOf('│ b '))
    expect(stdout).not.toContain('\u001b')
  })

  it('reports an empty list, and changes nothing', async () => {
    const file = folder.writeLines('people.ndjson', people(1))
    await userpoint(['import', file, '--type', 'USER_PROFILE', '--store', store])
    expect(await userpoint(['executions', '--store', store])).toMatchObject({ stdout: 'no executions\n' })
    expect(await userpoint(['executions', '--store', store, '--json'])).toMatchObject({ stdout: '' })
    expect(await userpoint(['executions', '--store', `sqlite:${folder.path('none.db')}`])).toMatchObject({ code: 1 })
    expect(existsSync(folder.path('none.db'))).toBe(false)
  })
})
