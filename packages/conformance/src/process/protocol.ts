/**
 * What a parent and the process that serves a store say to each other. Each message is one JSON text in an envelope, so
 * that any channel carries it unchanged, and messages of others on the same channel are let alone.
 */
import type { Kind, Manifest, Reference, ScanOptions, Stored, Write } from '@userpoint/core/repository'

/** What a parent asks of the process. */
export type Call =
  | { readonly _tag: 'Load'; readonly references: ReadonlyArray<Reference> }
  | { readonly _tag: 'Commit'; readonly writes: ReadonlyArray<Write> }
  | { readonly _tag: 'Scan'; readonly kind: Kind; readonly options: ScanOptions }
  | { readonly _tag: 'Purge' }
  | { readonly _tag: 'Close' }
  /** Commits the batches that come after the one with this number, as fast as it can, until it is killed. */
  | { readonly _tag: 'Work'; readonly after: number }

export interface Request {
  readonly id: number
  readonly call: Call
}

/** An error, as far as it crosses: a store's error may say that nothing was written (PO-15). */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly applied: false | undefined
}

/** What a call gave. An answer of a load is a list of one or none, since JSON has no `undefined`. */
export type Answer =
  | { readonly _tag: 'Loaded'; readonly answers: ReadonlyArray<ReadonlyArray<Stored>> }
  | { readonly _tag: 'Committed' }
  | { readonly _tag: 'Conflict' }
  | { readonly _tag: 'Scanned'; readonly documents: ReadonlyArray<Stored> }
  | { readonly _tag: 'Done' }
  | { readonly _tag: 'Worked'; readonly number: number }
  | { readonly _tag: 'Thrown'; readonly thrown: Thrown }

/** What the process says: that it is there, once; then the answers, of which `Work` has many. */
export type Reply =
  | { readonly _tag: 'Serving'; readonly manifest: Manifest }
  | { readonly _tag: 'Answer'; readonly id: number; readonly answer: Answer }

interface Envelope {
  readonly userpoint: string
}

export const seal = (message: Request | Reply): Envelope => ({ userpoint: JSON.stringify(message) })

const open = (message: unknown): unknown => {
  if (typeof message !== 'object' || message === null || !('userpoint' in message)) return undefined
  return typeof message.userpoint === 'string' ? JSON.parse(message.userpoint) : undefined
}

/** The request in a message, or `undefined` where it holds none. A body that JSON dropped is there again. */
export const openRequest = (message: unknown): Request | undefined => {
  const request = open(message) as Request | undefined
  if (request?.call._tag !== 'Commit') return request
  const writes = request.call.writes.map((write) => ({ ...write, body: write.body }))
  return { ...request, call: { ...request.call, writes } }
}

/** The reply in a message, or `undefined` where it holds none. */
export const openReply = (message: unknown): Reply | undefined => open(message) as Reply | undefined
