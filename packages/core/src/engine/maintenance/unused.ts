/** Tells a datamart that was never used from one whose people are gone. */
import type { Repository } from '../../repository/repository.ts'
import { executionKind } from '../execution/execution.ts'
import { hasMoments } from '../transaction/clock.ts'
import { receiptsKind } from '../transaction/erasure-receipt.ts'
import { suppressionKind, userPointKind } from '../transaction/load.ts'
import { blockKind } from './receipt-chain.ts'

// A suppression needs no person, and its end leaves a receipt, which may be sealed.
const writtenKinds = [userPointKind, executionKind, suppressionKind, receiptsKind, blockKind]

/**
 * Returns whether no engine has ever written to a store: such a datamart may be a misspelt name. Throws errors of the store.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { isUnused } from '@userpoint/core/maintenance'
 *
 * console.log(await isUnused(createMemoryRepository())) // => true
 * ```
 */
export const isUnused = async (repository: Repository): Promise<boolean> => {
  if (await hasMoments(repository)) return false
  for (const kind of writtenKinds) {
    for await (const _ of repository.scan(kind, { limit: 1 })) return false
  }
  return true
}
