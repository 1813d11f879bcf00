/**
 * Receipts of erasures: the batch that commits an erasure also commits a receipt of it (L-38). It has digests under the key of
 * the datamart, times and counts, and no personal data. Each batch writes a document of its own, so no two writers meet; a
 * later step seals them into a chain.
 */
import { type Command, referencesOf } from '../../command/command.ts'
import type { Decision } from '../../decide/verdict.ts'
import type { View } from '../../decide/view.ts'
import type { PendingSuppression, PendingWrite } from '../../decide/workspace.ts'
import { canonicalText, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { claimOf } from '../../domain/identifier.ts'
import { countIdentifiers, type UserPoint } from '../../domain/user-point.ts'
import type * as port from '../../repository/repository.ts'
import { digestOf, type ErasureKey } from './erasure-key.ts'

/** The kind of the documents that each hold the receipts of one batch, until they are sealed. */
export const receiptsKind: port.Kind = 'erasure_receipts'

/** The counts of what an erasure removed. Counts of 0 are left out. */
export interface Removed {
  readonly people?: number
  readonly identifiers?: number
  readonly devicePoints?: number
  readonly profiles?: number
  /** Values of properties: each text, number, `true`, `false` and `null` within a profile. */
  readonly values?: number
  readonly segments?: number
  readonly scenarios?: number
  readonly choices?: number
}

/** The call that made an erasure. */
export interface ErasureSource {
  /** The id of the execution; its line is beside it. */
  readonly execution?: string
  /** The keyed digest of the name of a call that was made once under it. */
  readonly request?: string
  /** `sweep`: a sweep removed it. */
  readonly by?: 'sweep'
}

/** The receipt of one erasure. */
export interface ErasureReceipt extends ErasureSource {
  readonly _tag: 'Erasure'
  /** The name of its batch, and its place there: 64 hexadecimal digits, a point, a number from 0. */
  readonly id: string
  /** When it was decided, in milliseconds since 1970. */
  readonly at: number
  /** The verb, such as `DeleteUserPoint`. */
  readonly verb: Command['_tag']
  /** The keyed digest of the command. */
  readonly command: string
  /** The keyed digest of the user point's id; absent: the erasure found none. */
  readonly subject?: string
  /** The keyed digests of the identifiers by which the command named the person. */
  readonly named: ReadonlyArray<string>
  /** The line of the document, or the place of the command in its call, from 1. */
  readonly line: number
  readonly removed: Removed
  /** The number of identifiers that are suppressed since; absent: none. */
  readonly suppressed?: number
  /** The number of identifiers whose suppression was lifted; absent: none. */
  readonly lifted?: number
  /** `owed`: the store still had to drop the bytes from its files. `none`: the commit left none. */
  readonly bytes: 'owed' | 'none'
}

/** Says that the bytes of erasures are gone from the store's own files. */
export interface PurgeReceipt {
  readonly _tag: 'Purge'
  readonly id: string
  /** When the purge was done, in milliseconds since 1970. */
  readonly at: number
  /** The batches whose bytes are gone: the ids of their receipts, without the point and the number. */
  readonly batches: ReadonlyArray<string>
}

/** An entry of the chain of receipts. */
export type ReceiptEntry = ErasureReceipt | PurgeReceipt

/** An erasure that was decided, and not committed yet. */
export interface Erased {
  readonly at: number
  readonly line: number
  readonly command: Command
  /** The id of the user point. */
  readonly userPoint: string | undefined
  readonly removed: Removed
  readonly suppressed: number
  readonly lifted: number
}

const countValues = (value: Json): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + countValues(each), 0)
  if (isJsonObject(value)) return Object.values(value).reduce<number>((sum, each) => sum + countValues(each), 0)
  return 1
}

const countsOf = (point: UserPoint | undefined): Required<Removed> => ({
  people: point === undefined ? 0 : 1,
  identifiers: point === undefined ? 0 : countIdentifiers(point),
  devicePoints: point?.devicePoints.length ?? 0,
  profiles: point?.profiles.length ?? 0,
  values: point?.profiles.reduce((sum, { properties }) => sum + countValues(properties), 0) ?? 0,
  segments: point?.segments.length ?? 0,
  scenarios: point?.scenarios.length ?? 0,
  choices: point?.choices.length ?? 0
})

/** Returns what a decision removes, before it is applied. */
const removedBy = (view: View, { changes }: Decision): Removed => {
  const sums = new Map<keyof Removed, number>()
  for (const { id, point } of changes) {
    const [before, after] = [countsOf(view.find({ _tag: 'UserPoint', id })?.point), countsOf(point)]
    for (const name of Object.keys(before) as ReadonlyArray<keyof Removed>) {
      const gone = before[name] - after[name]
      if (gone > 0) sums.set(name, (sums.get(name) ?? 0) + gone)
    }
  }
  return Object.fromEntries(sums)
}

/** Returns an applied erasure, before it is applied to the view. */
export const erasedBy = (
  view: View,
  command: Command,
  decision: Decision,
  { at, line }: Pick<Erased, 'at' | 'line'>
): Erased => ({
  at,
  line,
  command,
  userPoint: decision.changes[0]?.id,
  removed: removedBy(view, decision),
  suppressed: decision.suppress?.length ?? 0,
  lifted: decision.lift?.length ?? 0
})

/** Returns a command as JSON: a map is an object with its entries in their order. */
const plain = (value: unknown): Json => {
  if (value instanceof Map) return { entries: Array.from(value, (entry) => entry.map(plain)) }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value as Json
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => (each === undefined ? [] : [[name, plain(each)]]))
  )
}

/** Returns the digest by which a receipt names a command: that of its canonical JSON. */
const commandDigest = (key: ErasureKey, command: Command): string =>
  digestOf(key, 'command', canonicalText(plain(command)))

/** The parts of a batch that its receipts depend on. */
export interface ErasingBatch {
  readonly erased: ReadonlyArray<Erased>
  readonly writes: ReadonlyArray<PendingWrite>
  readonly suppressions: ReadonlyArray<PendingSuppression>
  readonly source: ErasureSource
  readonly bytes: ErasureReceipt['bytes']
}

/**
 * Names a batch after what only it can do: replace a version, begin or end a suppression, or create a user point, which it may
 * have erased again; and after its time, since versions begin anew in a restored store. So the name is never used again; its
 * digest does not tell whom it is about.
 */
const nameOf = (key: ErasureKey, { erased, writes, suppressions }: ErasingBatch): string => {
  const replaced = writes.find(({ expected }) => expected > 0)
  const [suppression] = suppressions
  const created = erased.find(({ userPoint }) => userPoint !== undefined)?.userPoint
  const deed =
    replaced !== undefined
      ? `${replaced.id} ${replaced.expected}`
      : suppression !== undefined
        ? `${suppression.change} ${suppression.id}`
        : `${created} 0`
  const [first] = erased
  return digestOf(key, 'receipt', `${deed} ${first?.at} ${first && commandDigest(key, first.command)}`)
}

const receiptOf = (
  key: ErasureKey,
  { at, line, command, userPoint, removed, suppressed, lifted }: Erased,
  { id, source, bytes }: Pick<ErasureReceipt, 'id' | 'bytes'> & { readonly source: ErasureSource }
): ErasureReceipt => ({
  _tag: 'Erasure',
  id,
  at,
  verb: command._tag,
  command: commandDigest(key, command),
  ...(userPoint !== undefined && { subject: digestOf(key, 'subject', userPoint) }),
  named: referencesOf(command).flatMap((each) =>
    each._tag === 'UserPoint' ? [] : [digestOf(key, 'claim', claimOf(each))]
  ),
  line,
  ...source,
  removed,
  ...(suppressed > 0 && { suppressed }),
  ...(lifted > 0 && { lifted }),
  bytes
})

/** The receipts of a batch: their document, and its name. */
export interface BatchReceipts {
  readonly name: string
  readonly write: port.Write
}

/** Returns the receipts of a batch; `undefined`: it erases nothing that is stored. */
export const receiptsOf = (key: ErasureKey, batch: ErasingBatch): BatchReceipts | undefined => {
  const { erased, source, bytes } = batch
  if (erased.length === 0) return undefined
  const name = nameOf(key, batch)
  const receipts = erased.map((each, at) => receiptOf(key, each, { id: `${name}.${at}`, source, bytes }))
  return { name, write: receiptsWrite(name, receipts) }
}

/** Returns the name of the batch that wrote a receipt. */
export const batchOf = ({ id }: ReceiptEntry): string => id.slice(0, id.lastIndexOf('.'))

/** Returns the write of receipts that are not sealed yet. */
export const receiptsWrite = (name: string, receipts: ReadonlyArray<ReceiptEntry>): port.Write => ({
  kind: receiptsKind,
  id: name,
  expected: 0,
  body: { receipts } as unknown as JsonObject,
  claim: [],
  release: []
})
