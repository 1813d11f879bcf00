/** A store of a few lines on which tests of executions can lay their hands, and runs over it. */
import type { DocumentType } from '../../src/dialects/mediarithmics/document.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { EngineOptions } from '../../src/engine/engine-options.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import { type ExecutionId, parseExecutionId } from '../../src/engine/execution/execution.ts'
import type { DocumentInput } from '../../src/engine/input/reading.ts'
import type { ExecutionFailure, ExecutionOptions, ExecutionReport } from '../../src/engine/execution/run-execution.ts'
import { E } from '../../src/fp.ts'
import type { Repository, Stored, Write } from '../../src/repository/index.ts'
import { isClockBatch } from './beside-clock.ts'
import { countingRuntime } from './fake-repository.ts'
import { bytesOf } from './frames.ts'

export const upsert = (hash: string): string =>
  `{"operation":"UPSERT","email_hash":"${hash}","force_replace":false,"merge_objects":true,"user_profile":{"n":[1]}}\n`
export const upserts = (...hashes: ReadonlyArray<string>): string => hashes.map(upsert).join('')
export const deletion = (hash: string): string => `{"type":"USER_EMAIL","hash":"${hash}"}\n`

/** A readable digest: the bytes themselves. */
const createHash = () => {
  let text = ''
  return {
    update: (bytes: Uint8Array) => {
      text += new TextDecoder().decode(bytes)
    },
    digest: () => text
  }
}

export interface Store extends Repository {
  readonly documents: Map<string, Stored>
  /** One for all of its runs: ids are never given twice. */
  readonly runtime: ReturnType<typeof countingRuntime>
  purges: number
  /** Comes before each commit, and may do it itself or throw. */
  onCommit: (writes: ReadonlyArray<Write>, commit: () => void) => Promise<void>
  onLoad: () => void
  onPurge: () => void
}

/** A store of a few lines, on which every test can lay its hands. */
export const createStore = (): Store => {
  const documents = new Map<string, Stored>()
  const claims = new Map<string, string>()
  const land = (writes: ReadonlyArray<Write>): void => {
    for (const { release } of writes) for (const claim of release) claims.delete(claim)
    for (const { kind, id, expected, body, claim } of writes) {
      if (body === undefined) documents.delete(`${kind} ${id}`)
      else documents.set(`${kind} ${id}`, { kind, id, version: expected + 1, body: structuredClone(body) })
      for (const text of claim) claims.set(text, `${kind} ${id}`)
    }
  }
  const store: Store = {
    manifest: { name: 'test', durable: false, concurrent: 'handles' },
    documents,
    runtime: countingRuntime(),
    purges: 0,
    onCommit: async (_, commit) => commit(),
    onLoad: () => undefined,
    onPurge: () => undefined,
    load: async (references) => {
      store.onLoad()
      return references.map((reference) =>
        documents.get(
          reference._tag === 'ById' ? `${reference.kind} ${reference.id}` : (claims.get(reference.claim) ?? '')
        )
      )
    },
    commit: async (writes) => {
      let result: 'Committed' | 'Conflict' = 'Committed'
      const onCommit: Store['onCommit'] = isClockBatch(writes) ? async (_, commit) => commit() : store.onCommit
      await onCommit(writes, () => {
        if (writes.some(({ kind, id, expected }) => (documents.get(`${kind} ${id}`)?.version ?? 0) !== expected)) {
          result = 'Conflict'
        } else land(writes)
      })
      return { _tag: result }
    },
    async *scan(kind, { after = '', limit = Number.POSITIVE_INFINITY } = {}) {
      yield* [...documents.values()]
        .filter((each) => each.kind === kind && each.id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
    },
    purge: () => {
      store.purges++
      store.onPurge()
    }
  }
  return store
}

export const nightly = parseExecutionId('nightly') as ExecutionId

export const running = (
  store: Store,
  input: string | DocumentInput,
  options: Partial<ExecutionOptions> & { readonly type?: DocumentType; readonly id?: ExecutionId } = {},
  engine: Partial<EngineOptions> = {}
): Promise<E.Either<ExecutionFailure, ExecutionReport>> => {
  const { type = 'USER_PROFILE', id = nightly, ...rest } = options
  return createEngine({
    dialect: mediarithmics,
    repository: store,
    ...store.runtime,
    attempts: 3,
    ...engine
  }).runExecution(id, type, typeof input === 'string' ? bytesOf(input) : input, {
    createHash,
    linesPerUnit: 1,
    ...rest
  })
}

export const reportOf = (outcome: E.Either<ExecutionFailure, ExecutionReport>): ExecutionReport =>
  E.isRight(outcome) ? outcome.right : outcome.left.report

export const errorOf = (outcome: E.Either<ExecutionFailure, ExecutionReport>): ExecutionFailure['error'] | undefined =>
  E.isLeft(outcome) ? outcome.left.error : undefined

export const people = (store: Store): ReadonlyArray<Stored> =>
  [...store.documents.values()].filter(({ kind }) => kind === 'user_point')

/** Lets the first `count` commits pass, and gives all later ones to `then`. */
export const afterCommits = (store: Store, count: number, then: Store['onCommit']): void => {
  let left = count
  store.onCommit = async (writes, commit) => {
    if (left-- > 0) commit()
    else await then(writes, commit)
  }
}

export const fails: Store['onCommit'] = async () => {
  throw Object.assign(new Error('down'), { applied: false })
}

export const heal = (store: Store): void => {
  store.onCommit = async (_, commit) => commit()
}
