/** Shorthands for writes, references, and the expected result of a batch. */
import type { CommitResult, JsonObject, Kind, Reference, Stored, Write } from '@userpoint/core/repository'
import { fail, Mismatch } from './compare.ts'
import type { Handle } from './trial.ts'

export const userPoint: Kind = 'user_point'

export const byId = (id: string, kind: Kind = userPoint): Reference => ({ _tag: 'ById', kind, id })

export const byClaim = (claim: string): Reference => ({ _tag: 'ByClaim', claim })

/** A document before its write, with the version that the write will give it. */
export const stored = (id: string, body: JsonObject = {}, version = 1, kind: Kind = userPoint): Stored => ({
  kind,
  id,
  version,
  body
})

/** The fields of a write besides its document. */
interface Claims {
  readonly claim?: ReadonlyArray<string>
  readonly release?: ReadonlyArray<string>
}

/** Returns the write that creates this document, or updates its previous version. */
export const put = (document: Stored, { claim = [], release = [] }: Claims = {}): Write => ({
  kind: document.kind,
  id: document.id,
  expected: document.version - 1,
  body: document.body,
  claim,
  release
})

/** Returns the write that deletes a document. */
export const remove = (document: Stored, release: ReadonlyArray<string> = []): Write => ({
  kind: document.kind,
  id: document.id,
  expected: document.version,
  body: undefined,
  claim: [],
  release
})

/** Commits a batch that must land. */
export const land = async (handle: Handle, writes: ReadonlyArray<Write>): Promise<void> => {
  if ((await handle.commit(writes)) !== 'Committed')
    fail('a batch conflicted although all its versions and claims held')
}

/** Commits a batch that must conflict. */
export const conflict = async (handle: Handle, writes: ReadonlyArray<Write>, why: string): Promise<void> => {
  if ((await handle.commit(writes)) !== 'Conflict') fail(`a batch landed although ${why}`)
}

/** The outcome of a commit. `Failed`: it threw and reported that nothing was written. `Unknown`: it threw (PO-15). */
export type Attempt = CommitResult['_tag'] | 'Failed' | 'Unknown'

/** Commits a batch that may land or conflict. */
export const attempt = async (handle: Pick<Handle, 'commit'>, writes: ReadonlyArray<Write>): Promise<Attempt> => {
  try {
    return await handle.commit(writes)
  } catch (error) {
    const applied: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'applied') : undefined
    return applied === false ? 'Failed' : 'Unknown'
  }
}

/** The details of a failed call. */
export interface Told {
  readonly applied: unknown
  readonly recovery: unknown
}

/** Makes a call that must fail, and returns the details of its error. */
export const demandFault = async (call: () => Promise<unknown>, what: string): Promise<Told> => {
  try {
    await call()
  } catch (error) {
    if (error instanceof Mismatch) throw error
    const told = (name: string): unknown =>
      typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
    return { applied: told('applied'), recovery: told('recovery') }
  }
  return fail(`${what} did not fail`)
}
