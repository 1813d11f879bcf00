/** Reads request bodies as a stream, with limits of their size, of pauses, of the time in all, and of the least rate. */

import { pause } from './pause.ts'
import { within } from './timers.ts'

/** Thrown for a body that is not read. `TooLarge`: over the limit. `Broken`: it ended early, or the sender was too slow. */
export class BodyRefused extends Error {
  readonly reason: 'TooLarge' | 'Broken'

  constructor(reason: BodyRefused['reason']) {
    super(reason)
    this.name = 'BodyRefused'
    this.reason = reason
  }
}

/** The limits of a body. */
export interface BodyLimits {
  /** In bytes. */
  readonly most: number
  /** The longest pause. */
  readonly idleMilliseconds: number
  /** The longest time; absent: any, at the least rate. */
  readonly bodyMilliseconds?: number
  /** The least rate after the first 10 seconds. */
  readonly bytesPerSecond: number
}

/** The milliseconds before the least rate counts. */
const graceMilliseconds = 10_000

/** Returns how long to wait for more of a body. Only the time in which the sender was waited for counts. */
const patience = (
  { idleMilliseconds, bodyMilliseconds = Number.POSITIVE_INFINITY, bytesPerSecond }: BodyLimits,
  { length, waited }: { readonly length: number; readonly waited: number }
): number => {
  const atLeastRate =
    bytesPerSecond === 0 ? Number.POSITIVE_INFINITY : graceMilliseconds + (length / bytesPerSecond) * 1_000
  return Math.min(idleMilliseconds, Math.min(bodyMilliseconds, atLeastRate) - waited)
}

const tooSlow = (): never => {
  throw new BodyRefused('Broken')
}

/** The longest time, in milliseconds, in which the rest of a refused body is discarded. */
const discardMilliseconds = 500

/**
 * Reads and drops what a sender still sends. A sender that does not wait for the answer before it uses its connection again would lose
 * the next request: a server cuts a connection off on which the rest of a body is left.
 */
const discard = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> => {
  const until = performance.now() + discardMilliseconds
  try {
    for (let left = discardMilliseconds; left > 0; left = until - performance.now()) {
      if ((await within<{ readonly done: boolean }>(reader.read(), left, () => ({ done: false }))).done) return
      const turn = pause()
      if (turn !== undefined) await turn
    }
  } finally {
    // Stop receiving from a sender that still sends.
    await reader.cancel()
  }
}

/**
 * Yields the pieces of a request's body as they arrive.
 *
 * @throws BodyRefused if the body has more bytes than the limit, is incomplete, or comes too slowly.
 */
export async function* readPieces(request: Request, limits: BodyLimits): AsyncGenerator<Uint8Array, void, undefined> {
  // Before the body is touched: a server that has begun to hand it over cannot discard the rest, and cuts the connection off.
  if (Number(request.headers.get('content-length') ?? 0) > limits.most) throw new BodyRefused('TooLarge')
  const { body } = request
  if (body === null) return
  const reader = body.getReader()
  let length = 0
  let waited = 0
  try {
    for (;;) {
      const askedAt = performance.now()
      const { done, value } = await within(reader.read(), patience(limits, { length, waited }), tooSlow)
      waited += performance.now() - askedAt
      if (done) return
      length += value.length
      if (length > limits.most) throw new BodyRefused('TooLarge')
      yield value
    }
  } catch (error) {
    throw error instanceof BodyRefused ? error : new BodyRefused('Broken')
  } finally {
    void discard(reader).catch(() => undefined)
  }
}

/** Returns the whole body of a request. @throws BodyRefused as {@link readPieces} does. */
export const readBody = async (request: Request, limits: BodyLimits): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of readPieces(request, limits)) {
    pieces.push(piece)
    length += piece.length
  }
  // What follows may take long, and several bodies may be complete at the same time.
  const turn = pause()
  if (turn !== undefined) await turn
  const [only] = pieces
  if (only !== undefined && pieces.length === 1) return only
  const all = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Returns `true` if the body has a content encoding, such as gzip. */
export const isEncoded = (request: Request): boolean => !/^(identity)?$/i.test(encodingOf(request))

/** Returns the content encoding of a body, in lower case; empty if it has none. */
export const encodingOf = (request: Request): string =>
  (request.headers.get('content-encoding') ?? '').trim().toLowerCase()

/** Returns the media type of a request's body, in lower case and without parameters. */
export const mediaTypeOf = (request: Request): string =>
  (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
