/**
 * The protocol between a parent and the process that serves a store. Each message is a JSON text in an envelope, so any channel
 * carries it unchanged, and other messages on the channel are ignored.
 */
import type { Kind, Manifest, Recovery, Reference, ScanOptions, Stored, Write } from '@userpoint/core/repository'

/** A request of the parent. */
export type Call =
  | { readonly _tag: 'Load'; readonly references: ReadonlyArray<Reference> }
  | { readonly _tag: 'Commit'; readonly writes: ReadonlyArray<Write> }
  | { readonly _tag: 'Scan'; readonly kind: Kind; readonly options: ScanOptions }
  | { readonly _tag: 'Purge' }
  | { readonly _tag: 'Close' }
  /** Commits the batches after this number as fast as possible, until the process is killed. */
  | { readonly _tag: 'Work'; readonly after: number }

export interface Request {
  readonly id: number
  readonly call: Call
}

/** The transferred part of an error: whether something was written (PO-15), and what can help (PO-17). */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly applied: false | undefined
  readonly recovery: Recovery | undefined
}

/** The result of a call. A load's answer is a list with one document or empty, since JSON has no `undefined`. */
export type Answer =
  | { readonly _tag: 'Loaded'; readonly answers: ReadonlyArray<ReadonlyArray<Stored>> }
  | { readonly _tag: 'Committed' }
  | { readonly _tag: 'Conflict' }
  | { readonly _tag: 'Scanned'; readonly documents: ReadonlyArray<Stored> }
  | { readonly _tag: 'Done' }
  | { readonly _tag: 'Worked'; readonly number: number }
  | { readonly _tag: 'Thrown'; readonly thrown: Thrown }

/** A message of the process: once that it is ready, then the answers, several for `Work`. */
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

/** Returns the request of a message, or `undefined`. Restores a body that JSON omitted. */
export const openRequest = (message: unknown): Request | undefined => {
  const request = open(message) as Request | undefined
  if (request?.call._tag !== 'Commit') return request
  const writes = request.call.writes.map((write) => ({ ...write, body: write.body }))
  return { ...request, call: { ...request.call, writes } }
}

/** Returns the reply of a message, or `undefined`. */
export const openReply = (message: unknown): Reply | undefined => open(message) as Reply | undefined
