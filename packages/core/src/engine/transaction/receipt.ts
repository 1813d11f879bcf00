/**
 * Receipts: a call that names itself is applied once, however often it is made (L-36). The store keeps the verdicts under the
 * name, in the batch of the changes that they are about, so the two never differ.
 */
import type { Verdict } from '../../decide/verdict.ts'
import { isIdentifierText } from '../../domain/text.ts'
import { E } from '../../fp.ts'
import type { JsonObject, Kind, Repository, Stored, Write } from '../../repository/index.ts'
import type { Line } from '../input/line.ts'
import { runDividing } from './dividing.ts'
import { type EngineError, fromStore, type StoreFailed } from './engine-error.ts'
import type { Runtime } from './runtime.ts'
import type { Judgement } from './judgement.ts'
import { type Alongside, runTransaction, type Unit, unitOf } from './transaction.ts'
import { wrongArgument } from '../../wrong-call.ts'

/** A caller's name for a call, under which it is applied once. */
export interface Receipt {
  /** 1 to 512 well-formed UTF-16 units without NUL. */
  readonly id: string
  /** Identifies what is asked: a digest of the request, for example. A repeated call must have the same. */
  readonly digest: string
  /** The lifetime of the receipt after the first changes of the call, in milliseconds. */
  readonly lifetime: number
}

/** The receipt belongs to a call with another digest. Nothing was done. */
export interface OtherCall {
  readonly _tag: 'OtherCall'
}

const receiptKind: Kind = 'receipt'

/** The text that leads to the receipt. Its document has an id of its own, because a deleted id is not used again. */
export const claimOfReceipt = (id: string): string => `receipt:${id}`

/** A receipt as it is stored. */
interface Body {
  /** The id of the receipt. */
  readonly receipt: string
  readonly digest: string
  /** The number of commands; more than the verdicts, if the store refused the whole and a crash came between its parts. */
  readonly commands: number
  readonly expiresAt: number
  readonly verdicts: ReadonlyArray<Verdict>
}

interface Held {
  /** The id of its document; absent: it has no document. */
  readonly document?: string
  readonly version: number
  /** Absent: the receipt is new or expired. */
  readonly body?: Body
}

const heldOf = (stored: Stored | undefined, now: number): Held => {
  if (stored === undefined) return { version: 0 }
  // Core wrote the document, so it is not checked again.
  const body = stored.body as unknown as Body
  return { document: stored.id, version: stored.version, ...(body.expiresAt > now && { body }) }
}

const loadReceipt = ({ repository, runtime }: ReceiptSettings, id: string): Promise<E.Either<StoreFailed, Held>> =>
  fromStore('load', async () => {
    const [stored] = await repository.load([{ _tag: 'ByClaim', claim: claimOfReceipt(id) }])
    return heldOf(stored, runtime.clock())
  })

/** A receipt's document at a version. */
interface Place {
  readonly document: string
  readonly version: number
}

const receiptWrite = ({ document, version }: Place, body: Body): Write => ({
  kind: receiptKind,
  id: document,
  expected: version,
  // Without the fields of verdicts that are `undefined`, which JSON does not have.
  body: JSON.parse(JSON.stringify(body)) as JsonObject,
  claim: version === 0 ? [claimOfReceipt(body.receipt)] : [],
  release: []
})

export interface ReceiptSettings {
  readonly repository: Repository
  readonly runtime: Runtime
}

/** Another call wrote the receipt first. */
interface Superseded {
  readonly _tag: 'Superseded'
}

const superseded: Superseded = { _tag: 'Superseded' }

/** Applies the lines that have no verdict yet, and writes the receipt with each batch. */
const applyRest = async (
  lines: ReadonlyArray<Line>,
  { id, digest, lifetime }: Receipt,
  held: Held,
  settings: ReceiptSettings
): Promise<E.Either<EngineError | Superseded, ReadonlyArray<Verdict>>> => {
  const expiresAt = held.body?.expiresAt ?? settings.runtime.clock() + lifetime
  const document = held.document ?? settings.runtime.newId()
  let verdicts = held.body?.verdicts ?? []
  let version = held.version
  const alongside: Alongside<StoreFailed | Superseded> = async (judgements, attempt) => {
    // The conflict was about user points, or about the receipt.
    const stands = attempt > 1 ? await loadReceipt(settings, id) : undefined
    if (stands !== undefined && E.isLeft(stands)) return stands
    if (stands !== undefined && stands.right.version !== version) return E.left(superseded)
    const all = [...verdicts, ...judgements.map(({ verdict }) => verdict)]
    const body = { receipt: id, digest, commands: lines.length, expiresAt, verdicts: all }
    return E.right([receiptWrite({ document, version }, body)])
  }
  const run = async (unit: Unit): Promise<E.Either<EngineError | Superseded, ReadonlyArray<Judgement>>> => {
    const ended = await runTransaction(unit, { ...settings, alongside, origin: { _tag: 'Request', id } })
    if (E.isRight(ended)) {
      verdicts = [...verdicts, ...ended.right.map(({ verdict }) => verdict)]
      version += 1
    }
    return ended
  }
  const ended = await runDividing<Superseded>(unitOf(lines.slice(verdicts.length)), run)
  return E.isLeft(ended) ? ended : E.right(verdicts)
}

/**
 * Applies lines under a receipt, or returns the verdicts of the call that did. A call that was interrupted between two batches
 * continues.
 *
 * @throws TypeError if the id of the receipt is invalid.
 */
export const runOnce = async (
  lines: ReadonlyArray<Line>,
  receipt: Receipt,
  settings: ReceiptSettings
): Promise<E.Either<EngineError | OtherCall, ReadonlyArray<Verdict>>> => {
  if (!isIdentifierText(receipt.id)) throw wrongArgument('the id of a receipt must be 1 to 512 characters of text')
  const { runtime } = settings
  for (let attempt = 1; attempt <= runtime.attempts; attempt++) {
    const held = await loadReceipt(settings, receipt.id)
    if (E.isLeft(held)) return held
    const { body } = held.right
    if (body !== undefined && (body.digest !== receipt.digest || body.commands !== lines.length))
      return E.left({ _tag: 'OtherCall' })
    if (body !== undefined && body.verdicts.length === lines.length) return E.right(body.verdicts)
    const applied = await applyRest(lines, receipt, held.right, settings)
    if (E.isRight(applied)) return applied
    if (applied.left._tag !== 'Superseded') return E.left(applied.left)
    await runtime.backOff(attempt)
  }
  return E.left({ _tag: 'Contention', attempts: runtime.attempts })
}

const documentsPerBatch = 500

const forgetting = ({ kind, id, version, body }: Stored): Write => ({
  kind,
  id,
  expected: version,
  body: undefined,
  claim: [],
  release: [claimOfReceipt((body as unknown as Body).receipt)]
})

/** Deletes the receipts that are expired. Returns their number. */
export const forgetReceipts = ({ repository, runtime }: ReceiptSettings): Promise<E.Either<StoreFailed, number>> =>
  fromStore('scan', async () => {
    const now = runtime.clock()
    const expired: Stored[] = []
    for await (const stored of repository.scan(receiptKind))
      if (heldOf(stored, now).body === undefined) expired.push(stored)
    let forgotten = 0
    for (let from = 0; from < expired.length; from += documentsPerBatch) {
      const some = expired.slice(from, from + documentsPerBatch)
      // After a conflict, another call has renewed one of them; the next time finds the others.
      const { _tag } = await repository.commit(some.map(forgetting))
      if (_tag === 'Committed') forgotten += some.length
    }
    return forgotten
  })
