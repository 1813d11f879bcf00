/** Checks a store: every body can be read, and every claim agrees with its document (L-13). */
import { claimsOf } from '../../domain/claims.ts'
import { isStoredUserPoint } from '../../domain/stored-shape.ts'
import { fromStored } from '../../domain/stored-user-point.ts'
import { type ClaimsOf, type Flaw, type Repository, StoreFault } from '../../repository/index.ts'
import { claimOfConsumer, consumerKind, type StoredConsumer } from '../feed/consumer.ts'
import { claimKeyKind, demandClaimKey, keyedClaim } from '../transaction/claim-key.ts'
import type { ErasureKey } from '../transaction/erasure-key.ts'
import { receiptsKind } from '../transaction/erasure-receipt.ts'
import { suppressionKind, userPointKind } from '../transaction/load.ts'
import { blockKind, headKind } from './receipt-chain.ts'
import type { Erasure } from '../transaction/runtime.ts'

const none: ReadonlyArray<string> = []

// The other kinds of documents that core writes have no claims.
const kindsWithoutClaims: ReadonlySet<string> = new Set([
  'execution',
  'clock',
  'purge_obligation',
  'purge_turn',
  'change',
  'change_feed',
  claimKeyKind,
  receiptsKind,
  blockKind,
  headKind
])

/** Returns the claims that a document of core must have. */
const claimsOfStored: ClaimsOf = ({ kind, body }) => {
  if (kind === consumerKind) return [claimOfConsumer((body as unknown as StoredConsumer).name)]
  if (kind === suppressionKind) {
    const claim = body['claim']
    if (typeof claim !== 'string') throw new TypeError('the body is not that of a suppression')
    return [claim]
  }
  if (kind !== userPointKind) return kindsWithoutClaims.has(kind) ? none : undefined
  if (!isStoredUserPoint(body)) throw new TypeError('the body is not that of a user point')
  return claimsOf(fromStored(body))
}

/** Returns the same for a store that keeps keyed claims. */
const keyedClaimsOf =
  (key: ErasureKey): ClaimsOf =>
  (stored) => {
    const claims = claimsOfStored(stored)
    return stored.kind === suppressionKind ? claims : claims?.map((claim) => keyedClaim(key, claim))
  }

/** Yields the flaws of a store. Throws if the store cannot be checked, and errors of its check. */
export async function* check(
  repository: Repository,
  erasure: Erasure | undefined
): AsyncGenerator<Flaw, void, undefined> {
  const { name } = repository.manifest
  if (repository.check === undefined)
    throw new StoreFault(`${name}: check failed (this store cannot be checked)`, { applied: false, recovery: 'repair' })
  await demandClaimKey(repository, erasure?.claims === 'keyed' ? erasure.key : undefined)
  yield* repository.check(erasure?.claims === 'keyed' ? keyedClaimsOf(erasure.key) : claimsOfStored)
}
