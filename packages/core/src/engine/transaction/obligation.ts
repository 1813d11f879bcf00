/**
 * Obligations: a deletion leaves bytes in the store's files, so the batch that commits it also writes down that the store owes
 * a purge. So a crash between the two loses nothing. Each batch writes a document of its own, so no two writers meet.
 */
import type { PendingWrite } from '../../decide/workspace.ts'
import type * as port from '../../repository/repository.ts'

/** The kind of the documents that each owe a purge. */
export const obligationKind: port.Kind = 'purge_obligation'

/** Returns whether deletions in this store leave bytes that only a purge removes. */
export const leavesBytes = (repository: port.Repository): boolean =>
  repository.purge !== undefined || repository.manifest.purgedElsewhere === true

/**
 * Returns the write of an obligation.
 *
 * @param id Never used again.
 * @param receipts The name of the receipts of its batch, which the purge completes; absent: it has none.
 */
export const owedWrite = (id: string, since: number, receipts?: string): port.Write => ({
  kind: obligationKind,
  id,
  expected: 0,
  body: receipts === undefined ? { since } : { since, receipts },
  claim: [],
  release: []
})

/** The parts of a batch that decide what it owes. */
export interface Erasing {
  /** `true`: a command that removes data was applied. */
  readonly hasErased: boolean
  readonly writes: ReadonlyArray<PendingWrite>
  /** In milliseconds since 1970. */
  readonly now: number
}

/** A purge that a batch owes. */
export interface Obligation {
  readonly id: string
  readonly since: number
}

/**
 * Returns what a batch owes; `undefined`: it removes nothing that is stored. The obligation is named after a version that the
 * batch replaces. Only one batch can do that, so the name is never used again.
 */
export const obligationOf = (
  repository: port.Repository,
  { hasErased, writes, now }: Erasing
): Obligation | undefined => {
  if (!leavesBytes(repository)) return undefined
  const replaced = writes.find(({ expected }) => expected > 0)
  if (replaced === undefined || !hasErased) return undefined
  return { id: `${replaced.id}.${replaced.expected}`, since: now }
}
