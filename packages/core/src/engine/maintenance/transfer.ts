/**
 * The transfer of a whole datamart: its documents as values that any store can take, and their restore. A restore adds documents and
 * changes none, so it can be run again after a crash.
 */
import { claimsOf } from '../../domain/claims.ts'
import { equalsJson, isJsonArray, isJsonObject, type Json, type JsonObject, normaliseJson } from '../../domain/json.ts'
import { isStoredUserPoint } from '../../domain/stored-shape.ts'
import { fromStored } from '../../domain/stored-user-point.ts'
import { E } from '../../fp.ts'
import type { Kind, Repository, Write } from '../../repository/repository.ts'
import { demandOptions, type OptionNames } from '../../wrong-call.ts'
import { claimOfReceipt } from '../transaction/receipt.ts'
import { checkOf, claimKeyId, claimKeyKind, demandClaimKey, isKeyed } from '../transaction/claim-key.ts'
import { digestOf, type ErasureKey } from '../transaction/erasure-key.ts'
import { batchOf, type ReceiptEntry, receiptsKind } from '../transaction/erasure-receipt.ts'
import { withKeyedClaims } from '../transaction/keyed-claims.ts'
import { suppressionKind, userPointKind } from '../transaction/load.ts'
import type { Erasure } from '../transaction/runtime.ts'
import { blockKind, blocksOf, headId, headKind, toBlock, unsealedOf } from './receipt-chain.ts'

/** A document as it is transferred: without its version, which belongs to its store. */
export interface Transferred {
  readonly kind: Kind
  readonly id: string
  readonly body: JsonObject
}

const maxDepth = 1_100

/** Returns the claims of a body; `undefined`: it is no body of this kind. */
type Claiming = (body: JsonObject) => ReadonlyArray<string> | undefined

const isReceipts = (value: Json | undefined): boolean =>
  isJsonArray(value) && value.every((each) => isJsonObject(each) && typeof each['id'] === 'string')

// Obligations to purge, and the clock, belong to the store that has them.
const claimsByKind: ReadonlyMap<Kind, Claiming> = new Map<Kind, Claiming>([
  // First: the key under which the claims of suppressions are.
  [claimKeyKind, ({ check }) => (typeof check === 'string' ? [] : undefined)],
  // Before the people: what is suppressed in a copy keeps a person with that identifier away.
  [suppressionKind, ({ claim }) => (typeof claim === 'string' && isKeyed(claim) ? [claim] : undefined)],
  [receiptsKind, ({ receipts }) => (isReceipts(receipts) ? [] : undefined)],
  [blockKind, ({ entries }) => (isReceipts(entries) ? [] : undefined)],
  [headKind, () => []],
  [userPointKind, (body) => (isStoredUserPoint(body) ? claimsOf(fromStored(body)) : undefined)],
  ['execution', () => []],
  ['receipt', ({ receipt }) => (typeof receipt === 'string' ? [claimOfReceipt(receipt)] : undefined)]
])

const kindsOfReceipts: ReadonlySet<Kind> = new Set([receiptsKind, blockKind, headKind])

/** Yields the receipts. A sealer may be at work: each receipt comes once, and the head is that of the blocks. */
async function* receiptsFrom(repository: Repository): AsyncGenerator<Transferred, void, undefined> {
  const waiting = new Map<string, Transferred>()
  for await (const { kind, id, body } of repository.scan(receiptsKind)) waiting.set(id, { kind, id, body })
  const [head] = await repository.load([{ _tag: 'ById', kind: headKind, id: headId }])
  if (head !== undefined) {
    for await (const stored of repository.scan(blockKind)) {
      const { number, entries } = toBlock(stored)
      if (number > Number(head.body['blocks'])) break
      for (const entry of entries) waiting.delete(batchOf(entry))
      yield { kind: blockKind, id: stored.id, body: stored.body }
    }
    yield { kind: headKind, id: headId, body: head.body }
  }
  yield* waiting.values()
}

/**
 * Yields every document of a datamart that a transfer takes along. Errors of the store are thrown.
 *
 * @param erasure The key, which a restore will need. Without it nothing is demanded, since the documents do not depend on it.
 * @throws {StoreFault} The claims of the store are under another key.
 */
export async function* transferredFrom(
  repository: Repository,
  erasure?: RestoreOptions['erasure']
): AsyncGenerator<Transferred, void, undefined> {
  if (erasure !== undefined && erasure.claims !== 'plain') await demandClaimKey(repository, erasure.key)
  for (const kind of claimsByKind.keys()) {
    if (kind === receiptsKind) yield* receiptsFrom(repository)
    if (kindsOfReceipts.has(kind)) continue
    for await (const { id, body } of repository.scan(kind)) yield { kind, id, body }
  }
}

/**
 * The outcome of a document. `Restored`: it was added. `AlreadyThere`: the datamart has the same document, or has sealed its receipts. `Refused`: nothing was
 * done, because the datamart has another document with this id (`OTHER_DOCUMENT`), one of its identifiers belongs to another person
 * (`TAKEN_IDENTIFIER`) or is suppressed, a receipt says that the person was erased (`ERASED`), the documents are of a datamart with
 * keyed claims and there is no key (`KEY_NEEDED`), it is a suppression under another one (`OTHER_KEY`), or the value is no document
 * (`INVALID_DOCUMENT`).
 */
export type RestoreVerdict =
  | { readonly _tag: 'Restored' }
  | { readonly _tag: 'AlreadyThere' }
  | { readonly _tag: 'Refused'; readonly code: RefusalCode }

type RefusalCode = 'OTHER_DOCUMENT' | 'TAKEN_IDENTIFIER' | 'INVALID_DOCUMENT' | 'ERASED' | 'KEY_NEEDED' | 'OTHER_KEY'

const restored: RestoreVerdict = { _tag: 'Restored' }
const alreadyThere: RestoreVerdict = { _tag: 'AlreadyThere' }
const refused = (code: RefusalCode): RestoreVerdict => ({
  _tag: 'Refused',
  code
})

const idShape = /^[\x21-\x7e]{1,512}$/

/** Returns the write that adds a document; `undefined`: the value is no document. */
const additionOf = (value: Json): (Write & { readonly body: JsonObject }) | undefined => {
  const normal = normaliseJson(value, maxDepth + 1)
  if (E.isLeft(normal) || !isJsonObject(normal.right)) return undefined
  const { kind, id, body } = normal.right
  if (typeof kind !== 'string' || typeof id !== 'string' || !idShape.test(id) || !isJsonObject(body)) return undefined
  const claim = claimsByKind.get(kind)?.(body)
  if (claim === undefined || claim.some((each) => each.length > 1_100)) return undefined
  return { kind, id, expected: 0, body, claim: [...new Set(claim)], release: [] }
}

interface Addition {
  readonly at: number
  readonly write: Write & { readonly body: JsonObject }
}

/** Restores some documents, which may stand in the way of each other or of what is there. */
const restoreSome = async (
  repository: Repository,
  additions: ReadonlyArray<Addition>,
  verdicts: Array<RestoreVerdict>
): Promise<void> => {
  if (additions.length === 0) return
  const settle = (some: ReadonlyArray<Addition>, verdict: RestoreVerdict): void => {
    for (const { at } of some) verdicts[at] = verdict
  }
  const { _tag } = await repository.commit(additions.map(({ write }) => write))
  if (_tag === 'Committed') return settle(additions, restored)
  const found = await repository.load(additions.map(({ write: { kind, id } }) => ({ _tag: 'ById', kind, id })))
  const missing = additions.filter(({ at, write }, index) => {
    const there = found[index]
    if (there !== undefined) {
      verdicts[at] = equalsJson(there.body, write.body) ? alreadyThere : refused('OTHER_DOCUMENT')
    }
    return there === undefined
  })
  if (missing.length < additions.length) return restoreSome(repository, missing, verdicts)
  if (missing.length === 1) return settle(missing, refused('TAKEN_IDENTIFIER'))
  const half = missing.length >> 1
  await restoreSome(repository, missing.slice(0, half), verdicts)
  await restoreSome(repository, missing.slice(half), verdicts)
}

/** The options of a restore. */
export interface RestoreOptions {
  /** The key of the datamart, as the engines over the store have it. A store with keyed claims needs it. */
  readonly erasure?: Pick<Erasure, 'key'> & Partial<Erasure>
  /** Receipts that were kept elsewhere. People whom they erased stay away, as those do of whom the store or the documents have one. */
  readonly receipts?: Iterable<ReceiptEntry>
}

const restoreOptions: OptionNames<RestoreOptions> = { erasure: 'optional', receipts: 'optional' }

/** Follows who was erased, by what receipts say of the ids of user points: an id is never used again. */
const createErased = (key: ErasureKey) => {
  const subjects = new Set<string>()
  return {
    note: (entry: ReceiptEntry): void => {
      if (entry._tag === 'Erasure' && entry.subject !== undefined && (entry.removed.people ?? 0) > 0)
        subjects.add(entry.subject)
    },
    has: (id: string): boolean => subjects.size > 0 && subjects.has(digestOf(key, 'subject', id))
  }
}

/** Returns whether a document is of a datamart with keyed claims, and says something under its key. */
const isOfKey = ({ kind }: Write): boolean => kind === claimKeyKind || kind === suppressionKind

const isReceipt = (value: Json): boolean => isJsonObject(value) && isJsonObject(value['removed'] ?? null)

/** Returns the receipts of erasures that a document has. */
const receiptsIn = ({ kind, body }: Write & { readonly body: JsonObject }): ReadonlyArray<ReceiptEntry> => {
  const entries: Json = (kind === receiptsKind ? body['receipts'] : kind === blockKind ? body['entries'] : null) ?? null
  return isJsonArray(entries) ? (entries.filter(isReceipt) as unknown as ReadonlyArray<ReceiptEntry>) : []
}

/**
 * Restores documents, and returns a verdict for each. Errors of the store are thrown; the same documents can then be restored again.
 * Without a key, documents that need one are refused with all that come with them or later: restored, they would be plain, and the
 * store would refuse the key for good.
 */
export type Restore = (values: ReadonlyArray<Json>) => Promise<ReadonlyArray<RestoreVerdict>>

/**
 * Prepares a restore, which takes some hundred documents at a time: as {@link transferredFrom} yields them, or any other JSON. They
 * should come in the order in which they were yielded, since the mark of the key, receipts and suppressions come before people.
 *
 * @throws {StoreFault} The claims of the store are keyed, and the options have no key, or another one.
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { createRestore } from '@userpoint/core/maintenance'
 *
 * const restore = await createRestore(createMemoryRepository())
 * const person = { kind: 'user_point', id: 'a', body: { createdAt: 1, emailHashes: [{ hash: 'a1b2' }] } }
 * console.log(await restore([person])) // => [ { _tag: 'Restored' } ]
 * ```
 */
export const createRestore = async (repository: Repository, options: RestoreOptions = {}): Promise<Restore> => {
  demandOptions('createRestore', options, restoreOptions)
  const { erasure, receipts = [] } = options
  const key = erasure?.key
  const keyed = key !== undefined && erasure?.claims !== 'plain' ? key : undefined
  await demandClaimKey(repository, keyed)
  const store = keyed === undefined ? repository : withKeyedClaims(repository, keyed)
  const erased = key && createErased(key)
  /** The batches whose receipts are in the chain. */
  const sealed = new Set<string>()
  for (const entry of receipts) erased?.note(entry)
  for await (const { entries } of blocksOf(repository)) {
    for (const entry of entries) {
      erased?.note(entry)
      sealed.add(batchOf(entry))
    }
  }
  if (erased !== undefined) for await (const entry of unsealedOf(repository)) erased.note(entry)
  let isForeign = false
  let isLocked = false
  /** Returns why a document stays away; `undefined`: it may come. */
  const refusalOf = (write: Write & { readonly body: JsonObject }): RefusalCode | undefined => {
    for (const entry of receiptsIn(write)) erased?.note(entry)
    if (write.kind === userPointKind) return erased?.has(write.id) === true ? 'ERASED' : undefined
    if (!isOfKey(write)) return undefined
    if (keyed === undefined) return 'KEY_NEEDED'
    if (write.kind === claimKeyKind)
      isForeign = write.id !== claimKeyId || !equalsJson(write.body, { check: checkOf(keyed) })
    return isForeign ? 'OTHER_KEY' : undefined
  }

  return async (values) => {
    const verdicts: RestoreVerdict[] = values.map(() => refused('INVALID_DOCUMENT'))
    let left: Addition[] = []
    const additions = values.map(additionOf)
    isLocked ||= key === undefined && additions.some((write) => write !== undefined && isOfKey(write))
    for (const [at, write] of additions.entries()) {
      if (write === undefined) continue
      const refusal = isLocked ? 'KEY_NEEDED' : refusalOf(write)
      if (refusal !== undefined) verdicts[at] = refused(refusal)
      else if (write.kind === receiptsKind && sealed.has(write.id)) verdicts[at] = alreadyThere
      else left.push({ at, write })
    }
    // A batch has one write of each document, and one owner of each claim: the rest of it comes in a later one.
    while (left.length > 0) {
      const names = new Set<string>()
      const later: Addition[] = []
      const batch = left.filter((addition) => {
        const { kind, id, claim } = addition.write
        const own = [`${kind} ${id}`, ...claim.map((each) => `claim ${each}`)]
        const isFree = own.every((each) => !names.has(each))
        if (isFree) for (const each of own) names.add(each)
        else later.push(addition)
        return isFree
      })
      await restoreSome(store, batch, verdicts)
      left = later
    }
    return verdicts
  }
}
