import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import type { ImportFailure, ImportOptions } from '../../src/engine/import/import-document.ts'
import type { DocumentInput } from '../../src/engine/input/reading.ts'
import type { ImportReport } from '../../src/engine/import/report.ts'
import type { LineVerdict } from '../../src/engine/transaction/judgement.ts'
import { E } from '../../src/fp.ts'
import type { DocumentType } from '../../src/dialects/mediarithmics/document.ts'
import { person } from '../decide/given.ts'
import { besideClock } from './beside-clock.ts'
import { countingRuntime, type FakeRepository, fakeRepository, type Script, stored } from './fake-repository.ts'
import { bytesOf } from './frames.ts'

const upserts = (...hashes: ReadonlyArray<string>): string =>
  hashes
    .map((hash) => `{"operation":"UPSERT","email_hash":"${hash}","force_replace":true,"user_profile":{}}\n`)
    .join('')
const deletions = (...hashes: ReadonlyArray<string>): string =>
  hashes.map((hash) => `{"type":"USER_EMAIL","hash":"${hash}"}\n`).join('')

interface Run {
  readonly outcome: E.Either<ImportFailure, ImportReport>
  readonly verdicts: ReadonlyArray<LineVerdict>
  readonly repository: FakeRepository
}

const importing = async (
  type: DocumentType,
  input: string | DocumentInput,
  {
    script = {},
    options = {},
    engine = {}
  }: {
    readonly script?: Script
    readonly options?: ImportOptions
    readonly engine?: Partial<EngineOptions>
  } = {}
): Promise<Run> => {
  const repository = fakeRepository(script)
  const verdicts: LineVerdict[] = []
  const outcome = await createEngine({
    dialect: mediarithmics,
    repository,
    purge: 'manual',
    ...countingRuntime(),
    ...engine
  }).importDocument(type, typeof input === 'string' ? bytesOf(input) : input, {
    ...options,
    onVerdicts: async (given) => {
      verdicts.push(...given)
      await options.onVerdicts?.(given)
    }
  })
  return { outcome, verdicts, repository }
}

const reportOf = ({ outcome }: Run): ImportReport => (E.isRight(outcome) ? outcome.right : outcome.left.report)

describe('a document', () => {
  it('[A-40] that is empty succeeds, with zero of everything', async () => {
    for (const nothing of ['', '\n \n', '\ufeff']) {
      const run = await importing('USER_PROFILE', nothing)
      expect(run.outcome).toEqual(
        E.right({
          type: 'USER_PROFILE',
          status: 'Completed',
          lines: 0,
          applied: 0,
          noOp: 0,
          rejected: 0,
          rejections: [],
          warned: 0,
          lastLine: 0,
          jobRejection: undefined
        })
      )
      expect(run.verdicts).toEqual([])
      expect(run.repository.calls).toEqual([])
    }
  })

  it('[A-32, A-33] completes although lines are rejected, and counts them by code', async () => {
    const text = [
      upserts('h1').trim(),
      '{"operation":"UPSERT"}',
      'oops',
      '',
      '{"operation":"DELETE","email_hash":"h9"}',
      '{"operation":"UPSERT","email_hash":"h1","user_agent_id":"vec:1","force_replace":true,"user_profile":{}}',
      '[{}]',
      '{"operation":"REMOVE","email_hash":"h1"}',
      'oops',
      '{"operation":"DELETE","email_hash":"h9","note":1}'
    ].join('\n')
    const run = await importing('USER_PROFILE', text)
    expect(reportOf(run)).toMatchObject({
      status: 'Completed',
      lines: 9,
      applied: 1,
      noOp: 2,
      rejected: 6,
      warned: 1,
      lastLine: 10,
      rejections: [
        { code: 'SYNTAX_ERROR', count: 2, lines: [3, 9] },
        { code: 'EXPECTED_NDJSON', count: 1, lines: [7] },
        { code: 'MISSING_FORCE_REPLACE', count: 1, lines: [2] },
        { code: 'MULTIPLE_IDENTIFIERS', count: 1, lines: [6] },
        { code: 'UNSUPPORTED_OPERATION', count: 1, lines: [8] }
      ]
    })
    expect(run.verdicts.map(({ index, line, verdict }) => `${index} ${line} ${verdict._tag}`)).toEqual([
      '0 1 Applied',
      '1 2 Rejected',
      '2 3 Rejected',
      '3 5 NoOp',
      '4 6 Rejected',
      '5 7 Rejected',
      '6 8 Rejected',
      '7 9 Rejected',
      '8 10 NoOp'
    ])
  })

  it('names the first five lines of each code', async () => {
    const run = await importing('USER_PROFILE', '{}\n'.repeat(8))
    expect(reportOf(run).rejections).toEqual([{ code: 'MISSING_FIELD', count: 8, lines: [1, 2, 3, 4, 5] }])
  })

  it('is applied in units of so many lines, with one call of onVerdicts each', async () => {
    const calls: number[] = []
    const run = await importing('USER_PROFILE', upserts('a', 'b', 'c', 'd', 'e', 'f', 'g'), {
      options: { linesPerUnit: 3, onVerdicts: (verdicts) => void calls.push(verdicts.length) }
    })
    expect(calls).toEqual([3, 3, 1])
    // Each is loaded before the one before it is committed.
    expect(run.repository.calls).toEqual(['load', 'load', 'commit', 'load', 'commit', 'commit'])
    expect(run.verdicts.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect((await importing('USER_PROFILE', upserts('a', 'b', 'c'))).repository.calls).toEqual(['load', 'commit'])
  })

  it('[A-04] is read leniently by default, strictly on request', async () => {
    const text = '{"operation":"DELETE",\n"email_hash":"h1"}\n'
    expect(reportOf(await importing('USER_PROFILE', text))).toMatchObject({ lines: 1, noOp: 1 })
    expect(reportOf(await importing('USER_PROFILE', text, { options: { framing: 'strict' } }))).toMatchObject({
      lines: 2,
      rejected: 2
    })
  })

  it('[A-05] with commas or in an array is told that NDJSON is expected, and the rest is applied', async () => {
    const commas = await importing('USER_PROFILE', upserts('a', 'b').replaceAll('}\n', '},\n'))
    expect(reportOf(commas)).toMatchObject({ applied: 2, rejected: 2, rejections: [{ code: 'EXPECTED_NDJSON' }] })
    for (const framing of ['lenient', 'strict'] as const) {
      const array = await importing('USER_PROFILE', '[{"operation":"DELETE"}]\n', { options: { framing } })
      expect(reportOf(array)).toMatchObject({ lines: 1, rejections: [{ code: 'EXPECTED_NDJSON', lines: [1] }] })
    }
  })

  it('may come in any pieces, of any iterable', async () => {
    const bytes = bytesOf(upserts('é', '€'))
    const pieces = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
    const asynchronous = async function* () {
      yield* pieces
    }
    for (const input of [() => pieces, asynchronous]) {
      expect(reportOf(await importing('USER_PROFILE', input))).toMatchObject({ lines: 2, applied: 2 })
    }
  })

  it('holds lines to the bounds', async () => {
    const run = await importing('USER_PROFILE', upserts('a', 'b'.repeat(100)), {
      engine: { bounds: { maxLineLength: 120, maxDepth: 1 } }
    })
    expect(run.verdicts.map(({ verdict }) => verdict)).toMatchObject([{ code: 'TOO_DEEP' }, { code: 'LINE_TOO_LARGE' }])
  })
})

describe('a job rejection', () => {
  const malformed = (before: string, ...bytes: ReadonlyArray<number>) => Uint8Array.from([...bytesOf(before), ...bytes])

  it.each([
    ['on the first line', malformed('{"a":"', 0xff, 0x22, 0x7d), 1],
    ['on a later line', malformed(`${upserts('a', 'b')}\n{"a":"`, 0xc3, 0x28), 4],
    ['half a character before the line feed', malformed(`${upserts('a')}{"a":"`, 0xe2, 0x82, 0x0a, 0x7b), 2],
    ['half a character at the end of the only line', malformed('{"a":"', 0xe2, 0x82), 1],
    ['half a character at the end of a later line', malformed(`${upserts('a')}{"a":"`, 0xe2, 0x82), 2],
    ['half a character on a line of its own', malformed(upserts('a'), 0xe2), 2],
    ['nothing but half a character', malformed('', 0xf0, 0x9f), 1]
  ])('of bytes that are not UTF-8 names their line, however they are cut: %s', async (_name, bytes, line) => {
    const pieces = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
    const middle = [bytes.subarray(0, bytes.length - 1), bytes.subarray(bytes.length - 1)]
    for (const input of [bytes, () => pieces, () => middle]) {
      const run = await importing('USER_PROFILE', input)
      expect(reportOf(run)).toMatchObject({
        status: 'JobRejected',
        lines: 0,
        jobRejection: { code: 'INVALID_UTF8', lines: [line], indices: [] }
      })
      expect(run.verdicts).toEqual([])
      expect(run.repository.calls).toEqual([])
    }
  })

  it('does not reject characters that are cut between pieces', async () => {
    const bytes = bytesOf(upserts('é', '€', '\u{1f600}'))
    for (let cut = 0; cut <= bytes.length; cut++) {
      const run = await importing('USER_PROFILE', () => [bytes.subarray(0, cut), bytes.subarray(cut)])
      expect(reportOf(run)).toMatchObject({ status: 'Completed', applied: 3 })
    }
  })

  it('[A-06] one device point in an identifiers deletion rejects the job, and nothing is applied', async () => {
    const text = [
      '{"type":"USER_EMAIL","hash":"h1"}',
      '',
      '{"type":"USER_AGENT",',
      ' "user_agent_id":"udp:1"}',
      '{"type":"USER_PHONE"}',
      'oops',
      '{"type":"USER_AGENT","user_agent_id":"udp:2","note":1}'
    ].join('\n')
    const script = { loads: [[stored(person('p1', { emails: ['h1'], devices: { 'udp:1': [] } }))]] }
    for (const linesPerUnit of [1, 2, 1_000]) {
      const run = await importing('USER_IDENTIFIERS_DELETION', text, { script, options: { linesPerUnit } })
      expect(reportOf(run)).toMatchObject({
        status: 'JobRejected',
        lines: 5,
        applied: 0,
        noOp: 0,
        rejected: 5,
        lastLine: 7,
        jobRejection: { code: 'DEVICE_POINT_NOT_ALLOWED', lines: [3, 7], indices: [1, 4] }
      })
      expect(run.verdicts.map(({ verdict }) => verdict._tag === 'Rejected' && verdict.code)).toEqual([
        'JOB_REJECTED',
        'DEVICE_POINT_NOT_ALLOWED',
        'UNSUPPORTED_TYPE',
        'SYNTAX_ERROR',
        'DEVICE_POINT_NOT_ALLOWED'
      ])
      expect(run.repository.calls).toEqual([])
    }
  })

  it.each([
    ['after a comma', ['{"type":"USER_EMAIL","hash":"h1"},{"type":"USER_AGENT","user_agent_id":"udp:1"}'], [1], [1]],
    [
      'in an array',
      ['[{"type":"USER_EMAIL","hash":"h1"},', '{"type":"USER_AGENT","user_agent_id":"udp:1"}]'],
      [1],
      [0]
    ],
    ['in a broken line', ['{"type":"USER_AGENT","user_agent_id":"udp:1"'], [1], [0]],
    ['in an array that is not closed', ['[{"type":"USER_AGENT",', '"user_agent_id":"udp:1"},'], [2], [1]],
    ['in a skipped line', ['oops', 'data: {"type":"USER_AGENT","user_agent_id":"udp:1"}'], [2], [1]],
    ['behind a broken command', ['{"type" "x"} {"type":"USER_AGENT","user_agent_id":"udp:1"}'], [1], [0]],
    ['beside a field that is wrong', ['{"type":"USER_AGENT","user_agent_id":"udp:1","hash":"\\ud800"}'], [1], [0]],
    ['beside a type that is wrong', ['{"type":"USER_AGENTS","user_agent_id":"udp:1"}'], [1], [0]],
    ['beside a number that is wrong', ['{"type":"USER_AGENT","user_agent_id":"udp:1","n":1e400}'], [1], [0]],
    ['twice', ['{"type":"USER_AGENT","user_agent_id":"udp:1","user_agent_id":"vec:1"}'], [1], [0]],
    ['with escapes', ['{"type":"USER_AGENT","user_agent_id":"\\u0075d\\u0070:1"'], [1], [0]],
    ['in a line that is too long', [`{"type":"USER_AGENT","user_agent_id":"udp:1","x":"${'x'.repeat(500)}"}`], [1], [0]]
  ])('[A-06] screening sees a device point that is %s', async (_where, wrong, lines, indices) => {
    const text = ['{"type":"USER_EMAIL","hash":"h0"}', ...wrong, '', '{"type":"USER_EMAIL","hash":"h2"}'].join('\n')
    const bytes = bytesOf(text)
    for (const input of [bytes, () => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))]) {
      const run = await importing('USER_IDENTIFIERS_DELETION', input, { engine: { bounds: { maxLineLength: 300 } } })
      expect(reportOf(run).jobRejection).toEqual({
        code: 'DEVICE_POINT_NOT_ALLOWED',
        count: lines.length,
        lines: lines.map((line) => line + 1),
        indices: indices.map((index) => index + 1)
      })
      expect(run.repository.calls).toEqual([])
    }
  })

  it('[A-06] a device point in a field that nothing reads rejects nothing', async () => {
    const text = '{"type":"USER_EMAIL","hash":"h1","note":"udp:1"}\noops\n{"type":"USER_EMAIL","hash":"h2"}'
    const run = await importing('USER_IDENTIFIERS_DELETION', text)
    expect(reportOf(run)).toMatchObject({ status: 'Completed', noOp: 2, rejected: 1 })
  })

  it.each([
    ['little-endian with a mark', [0xff, 0xfe, 0x7b, 0x00]],
    ['big-endian with a mark', [0xfe, 0xff, 0x00, 0x7b]],
    ['little-endian', [0x7b, 0x00, 0x7d, 0x00]],
    ['big-endian', [0x00, 0x7b, 0x00, 0x7d]]
  ])('of UTF-16 is named: %s', async (_name, bytes) => {
    for (const input of [Uint8Array.from(bytes), () => bytes.map((byte) => Uint8Array.of(byte))]) {
      const run = await importing('USER_PROFILE', input)
      expect(reportOf(run)).toMatchObject({
        status: 'JobRejected',
        lines: 0,
        jobRejection: { code: 'UTF_16', count: 1, lines: [1], indices: [] }
      })
      expect(run.verdicts).toEqual([])
    }
  })

  const badLines = `${upserts('a')}{}\noops\ndata\n${upserts('b')}`

  it.each([
    [2, true],
    [3, false],
    ['59.9%', true],
    ['60%', false],
    [0, true],
    ['0%', true],
    ['100%', false]
  ] as const)('[A-32] with at most %s rejected lines is rejected as a whole: %j', async (maxRejected, isRejected) => {
    const run = await importing('USER_PROFILE', badLines, { options: { maxRejected } })
    if (!isRejected) {
      expect(reportOf(run)).toMatchObject({ status: 'Completed', applied: 2, rejected: 3, jobRejection: undefined })
      return
    }
    expect(reportOf(run)).toMatchObject({
      status: 'JobRejected',
      lines: 5,
      rejected: 5,
      jobRejection: { code: 'TOO_MANY_REJECTED', count: 3, lines: [2, 3, 4], indices: [1, 2, 3] }
    })
    expect(run.verdicts.map(({ verdict }) => verdict._tag === 'Rejected' && verdict.code)).toEqual([
      'JOB_REJECTED',
      'MISSING_FIELD',
      'SYNTAX_ERROR',
      'SKIPPED',
      'JOB_REJECTED'
    ])
    expect(run.repository.calls).toEqual([])
  })

  it('[A-32] with no lines has not too many rejected ones', async () => {
    const run = await importing('USER_PROFILE', '', { options: { maxRejected: '0%' } })
    expect(reportOf(run)).toMatchObject({ status: 'Completed', lines: 0 })
  })

  it.each([-1, 1.5, Number.NaN, '5', '101%', '%', '-1%', '1e1%'])(
    'takes no limit of %j rejected lines',
    async (limit) => {
      await expect(importing('USER_PROFILE', '', { options: { maxRejected: limit as number } })).rejects.toThrow(
        TypeError
      )
    }
  )

  it('[A-06] in other documents a device point rejects nothing', async () => {
    for (const type of ['USER_POINTS_DELETION', 'USER_DEVICE_POINTS_DELETION'] as const) {
      const run = await importing(type, '{"type":"USER_AGENT","user_agent_id":"udp:1"}')
      expect(reportOf(run)).toMatchObject({ status: 'Completed', noOp: 1, jobRejection: undefined })
    }
  })

  it('[A-34] a user point in an identifiers deletion is a line error, and no job rejection', async () => {
    const run = await importing(
      'USER_IDENTIFIERS_DELETION',
      '{"type":"USER_POINT","user_point_id":"p1"}\n' + deletions('h1')
    )
    expect(reportOf(run)).toMatchObject({ status: 'Completed', rejected: 1, noOp: 1 })
  })

  it('[A-36] a datamart that is too old rejects the job, and one that is not does not', async () => {
    const old = await importing('USER_POINTS_DELETION', deletions('h1', 'h2'), {
      engine: { policies: { systemVersion: 'v201901' } }
    })
    expect(reportOf(old)).toMatchObject({
      status: 'JobRejected',
      lines: 2,
      rejected: 2,
      rejections: [{ code: 'JOB_REJECTED', count: 2, lines: [1, 2] }],
      jobRejection: { code: 'UNSUPPORTED_SYSTEM_VERSION', lines: [], indices: [] }
    })
    expect(old.repository.calls).toEqual([])
    const fresh = await importing('USER_POINTS_DELETION', deletions('h1'), {
      engine: { policies: { systemVersion: 'v202205' } }
    })
    expect(reportOf(fresh)).toMatchObject({ status: 'Completed', noOp: 1 })
  })
})

describe('a signal', () => {
  it('stops after the unit of work in flight', async () => {
    const signal = { aborted: false }
    const run = await importing('USER_PROFILE', upserts('a', 'b', 'c', 'd', 'e'), {
      options: {
        linesPerUnit: 2,
        signal,
        onVerdicts: () => {
          signal.aborted = true
        }
      }
    })
    expect(reportOf(run)).toMatchObject({ status: 'Stopped', lines: 2, applied: 2, lastLine: 2 })
    expect(run.repository.calls).toEqual(['load', 'load', 'commit'])
  })

  it('that was aborted before stops before the first', async () => {
    const run = await importing('USER_PROFILE', upserts('a'), { options: { signal: AbortSignal.abort() } })
    expect(reportOf(run)).toMatchObject({ status: 'Stopped', lines: 0, lastLine: 0 })
    expect(run.repository.calls).toEqual([])
  })

  it('after which there is nothing left to do stops nothing', async () => {
    const signal = { aborted: false }
    const run = await importing('USER_PROFILE', upserts('a', 'b'), {
      options: {
        linesPerUnit: 2,
        signal,
        onVerdicts: () => {
          signal.aborted = true
        }
      }
    })
    expect(reportOf(run)).toMatchObject({ status: 'Completed', lines: 2 })
  })

  it('lets go of the input, and owes a purge for what was deleted by then', async () => {
    const signal = { aborted: false }
    let open = 0
    const input = function* () {
      open++
      try {
        for (const hash of ['h1', 'h2', 'h3']) yield bytesOf(deletions(hash))
      } finally {
        open--
      }
    }
    const script = { loads: [[stored(person('p1', { emails: ['h1', 'h2', 'h3'] }))]] }
    const run = await importing('USER_IDENTIFIERS_DELETION', input, {
      script,
      options: {
        linesPerUnit: 1,
        signal,
        onVerdicts: () => {
          signal.aborted = true
        }
      }
    })
    expect(reportOf(run)).toMatchObject({ status: 'Stopped', applied: 1 })
    expect(run.repository.calls).toEqual(['load', 'load', 'commit'])
    expect(run.repository.owed()).toEqual(['p1.1'])
    expect(open).toBe(0)
  })
})

describe('an input that fails', () => {
  const cause = new Error('no such file')

  it('at once is InputFailed, and nothing is done', async () => {
    const fail = (): never => {
      throw cause
    }
    const run = await importing('USER_PROFILE', fail)
    expect(run.outcome).toEqual(
      E.left({
        error: { _tag: 'InputFailed', cause },
        report: expect.objectContaining({ status: 'Failed', lines: 0 }),
        uncertain: 0
      })
    )
    expect(run.repository.calls).toEqual([])
  })

  it('while it is screened is InputFailed, and nothing is done', async () => {
    const input = async function* () {
      yield bytesOf(upserts('a'))
      throw cause
    }
    const run = await importing('USER_PROFILE', input)
    expect(run.outcome).toMatchObject({ left: { error: { _tag: 'InputFailed', cause }, report: { lines: 0 } } })
    expect(run.repository.calls).toEqual([])
  })

  it('that can be read only once is InputFailed, and nothing is done', async () => {
    const once = [bytesOf(upserts('a'))].values()
    const run = await importing('USER_PROFILE', () => once)
    expect(run.outcome).toMatchObject({ left: { error: { _tag: 'InputFailed' }, report: { lines: 0 } } })
    expect(run.repository.calls).toEqual([])
  })

  it('[A-06] that has a forbidden line only when it is applied is InputFailed, and nothing of the unit is done', async () => {
    const lines = ['{"type":"USER_AGENT","user_agent_id":"vec:1"}', '{"type":"USER_AGENT","user_agent_id":"udp:1"}']
    let reads = 0
    // Read for UTF-8, and to look for such lines, before it is applied.
    const input = () => [bytesOf(`${lines[++reads > 2 ? 1 : 0]}\n`)]
    const run = await importing('USER_IDENTIFIERS_DELETION', input)
    expect(run.outcome).toMatchObject({ left: { error: { _tag: 'InputFailed' }, report: { lines: 0 } } })
    expect(run.repository.calls).toEqual([])
  })

  it('that is no bytes is InputFailed', async () => {
    const run = await importing('USER_PROFILE', (() => ['text']) as unknown as DocumentInput)
    expect(run.outcome).toMatchObject({ left: { error: { _tag: 'InputFailed', cause: expect.any(TypeError) } } })
  })

  it('cannot be read in units of no lines', async () => {
    for (const linesPerUnit of [0, -1, 1.5, Number.NaN]) {
      await expect(importing('USER_PROFILE', '', { options: { linesPerUnit } })).rejects.toThrow('linesPerUnit')
    }
  })

  it('while it is applied is InputFailed, with what is certain by then', async () => {
    let reads = 0
    const input = async function* () {
      reads++
      yield bytesOf(upserts('a', 'b', 'c'))
      if (reads > 1) throw cause
      yield bytesOf(upserts('d'))
    }
    const run = await importing('USER_PROFILE', input, { options: { linesPerUnit: 2 } })
    expect(run.outcome).toMatchObject({
      left: { error: { _tag: 'InputFailed', cause }, report: { status: 'Failed', lines: 3, applied: 3, lastLine: 3 } }
    })
    expect(run.repository.calls).toEqual(['load', 'load', 'commit', 'commit'])
  })

  it('while it is applied still owes a purge for what was deleted by then', async () => {
    let reads = 0
    const input = async function* () {
      yield bytesOf(deletions('h1'))
      if (++reads > 2) throw cause
    }
    const script = { loads: [[stored(person('p1', { emails: ['h1'] }))]] }
    const run = await importing('USER_IDENTIFIERS_DELETION', input, { script, options: { linesPerUnit: 1 } })
    expect(run.outcome).toMatchObject({ left: { error: { _tag: 'InputFailed' }, report: { applied: 1 } } })
    expect(run.repository.owed()).toEqual(['p1.1'])
  })

  it('by being no UTF-8 any more is InputFailed', async () => {
    let reads = 0
    const input = () => (++reads > 1 ? [Uint8Array.of(0xff)] : [bytesOf(upserts('a'))])
    const run = await importing('USER_PROFILE', input)
    expect(run.outcome).toMatchObject({ left: { error: { _tag: 'InputFailed' } } })
  })
})

describe('a store that fails in the middle', () => {
  it('ends the import, with what is certain by then, and owes a purge for what was deleted', async () => {
    const cause = new Error('disk')
    const script: Script = {
      loads: [[stored(person('p1', { emails: ['h1', 'h2', 'h3'] }))]],
      commits: ['Committed', { throws: cause }]
    }
    const run = await importing('USER_IDENTIFIERS_DELETION', deletions('h1', 'h2', 'h3'), {
      script,
      options: { linesPerUnit: 1 }
    })
    expect(run.outcome).toMatchObject({
      left: {
        error: { _tag: 'Indeterminate', cause },
        report: { status: 'Failed', lines: 1, applied: 1, lastLine: 1 },
        uncertain: 1
      }
    })
    expect(run.verdicts).toHaveLength(1)
    expect(run.repository.calls).toEqual(['load', 'load', 'commit', 'load', 'commit'])
    expect(run.repository.owed()).toEqual(['p1.1'])
  })
})

describe('onVerdicts', () => {
  it('is waited for before the next unit of work is committed', async () => {
    const log: string[] = []
    const repository = fakeRepository()
    const engine = createEngine({
      dialect: mediarithmics,
      repository: besideClock(repository, {
        commit: (writes) => {
          log.push('commit')
          return repository.commit(writes)
        }
      }),
      ...countingRuntime()
    })
    await engine.importDocument('USER_PROFILE', bytesOf(upserts('a', 'b')), {
      linesPerUnit: 1,
      onVerdicts: async () => {
        log.push('given')
        await new Promise((resolve) => setTimeout(resolve, 5))
        log.push('taken')
      }
    })
    expect(log).toEqual(['commit', 'given', 'taken', 'commit', 'given', 'taken'])
  })

  it('gets verdicts only once they are true', async () => {
    const seen: number[] = []
    const repository = fakeRepository({ commits: ['Conflict', 'Committed'] })
    const engine = createEngine({ dialect: mediarithmics, repository, ...countingRuntime() })
    await engine.importDocument('USER_PROFILE', bytesOf(upserts('a')), {
      onVerdicts: () => void seen.push(repository.writes.length)
    })
    expect(seen).toEqual([2])
  })

  it.each(['throws', 'rejects'])('%s: the import ends with just that, and the input is let go of', async (way) => {
    const mine = new Error('my own')
    let open = 0
    const input = function* () {
      open++
      try {
        yield bytesOf(upserts('a'))
        yield bytesOf(upserts('b'))
      } finally {
        open--
      }
    }
    const repository = fakeRepository()
    const run = createEngine({ dialect: mediarithmics, repository, ...countingRuntime() }).importDocument(
      'USER_PROFILE',
      input,
      {
        linesPerUnit: 1,
        onVerdicts: () => {
          if (way === 'rejects') return Promise.reject(mine)
          throw mine
        }
      }
    )
    await expect(run).rejects.toBe(mine)
    expect(repository.calls).toEqual(['load', 'load', 'commit'])
    expect(open).toBe(0)
  })
})
