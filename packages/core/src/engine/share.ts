/**
 * A share: what one worker of an execution has done of the lines in hand, as a document that commits in the same batch as
 * their effect. With those of all workers, an execution is known line by line between its own commits.
 */
import type { Verdict } from '../decide/verdict.ts'
import { E } from '../fp.ts'
import type { JsonObject, Kind, Repository, Stored, Write } from '../repository/index.ts'
import type { StoreFailed } from './transaction/engine-error.ts'
import type { Stamp } from './transaction/stamp.ts'

/** What was done out of turn. */
export interface Done {
  /** By the index of the command. */
  readonly verdicts: ReadonlyMap<number, Verdict>
  /** That of all lines that were in hand together, done or not; `undefined` where nothing was done. */
  readonly stamp: Stamp | undefined
}

export const nothingDone: Done = { verdicts: new Map(), stamp: undefined }

/** A share at the version it was read or written at. */
export interface HeldShare {
  readonly id: string
  readonly version: number
}

const shareKind: Kind = 'execution_share'

/** @param expected The version of the share; 0: there is none yet. */
export const shareWrite = (id: string, expected: number, { verdicts, stamp }: Done): Write => {
  const body = { indices: [...verdicts.keys()], verdicts: [...verdicts.values()], ...(stamp && { stamp }) }
  return { kind: shareKind, id, expected, body: body as unknown as JsonObject, claim: [], release: [] }
}

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

interface ShareBody {
  readonly indices: ReadonlyArray<number>
  readonly verdicts: ReadonlyArray<Verdict>
  readonly stamp?: Stamp
}

const toShare = ({ id, version, body }: Stored): StoredShare => {
  const { indices, verdicts, stamp } = body as unknown as ShareBody
  return {
    id,
    version,
    done: { verdicts: new Map(indices.map((index, n) => [index, verdicts[n] as Verdict])), stamp }
  }
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

/** What all of these have done of the commands from this one on. */
export const doneFrom = (all: ReadonlyArray<Done>, from: number): Done =>
  // A share is of one time; what an earlier time left behind is counted already.
  all.reduce((sum, { verdicts, stamp }) => {
    const late = [...verdicts].filter(([index]) => index >= from)
    return late.length === 0 ? sum : { verdicts: new Map([...sum.verdicts, ...late]), stamp }
  }, nothingDone)
