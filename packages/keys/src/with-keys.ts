/** A repository whose documents are encrypted, over any other. */
import {
  type Awaitable,
  type ClaimsOf,
  demandOptions,
  type Flaw,
  type Manifest,
  oneOf,
  type OptionNames,
  type OptionValues,
  type Reference,
  type Repository,
  type Stored,
  StoreFault,
  WrongCall
} from '@userpoint/core/repository'
import { createBinding } from './binding.ts'
import { createCommit, type Renewal } from './commit.ts'
import type { KeyStore } from './key-store.ts'
import { createOpening, createPlaces } from './opening.ts'
import { purgeKeys } from './retired.ts'
import { type Digest, ownKinds, slotOf, unseal } from './sealing.ts'
import { createShelves } from './shelves.ts'

export interface KeysOptions {
  /**
   * When a document gets a new key. `erasing`: with each write that removes data on request, and a purge destroys the old key. Then a
   * copy of the store still shows everybody who was not erased since. `every`: with each write, so that a purge makes values unreadable
   * too that were merely overwritten, and a copy of the store shows only documents that were not written since. Default: `erasing`.
   */
  readonly renew?: Renewal
}

const optionNames: OptionNames<KeysOptions> = { renew: 'optional' }
const optionValues: OptionValues<KeysOptions> = { renew: oneOf('erasing', 'every') }

const least = (one: Manifest['concurrent'], other: Manifest['concurrent']): Manifest['concurrent'] => {
  if (one === false || other === false) return false
  return one === 'handles' || other === 'handles' ? 'handles' : 'processes'
}

const claimsWith =
  (keys: KeyStore, digest: Digest, claimsOf: ClaimsOf): ClaimsOf =>
  (sealed) => {
    if (ownKinds.has(sealed.kind)) return []
    const [answer] = keys.find([slotOf(sealed)]) as Awaited<ReturnType<KeyStore['find']>>
    if (answer?._tag === 'Destroyed') return undefined
    if (answer?._tag !== 'Kept') throw new TypeError('the key is missing')
    const { kind, id, version } = sealed
    return claimsOf({ kind, id, version, body: unseal(sealed, answer.key) })?.map(digest)
  }

const isPromise = (value: Awaitable<unknown>): boolean =>
  typeof Reflect.get(Object(value) as object, 'then') === 'function'

/**
 * Returns a repository over `inner` that keeps each document encrypted with a key of its own, and each claim as a keyed digest. Keys
 * lie in `keys`. A purge destroys the keys of deleted documents, which takes as long as there are such documents, and it does not
 * rewrite the store. So copies of the store lose those documents too.
 *
 * The caller closes the key store, after the repositories. A datamart has one key store, and is written with keys from the beginning.
 *
 * @param inner An empty datamart, or one that was written with these keys.
 * @throws {StoreFault} By each call: the keys are another datamart's (`WRONG_KEYS`), the datamart was written without keys
 *   (`WRITTEN_WITHOUT_KEYS`), a key is missing (`KEY_MISSING`), or a body was altered (`BODY_ALTERED`).
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createMemoryKeys, withKeys } from '@userpoint/keys'
 *
 * const repository = withKeys(createMemoryRepository(), createMemoryKeys())
 * const ada = { kind: 'user_point', id: 'up-1', claim: ['hash:ada'], release: [] }
 * await repository.commit([{ ...ada, expected: 0, body: { name: 'Ada' } }])
 * const [found] = await repository.load([{ _tag: 'ByClaim', claim: 'hash:ada' }])
 * console.log(found?.body) // => { name: 'Ada' }
 * ```
 */
export const withKeys = (inner: Repository, keys: KeyStore, options: KeysOptions = {}): Repository => {
  demandOptions('withKeys', options, optionNames, optionValues)
  const isStore = typeof (Object(inner) as Partial<Repository>).load === 'function'
  if (!isStore || typeof (Object(keys) as Partial<KeyStore>).secret !== 'function')
    throw new WrongCall('WRONG_ARGUMENT', 'withKeys needs a store and a key store; await a promise of one')
  const { renew = 'erasing' } = options
  const isLasting = inner.manifest.purgedElsewhere !== true
  const binding = createBinding(inner, keys, isLasting)
  const places = createPlaces()
  const opening = createOpening(inner, keys, places)
  const shelves = createShelves(inner, keys, isLasting)
  let isClosed = false

  const sealedReferences = (references: ReadonlyArray<Reference>, digest: Digest): ReadonlyArray<Reference> =>
    references.map((each) => (each._tag === 'ById' ? each : { _tag: 'ByClaim', claim: digest(each.claim) }))

  async function* scan(...asked: Parameters<Repository['scan']>): AsyncGenerator<Stored, void, undefined> {
    if (ownKinds.has(asked[0])) return
    await binding.digest()
    for await (const sealed of inner.scan(...asked)) {
      if (isClosed) return
      const opened = await opening.open(sealed)
      if (opened !== undefined) yield opened
    }
  }

  async function* check(claimsOf: ClaimsOf): AsyncGenerator<Flaw, void, undefined> {
    const digest = await binding.digest()
    if (isPromise(keys.find([]))) {
      const reason = 'the key store answers later, and a check cannot wait for each document'
      throw new StoreFault(`keys: check failed (${reason})`, { applied: false, recovery: 'repair' })
    }
    const flaws = inner.check?.(claimsWith(keys, digest, claimsOf)) ?? []
    for await (const flaw of flaws) yield flaw
  }

  return {
    manifest: {
      ...inner.manifest,
      name: `${inner.manifest.name} with keys`,
      durable: inner.manifest.durable && keys.manifest.durable,
      concurrent: least(inner.manifest.concurrent, keys.manifest.concurrent)
    },
    load: async (references) => opening.load(sealedReferences(references, await binding.digest())),
    commit: createCommit({ inner, keys, binding, shelves, places, renewal: renew, isLasting }),
    scan,
    purge: async () => {
      // The inner handle says why it cannot.
      if (!isLasting) return inner.purge?.()
      await purgeKeys(inner, keys)
    },
    ...(inner.check !== undefined && { check }),
    close: async () => {
      isClosed = true
      await inner.close?.()
    }
  }
}
