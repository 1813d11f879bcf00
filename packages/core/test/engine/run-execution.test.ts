import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import { type Execution, type ExecutionId, parseExecutionId } from '../../src/engine/execution/execution.ts'
import type { VerdictSink } from '../../src/engine/execution/stored-execution.ts'
import type { ExecutionFailure, ExecutionOptions, ExecutionReport } from '../../src/engine/execution/run-execution.ts'
import { E } from '../../src/fp.ts'
import type { Stored } from '../../src/repository/index.ts'
import {
  afterCommits,
  createStore,
  deletion,
  errorOf,
  fails,
  heal,
  nightly,
  people,
  reportOf,
  running,
  upsert,
  upserts
} from './execution-store.ts'
import { countingRuntime } from './fake-repository.ts'
import { bytesOf } from './frames.ts'

describe('an execution', () => {
  it('[L-30] is one document that says how far it is, and commits with every unit', async () => {
    const store = createStore()
    const seen: Execution[] = []
    const batches: Array<ReadonlyArray<string>> = []
    store.onCommit = async (writes, commit) => {
      batches.push(writes.map(({ kind }) => kind))
      commit()
    }
    const text = `${upserts('a', 'b')}oops\n`
    const outcome = await running(store, text, {
      onProgress: (execution) => {
        seen.push(execution)
      }
    })
    expect(reportOf(outcome)).toMatchObject({
      id: 'nightly',
      type: 'USER_PROFILE',
      status: 'Completed',
      lines: 3,
      applied: 2,
      rejected: 1,
      resumedAt: 0,
      wasFinal: false
    })
    expect(batches).toEqual([
      ['execution'],
      ['user_point', 'execution'],
      ['user_point', 'execution'],
      ['execution'],
      ['execution']
    ])
    const line = upsert('a').length
    expect(
      seen.map(({ status, position, counts }) => [status, position.commands, position.offset, counts.lines])
    ).toEqual([
      ['Running', 0, 0, 0],
      ['Running', 1, 0, 1],
      ['Running', 2, line, 2],
      ['Running', 3, 2 * line, 3],
      ['Completed', 3, text.length, 3]
    ])
    const engine = createEngine({ dialect: mediarithmics, repository: store, ...countingRuntime() })
    expect(await engine.findExecution(nightly)).toEqual(E.right(seen.at(-1)))
    expect(await engine.findExecution('other' as ExecutionId)).toEqual(E.right(undefined))
    const listed: Execution[] = []
    for await (const execution of engine.executions()) listed.push(execution)
    expect(listed).toEqual([seen.at(-1)])
    const points = []
    for await (const { point } of engine.userPoints()) points.push(point)
    expect(points).toHaveLength(2)
  })

  it('holds nothing of any line', async () => {
    const store = createStore()
    await running(store, `${upserts('secret-hash')}{"operation":"secret-operation"}\n`, {
      createHash: () => ({ update: () => undefined, digest: () => 'd' })
    })
    const { body } = store.documents.get('execution nightly') as Stored
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  it('[L-30] goes on where it was stopped, and says at how many commands', async () => {
    const store = createStore()
    const signal = { aborted: false }
    const first = await running(store, upserts('a', 'b', 'c'), {
      signal,
      onProgress: ({ counts }) => {
        signal.aborted = counts.lines === 2
      }
    })
    expect(reportOf(first)).toMatchObject({ status: 'Stopped', lines: 2, execution: { status: 'Stopped' } })
    const second = await running(store, upserts('a', 'b', 'c'), { linesPerUnit: 10 })
    expect(reportOf(second)).toMatchObject({ status: 'Completed', lines: 3, applied: 3, resumedAt: 2, wasFinal: false })
    expect(people(store).map(({ version }) => version)).toEqual([1, 1, 1])
  })

  it('[L-30] that has finished applies nothing, and gives the same report again', async () => {
    const store = createStore()
    const first = await running(store, upserts('a', 'a'))
    const before = structuredClone([...store.documents.values()])
    const second = await running(store, upserts('a', 'a'), { framing: 'strict' })
    expect(reportOf(second)).toEqual({ ...reportOf(first), resumedAt: 2, wasFinal: true })
    expect([...store.documents.values()]).toEqual(before)
  })

  it('[L-30] is refused where it began as another import, and nothing is done', async () => {
    const cases: ReadonlyArray<readonly [string, string, Parameters<typeof running>[2], Partial<EngineOptions>]> = [
      ['OTHER_INPUT', upserts('a', 'b', 'x'), {}, {}],
      ['OTHER_INPUT', upserts('a', 'b', 'c', 'd'), {}, {}],
      ['OTHER_TYPE', upserts('a', 'b', 'c'), { type: 'USER_CHOICE' }, {}],
      ['OTHER_FRAMING', upserts('a', 'b', 'c'), { framing: 'strict' }, {}],
      ['OTHER_SETTINGS', upserts('a', 'b', 'c'), {}, { policies: { arrays: 'union' } }],
      ['OTHER_SETTINGS', upserts('a', 'b', 'c'), {}, { bounds: { maxDepth: 3 } }],
      ['OTHER_VERDICTS', upserts('a', 'b', 'c'), { verdictSink: () => 0 }, {}]
    ]
    for (const [code, text, options, engine] of cases) {
      const store = createStore()
      afterCommits(store, 2, fails)
      await running(store, upserts('a', 'b', 'c'))
      heal(store)
      const before = structuredClone([...store.documents.values()])
      const outcome = await running(store, text, options, engine)
      expect(errorOf(outcome), code).toEqual({ _tag: 'ExecutionRefused', code })
      expect([...store.documents.values()]).toEqual(before)
    }
  })

  it('[L-30] continues under other settings where it is told to, records them, and says so', async () => {
    const store = createStore()
    afterCommits(store, 2, fails)
    const first = reportOf(await running(store, upserts('a', 'b', 'c'), {}, { settingsDigest: 'one' }))
    expect(first).toMatchObject({ execution: { settings: 'one' }, formerSettings: undefined })
    heal(store)
    const other = { settingsDigest: 'other' }
    expect(errorOf(await running(store, upserts('a', 'b', 'c'), {}, other))).toMatchObject({ code: 'OTHER_SETTINGS' })
    const second = reportOf(await running(store, upserts('a', 'b', 'c'), { otherSettings: 'accept' }, other))
    expect(second).toMatchObject({
      status: 'Completed',
      lines: 3,
      formerSettings: 'one',
      execution: { settings: 'other' }
    })
    // The same digest is the same settings, and a final execution has nothing to follow them.
    const third = reportOf(await running(store, upserts('a', 'b', 'c'), {}, { settingsDigest: 'third' }))
    expect(third).toMatchObject({ wasFinal: true, formerSettings: undefined, execution: { settings: 'other' } })
  })

  it('is refused another input when it is complete', async () => {
    const store = createStore()
    await running(store, upserts('a'))
    expect(errorOf(await running(store, upserts('b')))).toEqual({ _tag: 'ExecutionRefused', code: 'OTHER_INPUT' })
    expect(errorOf(await running(store, upserts('a'), { type: 'USER_CHOICE' }))).toMatchObject({ code: 'OTHER_TYPE' })
  })

  it('is Failed where the store fails, and goes on when it is back', async () => {
    const store = createStore()
    let calls = 0
    afterCommits(store, 2, async (writes, commit) => {
      calls++
      if (calls === 1) throw Object.assign(new Error('down'), { applied: false })
      commit()
      void writes
    })
    const outcome = await running(store, upserts('a', 'b'))
    expect(errorOf(outcome)).toMatchObject({ _tag: 'StoreFailed', operation: 'commit' })
    expect(reportOf(outcome)).toMatchObject({ status: 'Failed', lines: 1, execution: { status: 'Failed' } })
    heal(store)
    expect(reportOf(await running(store, upserts('a', 'b')))).toMatchObject({ status: 'Completed', resumedAt: 1 })
  })

  it('says nothing but the failure where there is no store to ask', async () => {
    const store = createStore()
    store.onLoad = () => {
      throw new Error('away')
    }
    const outcome = await running(store, upserts('a'))
    expect(errorOf(outcome)).toMatchObject({ _tag: 'StoreFailed', operation: 'load' })
    expect(reportOf(outcome)).toMatchObject({ lines: 0, execution: undefined })
  })
})

describe('a commit of unknown outcome', () => {
  it('[L-30] that landed is taken for done', async () => {
    const store = createStore()
    afterCommits(store, 2, async (_, commit) => {
      commit()
      heal(store)
      throw new Error('lost answer')
    })
    expect(reportOf(await running(store, upserts('a', 'a', 'a')))).toMatchObject({ status: 'Completed', applied: 3 })
    expect(people(store)).toMatchObject([{ version: 3, body: { profiles: [{ properties: { n: [1, 1, 1] } }] } }])
  })

  it('[L-30] that did not land is done again', async () => {
    const store = createStore()
    afterCommits(store, 2, async () => {
      heal(store)
      throw new Error('lost request')
    })
    expect(reportOf(await running(store, upserts('a', 'a', 'a')))).toMatchObject({ status: 'Completed', applied: 3 })
    expect(people(store)).toMatchObject([{ version: 3 }])
  })

  it('[L-30] that lands only later cannot land twice', async () => {
    const store = createStore()
    afterCommits(store, 2, async (_, commit) => {
      const late = commit
      store.onCommit = async (__, now) => {
        heal(store)
        now()
        late()
      }
      throw new Error('on its way')
    })
    expect(reportOf(await running(store, upserts('a', 'a', 'a')))).toMatchObject({ status: 'Completed', applied: 3 })
    expect(people(store)).toMatchObject([{ body: { profiles: [{ properties: { n: [1, 1, 1] } }] } }])
  })

  it('is Indeterminate only where the store does not say either, and the next run knows', async () => {
    const store = createStore()
    afterCommits(store, 2, async (_, commit) => {
      commit()
      store.onLoad = () => {
        throw new Error('away')
      }
      store.onCommit = fails
      throw new Error('lost answer')
    })
    const outcome = await running(store, upserts('a', 'a', 'a'))
    expect(errorOf(outcome)).toMatchObject({ _tag: 'Indeterminate' })
    expect(reportOf(outcome)).toMatchObject({ lines: 1 })
    heal(store)
    store.onLoad = () => undefined
    expect(reportOf(await running(store, upserts('a', 'a', 'a')))).toMatchObject({ lines: 3, resumedAt: 2 })
    expect(people(store)).toMatchObject([{ body: { profiles: [{ properties: { n: [1, 1, 1] } }] } }])
  })
})

describe('two runs of one execution', () => {
  it('[L-30] do not both go on: the one that is overtaken ends', async () => {
    const store = createStore()
    let other: E.Either<ExecutionFailure, ExecutionReport> | undefined
    afterCommits(store, 2, async (_, commit) => {
      heal(store)
      other = await running(store, upserts('a', 'a', 'a'))
      commit()
    })
    const outcome = await running(store, upserts('a', 'a', 'a'))
    expect(errorOf(outcome)).toEqual({ _tag: 'ExecutionSuperseded' })
    expect(other !== undefined && reportOf(other)).toMatchObject({ status: 'Completed', resumedAt: 1, lines: 3 })
    expect(people(store)).toMatchObject([{ body: { profiles: [{ properties: { n: [1, 1, 1] } }] } }])
    expect(store.documents.get('execution nightly')).toMatchObject({ body: { status: 'Completed' } })
  })

  it('of which both are the first do not both begin', async () => {
    const store = createStore()
    store.onCommit = async (_, commit) => {
      heal(store)
      await running(store, upserts('a'))
      commit()
    }
    expect(errorOf(await running(store, upserts('a')))).toEqual({ _tag: 'ExecutionSuperseded' })
    expect(people(store)).toHaveLength(1)
  })

  it('a conflict with a writer who is no run of it is decided again', async () => {
    const store = createStore()
    await running(store, upserts('a'), { id: 'other' as ExecutionId })
    afterCommits(store, 1, async (_, commit) => {
      heal(store)
      await createEngine({
        dialect: mediarithmics,
        repository: store,
        clock: () => 1,
        newId: () => '00000000-0000-4000-8000-000000000000'
      }).runOne('USER_PROFILE', JSON.parse(upsert('a')))
      commit()
    })
    expect(reportOf(await running(store, upserts('a')))).toMatchObject({ status: 'Completed', applied: 1 })
    expect(people(store)).toMatchObject([{ body: { profiles: [{ properties: { n: [1, 1, 1] } }] } }])
  })
})

describe('the output of verdicts', () => {
  const createOutput = (): { text: string; calls: string[]; sink: VerdictSink } => {
    const output: ReturnType<typeof createOutput> = {
      text: '',
      calls: [],
      sink: (verdicts, from) => {
        if (output.text.length < from) throw new Error('too short')
        output.calls.push(`${from}+${verdicts.length}`)
        output.text = output.text.slice(0, from) + verdicts.map(({ index }) => `${index};`).join('')
        return output.text.length
      }
    }
    return output
  }

  it('[L-31] is written before the commit, and cut back to what was committed', async () => {
    const store = createStore()
    const output = createOutput()
    afterCommits(store, 2, fails)
    await running(store, upserts('a', 'b', 'c'), { verdictSink: output.sink })
    expect(output.text).toBe('0;1;')
    expect(store.documents.get('execution nightly')).toMatchObject({ body: { verdictsLength: 2 } })
    heal(store)
    await running(store, upserts('a', 'b', 'c'), { verdictSink: output.sink })
    expect(output.text).toBe('0;1;2;')
    expect(output.calls).toEqual(['0+0', '0+1', '2+1', '2+0', '2+1', '4+1'])
  })

  it.each([undefined, 'x', -1, 0.5, Number.NaN])('is not believed when it gives %o for a length', async (length) => {
    const store = createStore()
    const verdictSink = (() => length) as unknown as NonNullable<ExecutionOptions['verdictSink']>
    await expect(running(store, upserts('a', 'b'), { verdictSink })).rejects.toThrow(TypeError)
    const output = createOutput()
    await running(store, upserts('a', 'b'), { verdictSink: output.sink })
    expect(output.text).toBe('0;1;')
  })

  it('that throws ends the run with what it throws, before anything of the unit is committed', async () => {
    const store = createStore()
    const full = new Error('disk full')
    const sink = (verdicts: ReadonlyArray<unknown>, from: number): number => {
      if (from === 2) throw full
      return from + 2 * verdicts.length
    }
    await expect(running(store, upserts('a', 'b'), { verdictSink: sink })).rejects.toBe(full)
    expect(people(store)).toHaveLength(1)
    expect(store.documents.get('execution nightly')).toMatchObject({
      body: { status: 'Failed', position: { commands: 1 } }
    })
  })

  it('is not touched where there is nothing left to do', async () => {
    const store = createStore()
    await running(store, upserts('a'), { verdictSink: createOutput().sink })
    const again = createOutput()
    await running(store, upserts('a'), { verdictSink: again.sink })
    expect(again.calls).toEqual([])
  })
})

describe('a job that is rejected', () => {
  const text = `${deletion('a')}{"type":"USER_AGENT","user_agent_id":"udp:1"}\n${deletion('b')}`
  const type = 'USER_IDENTIFIERS_DELETION' as const

  it('[A-06] is stored as such, with verdicts, and nothing is applied, however often it is run', async () => {
    const store = createStore()
    let output = ''
    const verdictSink: ExecutionOptions['verdictSink'] = (verdicts, from) => {
      output =
        output.slice(0, from) + verdicts.map(({ verdict }) => ('code' in verdict ? `${verdict.code};` : '')).join('')
      return output.length
    }
    for (const wasFinal of [false, true]) {
      const outcome = await running(store, text, { type, verdictSink })
      expect(reportOf(outcome)).toMatchObject({
        status: 'JobRejected',
        rejected: 3,
        jobRejection: { code: 'DEVICE_POINT_NOT_ALLOWED', count: 1, lines: [2], indices: [1] },
        execution: { status: 'JobRejected', verdictsLength: output.length },
        wasFinal
      })
    }
    expect(output).toBe('JOB_REJECTED;DEVICE_POINT_NOT_ALLOWED;JOB_REJECTED;')
    expect(store.purges).toBe(0)
  })

  it('is refused another input', async () => {
    const store = createStore()
    await running(store, text, { type })
    expect(errorOf(await running(store, deletion('a'), { type }))).toMatchObject({ code: 'OTHER_INPUT' })
  })

  it('names so many lines and no more, and counts all of them', async () => {
    const many = '{"type":"USER_AGENT","user_agent_id":"udp:1"}\n'.repeat(2_500)
    const { jobRejection } = reportOf(await running(createStore(), many, { type, linesPerUnit: 1_000 }))
    expect(jobRejection?.count).toBe(2_500)
    expect(jobRejection?.lines).toHaveLength(1_000)
    expect(jobRejection?.indices).toHaveLength(1_000)
  })

  it('of bytes that are no text has no verdicts', async () => {
    const bytes = new Uint8Array([0x7b, 0x0a, 0xff])
    const outcome = await running(createStore(), bytes, {
      createHash: () => {
        let length = 0
        return { update: (more) => (length += more.length), digest: () => String(length) }
      }
    })
    expect(reportOf(outcome)).toMatchObject({
      status: 'JobRejected',
      lines: 0,
      jobRejection: { code: 'INVALID_UTF8', lines: [2] }
    })
  })
})

describe('the input', () => {
  it('that changes after it was screened ends the run, which is not complete then', async () => {
    const store = createStore()
    let readings = 0
    const input = () => [bytesOf(++readings === 1 ? upserts('a', 'b') : upserts('a', 'c'))]
    const outcome = await running(store, input)
    expect(errorOf(outcome)).toMatchObject({ _tag: 'InputFailed' })
    expect(reportOf(outcome)).toMatchObject({ execution: { status: 'Failed' } })
  })

  it('is cut into pieces of bounded length, however it comes', async () => {
    let longest = 0
    const hash = () => ({
      update: (bytes: Uint8Array) => {
        longest = Math.max(longest, bytes.length)
      },
      digest: () => ''
    })
    const text = `${' '.repeat(3_000_000)}\n${upserts('a')}`
    const outcome = await running(createStore(), () => [bytesOf(text)], { createHash: hash })
    expect(reportOf(outcome)).toMatchObject({ status: 'Completed', applied: 1 })
    expect(longest).toBe(1_048_576)
  })

  it('in one line is passed over where it has its verdicts', async () => {
    const store = createStore()
    const text = upserts('a', 'a', 'a', 'a').replaceAll('\n', ' ')
    afterCommits(store, 3, fails)
    await running(store, text)
    expect(store.documents.get('execution nightly')).toMatchObject({ body: { position: { commands: 2, offset: 0 } } })
    heal(store)
    expect(reportOf(await running(store, text))).toMatchObject({ applied: 4, resumedAt: 2 })
    expect(people(store)).toMatchObject([{ body: { profiles: [{ properties: { n: [1, 1, 1, 1] } }] } }])
  })

  it('is read no further once the signal says so', async () => {
    const outcome = await running(createStore(), upserts('a'), { signal: { aborted: true } })
    expect(reportOf(outcome)).toMatchObject({ status: 'Stopped', lines: 0, execution: undefined })
  })
})

describe('an id of an execution', () => {
  it('is printable ASCII without spaces, of bounded length', () => {
    for (const right of ['a', 'nightly-2026-05-01', '~!', 'x'.repeat(512)]) expect(parseExecutionId(right)).toBe(right)
    for (const wrong of ['', ' ', 'a b', 'é', 'a\n', '\0', 'x'.repeat(513)])
      expect(parseExecutionId(wrong)).toBeUndefined()
  })
})
