/** Who may send requests at all, and how many: the part of it that is the same over HTTP and without (B-22 to B-24). */
import { E } from '../../fp.ts'
import { type RequestRejected, refuse } from './request.ts'

/** What a request says of its sender. */
export interface Credentials {
  readonly partner: string | undefined
  readonly token: string | undefined
}

/** What the embedder knows of a partner's token; it compares in constant time, and keeps no token in clear. */
export type KnowsToken = (partner: string, token: string) => boolean | undefined

/**
 * The partner that a request is admitted as. A name that is not all in lower case, or that nobody has, is invalid: case is
 * never folded (B-23). A missing or wrong token is denied (B-22).
 *
 * @param knows `true`: the token is the partner's; `false`: it is not; `undefined`: there is no such partner.
 */
export const admitPartner = ({ partner, token }: Credentials, knows: KnowsToken): E.Either<RequestRejected, string> => {
  if (partner === undefined || partner === '' || partner !== partner.toLowerCase()) return refuse('PARTNER_INVALID')
  const known = knows(partner, token ?? '')
  if (known === undefined) return refuse('PARTNER_INVALID')
  return known && token !== undefined ? E.right(partner) : refuse('ACCESS_DENIED')
}

/**
 * A port for limits of rate: core counts nothing itself. One limiter is asked for upserts and deletions of attributes
 * alike, because they share one limit (B-24).
 */
export interface RateLimiter {
  /** Takes one request out of the partner's allowance; `false`: there is none left. */
  readonly take: (partner: string) => boolean | PromiseLike<boolean>
}
