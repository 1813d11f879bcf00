/** Short ways to say a write, a reference, and what must become of a batch. */
import type { CommitResult, JsonObject, Kind, Reference, Stored, Write } from '@userpoint/core/repository'
import { fail } from './compare.ts'
import type { Handle } from './trial.ts'

export const userPoint: Kind = 'user_point'

export const byId = (id: string, kind: Kind = userPoint): Reference => ({ _tag: 'ById', kind, id })

export const byClaim = (claim: string): Reference => ({ _tag: 'ByClaim', claim })

/** A document before it is written, at the version its write will give it. */
export const stored = (id: string, body: JsonObject = {}, version = 1, kind: Kind = userPoint): Stored => ({
  kind,
  id,
  version,
  body
})

/** What a write says beside its document. */
interface Claims {
  readonly claim?: ReadonlyArray<string>
  readonly release?: ReadonlyArray<string>
}

/** The write that makes a document what is given, from the version before it. */
export const put = (document: Stored, { claim = [], release = [] }: Claims = {}): Write => ({
  kind: document.kind,
  id: document.id,
  expected: document.version - 1,
  body: document.body,
  claim,
  release
})

/** The write that deletes a document. */
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
  if ((await handle.commit(writes)) !== 'Committed') fail('a batch conflicted whose versions and claims all held')
}

/** Commits a batch that must conflict. */
export const conflict = async (handle: Handle, writes: ReadonlyArray<Write>, why: string): Promise<void> => {
  if ((await handle.commit(writes)) !== 'Conflict') fail(`a batch landed although ${why}`)
}

/** What became of a commit. `Failed`: it threw, and says that nothing was written; `Unknown`: it threw (PO-15). */
export type Attempt = CommitResult['_tag'] | 'Failed' | 'Unknown'

/** Commits a batch that may land or not. */
export const attempt = async (handle: Pick<Handle, 'commit'>, writes: ReadonlyArray<Write>): Promise<Attempt> => {
  try {
    return await handle.commit(writes)
  } catch (error) {
    const applied: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'applied') : undefined
    return applied === false ? 'Failed' : 'Unknown'
  }
}
