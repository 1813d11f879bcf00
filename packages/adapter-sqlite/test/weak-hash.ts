/** A hash under which claims meet all the time: the short ones nearly always, of the others a few in a thousand. */
import { type ClaimHash, claimHash } from '../src/claim-hash.ts'

const hash = claimHash([1, 2])

export const weakHash = (): ClaimHash => (claim) => (claim.length < 10 ? claim.length % 2 : hash(claim) % 4_096)
