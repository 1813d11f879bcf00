/** Asserts that a history is linearizable, and reports where it is not, without any body. */
import { fail } from '../compare.ts'
import { linearize, type Model, type Timed } from './checker.ts'
import {
  type ClaimCall,
  claimHistory,
  claimModel,
  type DocumentCall,
  documentHistory,
  documentModel,
  storeModel
} from './models.ts'
import type { StoreCall } from './recorder.ts'

/** The number of calls that a report shows before the failure. */
const longestTale = 8

const demand = <State, Call>(
  history: ReadonlyArray<Timed<Call>>,
  model: Model<State, Call>,
  about: string,
  inWords: (call: Call) => string
): void => {
  const found = linearize(history, model)
  if (found._tag === 'Linearizable') return
  const tale = found.order.slice(-longestTale).map(inWords)
  const left = found.order.length - tale.length
  const before =
    tale.length === 0 ? 'at the beginning' : `after ${left > 0 ? `${left} calls and: ` : ''}${tale.join('; ')}`
  const stuck = found.stuck.slice(0, longestTale).map(inWords)
  fail(
    `no order of the ${history.length} calls explains what they say of ${about}: ${before}; next cannot be: ${stuck.join('; or ')}`
  )
}

const versionOf = (found: { readonly version: number } | undefined): string =>
  found === undefined ? 'nothing' : `version ${found.version}`

const documentInWords = (call: DocumentCall & { readonly by: string }): string => {
  if (call._tag === 'Read') return `${call.by} reads ${versionOf(call.found)}`
  if (call._tag === 'Refused') return `${call.by} may not write over version ${call.expected}`
  return `${call.by} writes ${versionOf(call.next)} over version ${call.expected}`
}

const claimInWords = (call: ClaimCall & { readonly by: string }): string =>
  call._tag === 'Read'
    ? `${call.by} is led to ${call.holder ?? 'nothing'}`
    : `${call.by} moves it from ${call.from ?? 'no document'} to ${call.to ?? 'no document'}`

const callInWords = (call: StoreCall): string => {
  if (call._tag === 'Load') {
    const answers = call.answers.map((one) => (one === undefined ? 'nothing' : `${one.id} at ${versionOf(one)}`))
    return `${call.by} loads ${answers.join(', ')}`
  }
  const writes = call.writes.map((one) => `${one.id} over version ${one.expected}`)
  return `${call.by} commits ${writes.join(', ')} (${call.result})`
}

/** Asserts that each document, each claim and the whole store behave as if calls came one after another. */
export const demandLinearizable = (history: ReadonlyArray<Timed<StoreCall>>): void => {
  const documents = new Map<string, { readonly kind: string; readonly id: string }>()
  const claims = new Set<string>()
  for (const { call } of history) {
    if (call._tag === 'Load') {
      for (const found of call.answers) if (found !== undefined) documents.set(`${found.kind} ${found.id}`, found)
      for (const reference of call.references) {
        if (reference._tag === 'ByClaim') claims.add(reference.claim)
        else documents.set(`${reference.kind} ${reference.id}`, reference)
      }
      continue
    }
    for (const write of call.writes) {
      documents.set(`${write.kind} ${write.id}`, write)
      for (const claim of [...write.claim, ...write.release]) claims.add(claim)
    }
  }
  for (const [name, document] of documents) {
    demand(documentHistory(history, document), documentModel, name, documentInWords)
  }
  for (const claim of claims) {
    demand(claimHistory(history, claim), claimModel, `the claim ${JSON.stringify(claim)}`, claimInWords)
  }
  demand(history, storeModel, 'the store as a whole', callInWords)
}
