/**
 * A store that does what a script says: what each load sees, and what becomes of each commit. It records every call, and
 * keeps nothing.
 */
import type { Subject } from '../../src/domain/user-point.ts'
import { fromStored, type StoredUserPoint } from '../../src/domain/stored-user-point.ts'
import { claimsOf } from '../../src/domain/claims.ts'
import type { CommitResult, Reference, Repository, Stored, Write } from '../../src/repository/index.ts'

export interface Script {
  /** The results of the first, second, … load; later loads repeat the last one. An `Error` is thrown. */
  readonly loads?: ReadonlyArray<ReadonlyArray<Stored> | Error>
  /** The results of the first, second, … commit; later ones are committed. */
  readonly commits?: ReadonlyArray<CommitResult['_tag'] | { readonly throws: unknown }>
  readonly purge?: 'missing' | Error
}

export interface FakeRepository extends Repository {
  /** The names of the calls, in order. */
  readonly calls: ReadonlyArray<'load' | 'commit' | 'purge' | 'scan'>
  readonly references: ReadonlyArray<ReadonlyArray<Reference>>
  /** Without the obligations in them. */
  readonly writes: ReadonlyArray<ReadonlyArray<Write>>
  /** The ids of the obligations that are there. */
  readonly owed: () => ReadonlyArray<string>
}

/** A user point as a store has it. */
export const stored = ({ id, point }: Subject, version = 1): Stored => ({
  kind: 'user_point',
  id,
  version,
  body: point
})

const leadsTo = (reference: Reference, document: Stored): boolean =>
  reference._tag === 'ById'
    ? reference.kind === document.kind && reference.id === document.id
    : claimsOf(fromStored(document.body as StoredUserPoint)).includes(reference.claim)

/** Returns whether documents of this kind are in no script: the limit of moments, the turn to purge, the obligations. */
const isUnscripted = ({ kind }: { readonly kind: string }): boolean => kind === 'clock' || kind.startsWith('purge_')

export const fakeRepository = ({ loads = [[]], commits = [], purge }: Script = {}): FakeRepository => {
  const calls: Array<'load' | 'commit' | 'purge' | 'scan'> = []
  const references: Array<ReadonlyArray<Reference>> = []
  const writes: Array<ReadonlyArray<Write>> = []
  const beside = new Map<string, Stored>()
  const keep = (batch: ReadonlyArray<Write>): void => {
    for (const { kind, id, expected, body } of batch.filter(isUnscripted)) {
      if (body === undefined) beside.delete(`${kind} ${id}`)
      else beside.set(`${kind} ${id}`, { kind, id, version: expected + 1, body })
    }
  }
  const seen = (n: number): ReadonlyArray<Stored> => {
    const documents = loads[Math.min(n, loads.length - 1)] ?? []
    if (documents instanceof Error) throw documents
    return documents
  }
  return {
    manifest: { name: 'fake', durable: false, concurrent: 'handles' },
    calls,
    references,
    writes,
    owed: () => [...beside.values()].flatMap(({ kind, id }) => (kind === 'purge_obligation' ? [id] : [])),
    // Promises on purpose, where the memory store answers at once.
    load: async (wanted) => {
      const [first] = wanted
      if (first?._tag === 'ById' && isUnscripted(first)) return [beside.get(`${first.kind} ${first.id}`)]
      calls.push('load')
      references.push(wanted)
      const documents = seen(references.length - 1)
      return wanted.map((reference) => documents.find((document) => leadsTo(reference, document)))
    },
    commit: async (batch) => {
      const own = batch.filter((write) => !isUnscripted(write))
      const result = own.length === 0 ? 'Committed' : (commits[writes.length] ?? 'Committed')
      if (result === 'Committed') keep(batch)
      if (own.length === 0) return { _tag: 'Committed' }
      calls.push('commit')
      writes.push(own)
      if (typeof result === 'string') return { _tag: result }
      throw result.throws
    },
    async *scan(kind) {
      if (isUnscripted({ kind })) {
        yield* [...beside.values()].filter((each) => each.kind === kind)
        return
      }
      calls.push('scan')
      yield* seen(references.length)
    },
    ...(purge !== 'missing' && {
      purge: async () => {
        calls.push('purge')
        if (purge !== undefined) throw purge
      }
    })
  }
}

/** A clock that moves a second with each look at it, and ids that count. */
export const countingRuntime = () => {
  let time = 0
  let ids = 0
  return {
    clock: () => (time += 1_000),
    newId: () => `00000000-0000-7000-8000-${String(++ids).padStart(12, '0')}`
  }
}
