/**
 * Keyed claims: a store that keeps keyed digests in place of claims. So a suppression can hold the claim of an identifier
 * without holding the identifier: the store itself promises that a claim belongs to one document, a person or a suppression,
 * even if several writers meet (PO-7). A document of the store says under which key its claims are, so that no engine with
 * another key, or with none, reads it by mistake and finds no person.
 */
import type { Awaitable, Reference, Repository, Write } from '../../repository/repository.ts'
import { checkOf, claimFault, claimKeyId, claimKeyKind, demandClaimKey, isKeyed, keyedClaim } from './claim-key.ts'
import type { ErasureKey } from './erasure-key.ts'
import { userPointKind } from './load.ts'

/** Returns a function that keeps the digests of the last claims: an import looks each up, and then writes it. */
const remembering = (key: ErasureKey): ((claim: string) => string) => {
  const most = 10_000
  const known = new Map<string, string>()
  return (claim) => {
    // A restore has the claims of suppressions as they are kept.
    if (isKeyed(claim)) return claim
    const found = known.get(claim)
    if (found !== undefined) return found
    if (known.size >= most) known.clear()
    const made = keyedClaim(key, claim)
    known.set(claim, made)
    return made
  }
}

type State = 'Unknown' | 'Empty' | 'Keyed'

/** Finds out, once, whether the claims of a store are under this key, and marks a store that has no people yet. */
const createMark = (store: Repository, key: ErasureKey) => {
  const check = checkOf(key)
  let state: State = 'Unknown'
  let looking: Promise<void> | undefined

  const isMarked = async (): Promise<boolean> => {
    const [mark] = await store.load([{ _tag: 'ById', kind: claimKeyKind, id: claimKeyId }])
    if (mark === undefined) return false
    if (mark.body['check'] !== check) throw claimFault('OTHER_KEY')
    state = 'Keyed'
    return true
  }

  const look = async (): Promise<void> => {
    if (await isMarked()) return
    for await (const _ of store.scan(userPointKind, { limit: 1 })) {
      // Another engine may have written the mark and its first person since.
      if (await isMarked()) return
      throw claimFault('PLAIN_CLAIMS')
    }
    state = 'Empty'
  }

  const write = async (): Promise<void> => {
    const mark: Write = { kind: claimKeyKind, id: claimKeyId, expected: 0, body: { check }, claim: [], release: [] }
    if ((await store.commit([mark]))._tag === 'Committed') state = 'Keyed'
    else await look()
  }

  /** Returns what must be awaited before the store is called; `undefined`: nothing. */
  return (purpose: 'read' | 'write'): Promise<void> | undefined => {
    if (state === 'Keyed' || (state === 'Empty' && purpose === 'read')) return undefined
    looking ??= (async () => {
      if (state === 'Unknown') await look()
      if (state === 'Empty' && purpose === 'write') await write()
    })().finally(() => {
      looking = undefined
    })
    // The one that looks may only read.
    return looking.then(() => (purpose === 'write' && state === 'Empty' ? write() : undefined))
  }
}

/**
 * Returns a handle on the same store whose claims are kept as keyed digests. Its calls fail with a `StoreFault` if the claims
 * of the store are under another key, or plain; a scan, which looks nothing up, only in the first case.
 */
export const withKeyedClaims = (store: Repository, key: ErasureKey): Repository => {
  const keyed = remembering(key)
  const before = createMark(store, key)
  const calling = <A>(purpose: 'read' | 'write', call: () => Awaitable<A>): Awaitable<A> => {
    const first = before(purpose)
    return first === undefined ? call() : first.then(call)
  }
  const referenceTo = (reference: Reference): Reference =>
    reference._tag === 'ById' ? reference : { _tag: 'ByClaim', claim: keyed(reference.claim) }
  const writeOf = (write: Write): Write =>
    write.claim.length + write.release.length === 0
      ? write
      : { ...write, claim: write.claim.map(keyed), release: write.release.map(keyed) }
  return {
    manifest: store.manifest,
    load: (references) => calling('read', () => store.load(references.map(referenceTo))),
    commit: (writes) => calling('write', () => store.commit(writes.map(writeOf))),
    async *scan(kind, options) {
      await demandClaimKey(store, key)
      yield* store.scan(kind, options)
    },
    ...(store.purge !== undefined && { purge: () => store.purge?.() })
  }
}
