/**
 * Seals bodies and digests claims. A body becomes its slot and its sealed text: a nonce, the text encrypted with
 * AES-256-GCM, and the tag, in base64. The tag also covers the kind, the id and the version, so that no body can stand for another.
 * A claim becomes its HMAC-SHA-256.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomFillSync
} from 'node:crypto'
import { type JsonObject, type Kind, type Stored, StoreFault } from '@userpoint/core/repository'

const algorithm = 'aes-256-gcm'
const nonceLength = 12
const tagLength = 16

/** A sealed body. The names of its members are short, because each document has them. */
interface Sealed {
  /** The slot of the key. */
  readonly k: number
  /** The sealed text. */
  readonly c: string
}

/** The text that the tag covers besides the body. */
const boundTo = ({ kind, id, version }: Omit<Stored, 'body'>): Buffer =>
  Buffer.from(`${kind} ${id} ${version}`, 'latin1')

// Random bytes are cheap by the thousand.
const pool = Buffer.alloc(nonceLength * 512)
let poolAt = pool.length

/** Returns a nonce, which is good until the next call. */
const newNonce = (): Buffer => {
  if (poolAt === pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  poolAt += nonceLength
  return pool.subarray(poolAt - nonceLength, poolAt)
}

/** A document to seal. */
interface Plain extends Omit<Stored, 'body'> {
  readonly body: JsonObject
}

/** Returns the stored form of a body, under the key in that slot. Each call has a nonce of its own. */
export const seal = (plain: Plain, slot: number, key: Uint8Array): JsonObject => {
  const nonce = newNonce()
  const cipher = createCipheriv(algorithm, key, nonce)
  cipher.setAAD(boundTo(plain))
  const text = cipher.update(JSON.stringify(plain.body), 'utf8')
  cipher.final()
  return { k: slot, c: Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64') }
}

const sealedIn = ({ body }: Stored): Sealed | undefined =>
  typeof body['k'] === 'number' && typeof body['c'] === 'string' ? { k: body['k'], c: body['c'] } : undefined

/** @throws {StoreFault} The document was written without keys. */
export const slotOf = (stored: Stored): number => {
  const sealed = sealedIn(stored)
  if (sealed !== undefined) return sealed.k
  throw new StoreFault('keys: load failed (the store has a document that was written without keys)', {
    applied: false,
    recovery: 'repair',
    code: 'WRITTEN_WITHOUT_KEYS'
  })
}

/** @throws {StoreFault} The text was not sealed for this document with this key. */
export const unseal = (stored: Stored, key: Uint8Array): JsonObject => {
  const bytes = Buffer.from(sealedIn(stored)?.c ?? '', 'base64')
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceLength))
    decipher.setAAD(boundTo(stored))
    decipher.setAuthTag(bytes.subarray(-tagLength))
    const text = decipher.update(bytes.subarray(nonceLength, -tagLength), undefined, 'utf8') + decipher.final('utf8')
    return JSON.parse(text) as JsonObject
  } catch (cause) {
    throw new StoreFault('keys: load failed (a body was not written for this document with this key)', {
      applied: false,
      recovery: 'repair',
      code: 'BODY_ALTERED',
      cause
    })
  }
}

/** Digests claims under the secret of a key store. */
export type Digest = (claim: string) => string

/** The number of claims whose digests are remembered: a batch takes claims that its load has asked for. */
const remembered = 4_096

/** Returns the digest of claims. */
export const digestWith = (secret: Uint8Array): Digest => {
  const key: KeyObject = createSecretKey(secret)
  const known = new Map<string, string>()
  return (claim) => {
    const before = known.get(claim)
    if (before !== undefined) return before
    const digest = createHmac('sha256', key).update(claim, 'utf8').digest('base64url')
    if (known.size >= remembered) known.clear()
    known.set(claim, digest)
    return digest
  }
}

/** The text whose digest shows, in a store, which keys it has. No claim is empty. */
const proof = ''

/** Returns what a store notes of the key store that it uses. */
export const proofOf = (digest: Digest): string => digest(proof)

/** The kinds of the documents that this package keeps beside those of its callers. */
export const ownKinds: ReadonlySet<Kind> = new Set(['key_store', 'key_shelf', 'retired_keys'])
