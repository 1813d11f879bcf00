/** The proof of erasures over HTTP: receipts, suppressions and their end, and everything about one person for the person. */
import type { ReceiptPage, Receipts, SealedEntry } from '@userpoint/core/receipts'
import { accessFileOf } from '@userpoint/core/user-point'
import type { Datamart } from '../context.ts'
import type { ReceiptAnswer, ReceiptHeadAnswer, SuppressionAnswer } from './answers.ts'
import { answer, pageAnswer, pageOf, Problem } from './envelope.ts'
import { execute, find, referenceOf } from './user-points.ts'
import type { UserPointRequest } from './user-point-request.ts'

const receiptsOf = ({ engine: { receipts } }: Datamart): Receipts => {
  // Receipts need the key of the datamart.
  if (receipts === undefined) throw new Problem('NOT_FOUND')
  return receipts
}

const readPage = async (datamart: Datamart, after: number, limit: number): Promise<ReceiptPage> => {
  const page = await receiptsOf(datamart).page({ after, limit })
  if (page._tag === 'Left') throw new Problem('STORE_FAILED')
  return page.right
}

const shown = ({ number, hash, entry }: SealedEntry): ReceiptAnswer => ({ number, hash, entry: { ...entry } })

type ListRequest = Pick<UserPointRequest, 'datamart' | 'query'>

export const listReceipts = async ({ datamart, query }: ListRequest): Promise<Response> => {
  const place = pageOf(query)
  const { head, receipts } = await readPage(datamart, place.first, place.most)
  return pageAnswer(receipts.map(shown), head.entries, place)
}

export const getReceipt = async (datamart: Datamart, number: string): Promise<Response> => {
  receiptsOf(datamart)
  if (!/^[1-9][0-9]{0,8}$/.test(number)) throw new Problem('NOT_FOUND')
  const [receipt] = (await readPage(datamart, Number(number) - 1, 1)).receipts
  if (receipt === undefined) throw new Problem('NOT_FOUND')
  return answer(shown(receipt))
}

export const getHead = async (datamart: Datamart): Promise<Response> => {
  const { head } = await readPage(datamart, 0, 0)
  return answer(head satisfies ReceiptHeadAnswer)
}

/** Answers with a page of the suppressions. No store counts documents, so each page reads all of them; the scan lets others in. */
export const listSuppressions = async ({ datamart, query }: ListRequest): Promise<Response> => {
  const receipts = receiptsOf(datamart)
  const place = pageOf(query)
  const page: SuppressionAnswer[] = []
  let total = 0
  try {
    for await (const { claim, since } of receipts.suppressions()) {
      if (total >= place.first && page.length < place.most) page.push({ claim, since_ts: since })
      total += 1
    }
  } catch {
    // The log has the store's fault.
    throw new Problem('STORE_FAILED')
  }
  return pageAnswer(page, total, place)
}

/** Lifts the suppression of one identifier. */
export const liftSuppression = async (request: UserPointRequest): Promise<Response> => {
  receiptsOf(request.datamart)
  const reference = referenceOf(request)
  if (reference._tag === 'UserPoint' || reference._tag === 'DevicePoint') throw new Problem('BAD_SELECTOR')
  return answer(await execute(request, { _tag: 'LiftSuppression', identifiers: [reference] }))
}

/** Answers with everything about one person. */
export const getAccess = async (request: UserPointRequest, now: number): Promise<Response> =>
  answer(accessFileOf(await find(request), now))
