/** The document that says which key store a datamart uses, so that no other is taken by mistake. */
import { type Repository, StoreFault, type Stored } from '@userpoint/core/repository'
import type { KeyStore } from './key-store.ts'
import { type Digest, digestWith, proofOf } from './sealing.ts'

const kind = 'key_store'
const id = 'keys'

// Documents that core writes before or with any other.
const kindsOfCore = ['user_point', 'clock', 'execution']

const refused = (reason: string, code: string): StoreFault =>
  new StoreFault(`keys: open failed (${reason})`, { applied: false, recovery: 'repair', code })

const read = async (inner: Repository): Promise<Stored | undefined> =>
  (await inner.load([{ _tag: 'ById', kind, id }]))[0]

/**
 * Returns whether a datamart was ever written to with keys. A caller that has none must not use it: to it, everybody would be
 * unknown.
 *
 * @throws {StoreFault} The store cannot be read.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { usesKeys } from '@userpoint/keys'
 *
 * console.log(await usesKeys(createMemoryRepository())) // => false
 * ```
 */
export const usesKeys = async (repository: Repository): Promise<boolean> => (await read(repository)) !== undefined

const demandSame = (stored: Stored, digest: Digest): void => {
  if (stored.body['proof'] !== proofOf(digest)) throw refused('these are the keys of another datamart', 'WRONG_KEYS')
}

const hasDocuments = async (inner: Repository): Promise<boolean> => {
  for (const each of kindsOfCore) {
    for await (const _ of inner.scan(each, { limit: 1 })) return true
  }
  return false
}

/** Finds out which keys a datamart uses, and says so in it before its first other document. */
export interface Binding {
  /** Returns the digest of claims. Throws if the datamart uses another key store, or none. */
  readonly digest: () => Promise<Digest>
  /** The same, before a commit: an empty datamart uses this key store from now on. */
  readonly bind: () => Promise<Digest>
}

/**
 * @param isLasting `false`: what is committed may still be rolled back by the caller.
 */
export const createBinding = (inner: Repository, keys: KeyStore, isLasting: boolean): Binding => {
  let made: Digest | undefined
  let isBound = false

  const isKnown = async (own: Digest): Promise<boolean> => {
    const stored = await read(inner)
    if (stored === undefined) return false
    demandSame(stored, own)
    isBound = isLasting
    return true
  }
  /** Returns whether the datamart says that it uses these keys; `false`: it is empty. */
  const look = async (own: Digest): Promise<boolean> => {
    if (isBound || (await isKnown(own))) return true
    if (!(await hasDocuments(inner))) return false
    // Another handle may have written its first documents since.
    if (await isKnown(own)) return true
    throw refused('the datamart was written without keys', 'WRITTEN_WITHOUT_KEYS')
  }
  const digest = async (): Promise<Digest> => (made ??= digestWith(await keys.secret()))
  return {
    digest: async () => {
      const own = await digest()
      await look(own)
      return own
    },
    bind: async () => {
      const own = await digest()
      if (await look(own)) return own
      const body = { proof: proofOf(own) }
      await inner.commit([{ kind, id, expected: 0, body, claim: [], release: [] }])
      // If it conflicted, another handle was first, perhaps with other keys.
      if (!(await isKnown(own))) throw refused('the datamart does not keep which keys it has', 'WRONG_KEYS')
      return own
    }
  }
}
