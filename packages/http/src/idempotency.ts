/** Idempotency keys: a request that is repeated under the same key is applied once, and answered alike. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Command } from '@userpoint/core/command'
import { createInsider, type IdentitySettings, type Insider } from '@userpoint/core/insider'
import type { Receipt } from '@userpoint/core'
import type { Datamart } from './context.ts'
import { pause } from './pause.ts'

/** The lifetime of a key, in milliseconds: a day. */
export const keyLifetime = 86_400_000

/** A key: 1 to 255 printable ASCII characters. */
const shape = /^[\x20-\x7e]{1,255}$/

/** Returns the key of a request, `undefined` if it has none, and `invalid` if it has a wrong one. */
export const idempotencyKeyOf = (header: string | undefined): { readonly key: string } | undefined | 'invalid' => {
  if (header === undefined) return undefined
  return shape.test(header) ? { key: header } : 'invalid'
}

/** Thrown for a key that belongs to another request. Nothing was applied. */
export class KeyReused extends Error {
  constructor() {
    super('KeyReused')
    this.name = 'KeyReused'
  }
}

/** A request on one datamart under a key. */
export interface KeyedRequest {
  readonly key: string
  /** The method and the path. */
  readonly call: string
  readonly body: Uint8Array
}

/** Returns the receipt under which the store keeps a request; it has the digests of the key and of the request alone. */
const receiptOf = ({ key, call, body }: KeyedRequest): Receipt => {
  const digest = sha256
    .create()
    .update(utf8ToBytes(`${call}\n`))
    .update(body)
    .digest()
  return { id: `insider/${bytesToHex(sha256(utf8ToBytes(key)))}`, digest: bytesToHex(digest), lifetime: keyLifetime }
}

/** Returns Insider's calls on a datamart, which apply this request once. They throw {@link KeyReused}. */
export const keyedInsider = (
  { ungated: engine, forgetLater }: Datamart,
  settings: Partial<IdentitySettings> | undefined,
  request: KeyedRequest
): Insider => {
  const execute = async (commands: ReadonlyArray<Command>) => {
    const outcome = await engine.executeOnce(receiptOf(request), commands)
    forgetLater()
    if (outcome._tag === 'Right') return outcome
    if (outcome.left._tag === 'OtherCall') throw new KeyReused()
    return { _tag: 'Left' as const, left: outcome.left }
  }
  return createInsider({ engine: { ...engine, execute }, pause, ...(settings !== undefined && { settings }) })
}
