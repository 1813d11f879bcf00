/** Which partner a request comes from, and how many requests a partner may send (B-22 to B-24). */

/** The headers by which a request names its sender. */
export interface Credentials {
  readonly partner: string | undefined
  readonly token: string | undefined
}

/** Returns whether the token is the partner's; `undefined`: the partner is unknown. It compares in constant time. */
export type KnowsToken = (partner: string, token: string) => boolean | undefined

/** Counts the requests of each partner; upserts and deletions of attributes share one limit (B-24). */
export interface RateLimiter {
  /** Takes one request out of the partner's allowance; `false`: none is left. */
  readonly take: (partner: string) => boolean | PromiseLike<boolean>
}

/** Why a request is refused before its body is read. */
export interface AccessRefused {
  readonly _tag: 'AccessRefused'
  readonly code: 'PARTNER_INVALID' | 'ACCESS_DENIED'
}

const partnerInvalid: AccessRefused = { _tag: 'AccessRefused', code: 'PARTNER_INVALID' }
const accessDenied: AccessRefused = { _tag: 'AccessRefused', code: 'ACCESS_DENIED' }

/**
 * Returns the partner that a request is admitted as, or why it is refused. An unknown partner, or one that is not in lower
 * case, is invalid: case is never folded (B-23). A missing or wrong token is denied (B-22).
 */
export const admitPartner = ({ partner, token }: Credentials, knows: KnowsToken): string | AccessRefused => {
  if (partner === undefined || partner === '' || partner !== partner.toLowerCase()) return partnerInvalid
  const known = knows(partner, token ?? '')
  if (known === undefined) return partnerInvalid
  return known && token !== undefined ? partner : accessDenied
}
