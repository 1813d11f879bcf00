/** The mark of a store with keyed claims: a document that says under which key they are. */
import { StoreFault } from '../../repository/store-fault.ts'
import type { Kind, Repository } from '../../repository/repository.ts'
import { digestOf, type ErasureKey } from './erasure-key.ts'

/** The kind and the id of the one document that says that claims are keyed, and under which key. */
export const claimKeyKind: Kind = 'claim_key'
export const claimKeyId = 'key'

/** Returns the claim that a store with keyed claims keeps in place of this one. No claim of core begins with `keyed:`. */
export const keyedClaim = (key: ErasureKey, claim: string): string => `keyed:${digestOf(key, 'claim', claim)}`

/** Returns whether a text is a claim as a store with keyed claims keeps it. */
export const isKeyed = (claim: string): boolean => claim.startsWith('keyed:')

/** Returns the text by which the mark names its key. */
export const checkOf = (key: ErasureKey): string => digestOf(key, 'check', '')

const faults = {
  KEYED_CLAIMS: 'the claims of this store are keyed: give the engine the key of the datamart',
  OTHER_KEY: 'the claims of this store are under another key',
  PLAIN_CLAIMS: 'the claims of this store are not keyed: key them first, or choose plain claims'
} as const

/** Returns the error for an engine whose key does not fit the store. */
export const claimFault = (code: keyof typeof faults): StoreFault =>
  new StoreFault(faults[code], { applied: false, recovery: 'repair', code })

/**
 * Demands that the claims of a store are those under a key; `undefined`: plain ones.
 *
 * @throws StoreFault if they are not.
 */
export const demandClaimKey = async (repository: Repository, keyed: ErasureKey | undefined): Promise<void> => {
  const [mark] = await repository.load([{ _tag: 'ById', kind: claimKeyKind, id: claimKeyId }])
  if (mark === undefined) return
  if (keyed === undefined) throw claimFault('KEYED_CLAIMS')
  if (mark.body['check'] !== checkOf(keyed)) throw claimFault('OTHER_KEY')
}
