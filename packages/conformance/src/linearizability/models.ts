/**
 * Projections of a history on one document, one claim and the whole store, with a sequential model of each. Documents and
 * claims are also checked separately, because such a failure has a short explanation.
 */
import type { Kind, Reference, Stored, Write } from '@userpoint/core/repository'
import { answerDifference } from '../compare.ts'
import * as oracles from '../oracle.ts'
import type { Model, Timed } from './checker.ts'
import type { StoreCall } from './recorder.ts'

type History = ReadonlyArray<Timed<StoreCall>>

const said = <Said>(
  history: History,
  of: (call: StoreCall) => ReadonlyArray<Said>
): ReadonlyArray<Timed<Said & { readonly by: string }>> =>
  history.flatMap(({ call, called, answered }) =>
    of(call).map((one) => ({ call: { ...one, by: call.by }, called, answered }))
  )

/** Returns the observations of a load on the projected part. */
const reads = <Said>(
  call: Extract<StoreCall, { _tag: 'Load' }>,
  of: (reference: Reference, found: Stored | undefined) => Said | undefined
): ReadonlyArray<Said> =>
  call.references.flatMap((reference, index) => {
    const one = of(reference, call.answers[index])
    return one === undefined ? [] : [one]
  })

interface Named {
  readonly kind: Kind
  readonly id: string
}

const isSame = (a: Named, b: Named): boolean => a.kind === b.kind && a.id === b.id

const nameOf = ({ kind, id }: Named): string => `${kind} ${id}`

/** An observation of one document by a call. */
export type DocumentCall =
  | { readonly _tag: 'Read'; readonly found: Stored | undefined }
  | { readonly _tag: 'Write'; readonly expected: number; readonly next: Stored | undefined }
  | { readonly _tag: 'Refused'; readonly expected: number }

export const documentModel: Model<Stored | undefined, DocumentCall> = {
  initial: undefined,
  step: (state, call) => {
    if (call._tag === 'Read') return answerDifference(state, call.found) === undefined ? [state] : []
    const holds = (state?.version ?? 0) === call.expected
    if (call._tag === 'Refused') return holds ? [] : [state]
    return holds ? [call.next] : []
  },
  textOf: (state) => JSON.stringify(state ?? null)
}

const writtenBy = ({ kind, id, expected, body }: Write): Stored | undefined =>
  body && { kind, id, version: expected + 1, body }

/** Projects a history on one document. A conflict counts only if no other document or claim can be its reason. */
export const documentHistory = (history: History, document: Named) =>
  said(history, (call): ReadonlyArray<DocumentCall> => {
    if (call._tag === 'Load') {
      return reads(call, (reference, found) => {
        const isMeant = reference._tag === 'ById' && isSame(reference, document)
        return isMeant || (found !== undefined && isSame(found, document)) ? { _tag: 'Read', found } : undefined
      })
    }
    const write = call.writes.find((one) => isSame(one, document))
    if (write === undefined) return []
    const { expected } = write
    if (call.result === 'Committed') return [{ _tag: 'Write', expected, next: writtenBy(write) }]
    return call.writes.length === 1 && write.claim.length === 0 ? [{ _tag: 'Refused', expected }] : []
  })

/** An observation of one claim by a call: the document of the claim. */
export type ClaimCall =
  | { readonly _tag: 'Read'; readonly holder: string | undefined }
  | { readonly _tag: 'Move'; readonly from: string | undefined; readonly to: string | undefined }

export const claimModel: Model<string | undefined, ClaimCall> = {
  initial: undefined,
  step: (state, call) => {
    if (call._tag === 'Read') return call.holder === state ? [state] : []
    return call.from === state ? [call.to] : []
  },
  textOf: (state) => state ?? ''
}

/** Projects a history on one claim. */
export const claimHistory = (history: History, claim: string) =>
  said(history, (call): ReadonlyArray<ClaimCall> => {
    if (call._tag === 'Load') {
      return reads(call, (reference, found) => {
        if (reference._tag === 'ById' || reference.claim !== claim) return undefined
        return { _tag: 'Read', holder: found && nameOf(found) }
      })
    }
    if (call.result === 'Conflict') return []
    const [giver, taker] = [
      call.writes.find((write) => write.release.includes(claim)),
      call.writes.find((write) => write.claim.includes(claim))
    ]
    if (giver === undefined && taker === undefined) return []
    return [{ _tag: 'Move', from: giver && nameOf(giver), to: taker && nameOf(taker) }]
  })

/** The model of the whole store is the oracle; a load of several documents is one snapshot of it (PO-2). */
export const storeModel: Model<oracles.Oracle, StoreCall> = {
  initial: oracles.empty,
  step: (state, call) => {
    if (call._tag === 'Load') {
      const expected = oracles.load(state, call.references)
      return expected.every((one, index) => answerDifference(one, call.answers[index]) === undefined) ? [state] : []
    }
    const [result, next] = oracles.commit(state, call.writes)
    return result === call.result ? [next] : []
  },
  textOf: ({ documents, claims }) => {
    const all = [...documents.map((one) => JSON.stringify(one)), ...claims.map((one) => JSON.stringify(one))]
    return all.toSorted().join('\n')
  }
}
