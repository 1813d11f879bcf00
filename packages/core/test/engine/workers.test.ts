import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import type { ExecutionId } from '../../src/engine/execution/execution.ts'
import type { ImportWorker, WorkerRequest } from '../../src/engine/import-worker.ts'
import type { JsonObject } from '../../src/repository/index.ts'
import {
  afterCommits,
  createStore,
  errorOf,
  fails,
  heal,
  people,
  reportOf,
  running,
  type Store,
  upserts
} from './execution-store.ts'

const append = (who: object, n: number): string =>
  `${JSON.stringify({ operation: 'UPSERT', ...who, force_replace: false, merge_objects: true, user_profile: { n: [n] } })}\n`

const account = { compartment_id: '1', user_account_id: 'x' }
const email = { email_hash: 'a' }

/** One person, who has a hash and an account. */
const createPerson = async (): Promise<Store> => {
  const store = createStore()
  const line = {
    identifiers: [
      { type: 'USER_EMAIL', hash: 'a' },
      { type: 'USER_ACCOUNT', ...account }
    ]
  }
  const report = reportOf(
    await running(store, `${JSON.stringify(line)}\n`, {
      type: 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS',
      id: 'past' as ExecutionId
    })
  )
  expect(report.applied).toBe(1)
  return store
}

const workersOf = (store: Store, count: number): ReadonlyArray<ImportWorker> =>
  Array.from({ length: count }, () =>
    createEngine({ dialect: mediarithmics, repository: store, ...store.runtime }).createWorker('USER_PROFILE')
  )

/** What the worker is asked before it may do it. */
const watched =
  (worker: ImportWorker, ask: (request: WorkerRequest) => ReturnType<ImportWorker> | undefined): ImportWorker =>
  (request) =>
    ask(request) ?? worker(request)

const numbersOf = (store: Store): ReadonlyArray<unknown> =>
  people(store).flatMap(({ body }) =>
    (body.profiles as ReadonlyArray<JsonObject>).map((profile) => (profile.properties as JsonObject).n)
  )

// The lines with the hash are more, and so are given away first.
const underTwoNames = append(account, 0) + append(email, 1) + append(email, 2)

describe('an execution by workers', () => {
  it('[L-32] commits each worker’s lines with what they became, and counts them once all are done', async () => {
    const store = createStore()
    const batches: Array<ReadonlyArray<string>> = []
    store.onCommit = async (writes, commit) => {
      batches.push(writes.map(({ kind, body }) => (body === undefined ? `no ${kind}` : kind)))
      commit()
    }
    const workers = workersOf(store, 2)
    const report = reportOf(await running(store, upserts('a', 'b', 'c'), { workers, linesPerUnit: 2 }))
    expect(report).toMatchObject({ status: 'Completed', lines: 3, applied: 3 })
    expect(batches).toEqual([
      ['execution', 'execution_share', 'execution_share'],
      ['user_point', 'user_point', 'execution_share'],
      ['user_point', 'execution_share'],
      ['execution'],
      ['execution', 'no execution_share', 'no execution_share']
    ])
    expect(report.execution?.shares).toEqual([])
    expect(people(store).map(({ version }) => version)).toEqual([1, 1, 1])
  })

  it('[L-32] keeps the order of lines on one person, also where they name it differently', async () => {
    const store = await createPerson()
    const report = reportOf(await running(store, underTwoNames, { workers: workersOf(store, 2), linesPerUnit: 2 }))
    expect(report).toMatchObject({ status: 'Completed', applied: 3 })
    expect(numbersOf(store)).toEqual([[0, 1, 2]])
  })

  it('[L-32] keeps their order where a worker cannot say what its lines lead to', async () => {
    const store = await createPerson()
    const [one, other] = workersOf(store, 2) as [ImportWorker, ImportWorker]
    const workers = [
      one,
      watched(other, ({ _tag }) => (_tag === 'Prepare' ? Promise.resolve({ _tag: 'NotApplied' }) : undefined))
    ]
    await running(store, underTwoNames, { workers, linesPerUnit: 2 })
    expect(numbersOf(store)).toEqual([[0, 1, 2]])
  })

  it('[L-32] goes on without a worker that is lost, and without any', async () => {
    const store = createStore()
    const gone: ImportWorker = () => Promise.reject(new Error('gone'))
    const lost: number[] = []
    const onWorkerLost = (worker: number) => {
      lost.push(worker)
    }
    const [worker] = workersOf(store, 1) as [ImportWorker]
    const once = await running(store, upserts('a', 'b', 'c', 'd', 'e'), { workers: [worker, gone], onWorkerLost })
    expect(reportOf(once)).toMatchObject({ status: 'Completed', applied: 5 })
    expect(lost).toEqual([1])
    const more = await running(store, upserts('f', 'g', 'h'), {
      id: 'more' as ExecutionId,
      workers: [gone, gone],
      onWorkerLost
    })
    expect(reportOf(more)).toMatchObject({ status: 'Completed', applied: 3 })
    expect(lost).toEqual([1, 0, 1])
    expect(people(store)).toHaveLength(8)
  })

  it('[L-32] does not do a line twice that a lost worker commits later', async () => {
    const store = createStore()
    const [worker] = workersOf(store, 1) as [ImportWorker]
    let land: (() => void) | undefined
    let isLost = false
    let loads = 0
    store.onCommit = (writes, commit) => {
      const byWorker = writes.some(({ kind }) => kind === 'user_point') && !isLost
      if (!byWorker) {
        commit()
        return Promise.resolve()
      }
      isLost = true
      return new Promise((resolve) => {
        land = () => {
          commit()
          resolve()
        }
      })
    }
    store.onLoad = () => {
      // The first is the run's, which looks at the share; at the second it has decided that nothing was done.
      if (isLost && ++loads === 2) land?.()
    }
    let asked = 0
    const losing: ImportWorker = async (request) => {
      const reply = worker(request)
      if (request._tag === 'Prepare' || asked++ > 0) return reply
      // Its commit has begun by then.
      await new Promise((resolve) => setTimeout(resolve, 1))
      throw new Error('gone')
    }
    const report = reportOf(
      await running(store, append(email, 1) + append(email, 2), { workers: [losing], linesPerUnit: 2 })
    )
    expect(land).toBeDefined()
    expect(loads).toBeGreaterThanOrEqual(2)
    expect(report).toMatchObject({ status: 'Completed', applied: 2 })
    expect(numbersOf(store)).toEqual([[1, 2]])
  })

  it('[L-32] takes what a lost worker had committed for done', async () => {
    const store = createStore()
    const [worker] = workersOf(store, 1) as [ImportWorker]
    const losing: ImportWorker = async (request) => {
      const reply = await worker(request)
      return request._tag === 'Apply' ? Promise.reject(new Error('gone')) : reply
    }
    await running(store, append(email, 1) + append(email, 2), { workers: [losing], linesPerUnit: 2 })
    expect(numbersOf(store)).toEqual([[1, 2]])
    expect(people(store).map(({ version }) => version)).toEqual([1])
  })

  it('[L-32] that is cut off while its workers are ahead goes on from what they did, with any number of them', async () => {
    for (const count of [0, 1, 3]) {
      const store = createStore()
      // One share is committed, and all after it fails.
      afterCommits(store, 2, fails)
      const text = append({ email_hash: 'a' }, 1) + append({ email_hash: 'b' }, 2)
      const first = await running(store, text, { workers: workersOf(store, 2) })
      expect(errorOf(first)).toMatchObject({ _tag: 'StoreFailed' })
      expect(people(store)).toHaveLength(1)
      heal(store)
      const second = reportOf(await running(store, text, { workers: workersOf(store, count) }))
      expect(second).toMatchObject({ status: 'Completed', lines: 2, applied: 2, resumedAt: 0 })
      expect(numbersOf(store)).toEqual([[1], [2]])
      expect([...store.documents.values()].filter(({ kind }) => kind === 'execution_share')).toEqual([])
    }
  })

  it('[L-32] ends where another run takes it over, and its workers commit nothing more', async () => {
    const store = createStore()
    let overtaken = false
    const worker = workersOf(store, 1)[0] as ImportWorker
    const overtaking: ImportWorker = async (request) => {
      if (request._tag === 'Apply' && !overtaken) {
        overtaken = true
        expect(reportOf(await running(store, upserts('a', 'b')))).toMatchObject({ status: 'Completed', applied: 2 })
      }
      return worker(request)
    }
    const outcome = await running(store, upserts('a', 'b'), { workers: [overtaking] })
    expect(errorOf(outcome)).toEqual({ _tag: 'ExecutionSuperseded' })
    expect(people(store).map(({ version }) => version)).toEqual([1, 1])
  })

  it('says that a purge is due before its workers erase anything', async () => {
    const store = createStore()
    await running(store, upserts('a'), { id: 'past' as ExecutionId })
    const worker = createEngine({ dialect: mediarithmics, repository: store, ...store.runtime }).createWorker(
      'USER_IDENTIFIERS_DELETION'
    )
    let wasDue: unknown
    const watching = watched(worker, ({ _tag }) => {
      if (_tag === 'Apply') wasDue = store.documents.get('execution nightly')?.body.purgeDue
      return undefined
    })
    const report = reportOf(
      await running(store, '{"type":"USER_EMAIL","hash":"a"}\n', {
        type: 'USER_IDENTIFIERS_DELETION',
        workers: [watching]
      })
    )
    expect(report).toMatchObject({ status: 'Completed', applied: 1 })
    expect(wasDue).toBe(true)
    expect(store.purges).toBe(1)
  })

  it('leaves no shares where it is stopped between two units', async () => {
    const store = createStore()
    const signal = { aborted: false }
    const report = reportOf(
      await running(store, upserts('a', 'b', 'c', 'd'), {
        workers: workersOf(store, 2),
        signal,
        onProgress: ({ counts }) => {
          signal.aborted = counts.lines === 2
        }
      })
    )
    expect(report).toMatchObject({ status: 'Stopped', lines: 2, execution: { status: 'Stopped', shares: [] } })
    expect([...store.documents.values()].filter(({ kind }) => kind === 'execution_share')).toEqual([])
  })
})
