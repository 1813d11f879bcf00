/**
 * The transfer of a whole datamart: its documents as values that any store can take, and their restore. A restore adds documents and
 * changes none, so it can be run again after a crash.
 */
import { claimsOf } from '../../domain/claims.ts'
import { equalsJson, isJsonObject, type Json, type JsonObject, normaliseJson } from '../../domain/json.ts'
import { isStoredUserPoint } from '../../domain/stored-shape.ts'
import { fromStored } from '../../domain/stored-user-point.ts'
import { E } from '../../fp.ts'
import type { Kind, Repository, Write } from '../../repository/repository.ts'
import { claimOfReceipt } from '../transaction/receipt.ts'
import { isKeyed } from '../transaction/claim-key.ts'
import { receiptsKind } from '../transaction/erasure-receipt.ts'
import { suppressionKind, userPointKind } from '../transaction/load.ts'
import { blockKind, headKind } from './receipt-chain.ts'

/** A document as it is transferred: without its version, which belongs to its store. */
export interface Transferred {
  readonly kind: Kind
  readonly id: string
  readonly body: JsonObject
}

const maxDepth = 1_100

/** Returns the claims of a body; `undefined`: it is no body of this kind. */
type Claiming = (body: JsonObject) => ReadonlyArray<string> | undefined

// Obligations to purge, and the clock, belong to the store that has them.
const claimsByKind: ReadonlyMap<Kind, Claiming> = new Map<Kind, Claiming>([
  // First: what is suppressed in a copy keeps a person with that identifier away.
  [suppressionKind, ({ claim }) => (typeof claim === 'string' && isKeyed(claim) ? [claim] : undefined)],
  [receiptsKind, () => []],
  [blockKind, () => []],
  [headKind, () => []],
  [userPointKind, (body) => (isStoredUserPoint(body) ? claimsOf(fromStored(body)) : undefined)],
  ['execution', () => []],
  ['receipt', ({ receipt }) => (typeof receipt === 'string' ? [claimOfReceipt(receipt)] : undefined)]
])

/** Yields every document of a datamart that a transfer takes along. Errors of the store are thrown. */
export async function* transferredFrom(repository: Repository): AsyncGenerator<Transferred, void, undefined> {
  for (const kind of claimsByKind.keys()) {
    for await (const { id, body } of repository.scan(kind)) yield { kind, id, body }
  }
}

/**
 * The outcome of a document. `Restored`: it was added. `AlreadyThere`: the datamart has the same document. `Refused`: nothing was
 * done, because the datamart has another document with this id (`OTHER_DOCUMENT`), one of its identifiers belongs to another person
 * (`TAKEN_IDENTIFIER`), or the value is no document (`INVALID_DOCUMENT`).
 */
export type RestoreVerdict =
  | { readonly _tag: 'Restored' }
  | { readonly _tag: 'AlreadyThere' }
  | { readonly _tag: 'Refused'; readonly code: 'OTHER_DOCUMENT' | 'TAKEN_IDENTIFIER' | 'INVALID_DOCUMENT' }

const restored: RestoreVerdict = { _tag: 'Restored' }
const alreadyThere: RestoreVerdict = { _tag: 'AlreadyThere' }
const refused = (code: Extract<RestoreVerdict, { _tag: 'Refused' }>['code']): RestoreVerdict => ({
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

/**
 * Restores documents, and returns a verdict for each. Call it with some hundred documents at a time. Errors of the store are thrown;
 * after one, the same documents can be restored again.
 *
 * @param values Documents as {@link transferredFrom} yields them, or any other JSON.
 */
export const restoreInto = async (
  repository: Repository,
  values: ReadonlyArray<Json>
): Promise<ReadonlyArray<RestoreVerdict>> => {
  const verdicts: RestoreVerdict[] = values.map(() => refused('INVALID_DOCUMENT'))
  // A batch has one write of each document, and one owner of each claim: the rest of it comes in a later one.
  let left: ReadonlyArray<Addition> = values.flatMap((value, at) => {
    const write = additionOf(value)
    return write === undefined ? [] : [{ at, write }]
  })
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
    await restoreSome(repository, batch, verdicts)
    left = later
  }
  return verdicts
}
