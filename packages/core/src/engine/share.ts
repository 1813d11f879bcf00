/**
 * A share: what one worker of an execution has done of the lines in hand, as a document that commits in the same batch as
 * their effect. With those of all workers, an execution is known line by line between its own commits.
 */
import type { Verdict } from '../decide/verdict.ts'
import { E } from '../fp.ts'
import type { JsonObject, Kind, Repository, Stored, Write } from '../repository/index.ts'
import type { StoreFailed } from './engine-error.ts'

/** The verdicts on lines that were done out of turn, by the index of the command. */
export type Done = ReadonlyMap<number, Verdict>

export const nothingDone: Done = new Map()

/** A share at the version it was read or written at. */
export interface HeldShare {
  readonly id: string
  readonly version: number
}

const shareKind: Kind = 'execution_share'

/** @param expected The version of the share; 0: there is none yet. */
export const shareWrite = (id: string, expected: number, done: Done): Write => ({
  kind: shareKind,
  id,
  expected,
  body: { indices: [...done.keys()], verdicts: [...done.values()] as unknown as ReadonlyArray<JsonObject> },
  claim: [],
  release: []
})

export const shareDeletion = ({ id, version }: HeldShare): Write => ({
  kind: shareKind,
  id,
  expected: version,
  body: undefined,
  claim: [],
  release: []
})

/** A share as it is stored; core wrote it, so that nothing is checked again. */
export interface StoredShare extends HeldShare {
  readonly done: Done
}

const toShare = ({ id, version, body }: Stored): StoredShare => {
  const { indices, verdicts } = body as unknown as { indices: ReadonlyArray<number>; verdicts: ReadonlyArray<Verdict> }
  return { id, version, done: new Map(indices.map((index, n) => [index, verdicts[n] as Verdict])) }
}

/** Those of these shares that there are. */
export const loadShares = async (
  repository: Repository,
  ids: ReadonlyArray<string>
): Promise<E.Either<StoreFailed, ReadonlyArray<StoredShare>>> => {
  if (ids.length === 0) return E.right([])
  try {
    const stored = await repository.load(ids.map((id) => ({ _tag: 'ById', kind: shareKind, id })))
    return E.right(stored.flatMap((each) => (each === undefined ? [] : [toShare(each)])))
  } catch (cause) {
    return E.left({ _tag: 'StoreFailed', operation: 'load', cause })
  }
}

/** What these shares say was done of the commands from this one on. */
export const doneFrom = (shares: ReadonlyArray<StoredShare>, from: number): Done =>
  new Map(shares.flatMap(({ done }) => [...done].filter(([index]) => index >= from)))
