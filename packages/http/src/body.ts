/** Reads request bodies as a stream, with a size limit and an idle timeout. */

/** Thrown for a body that is not read. `TooLarge`: over the limit. `Broken`: it ended early, or the sender was idle too long. */
export class BodyRefused extends Error {
  readonly reason: 'TooLarge' | 'Broken'

  constructor(reason: BodyRefused['reason']) {
    super(reason)
    this.name = 'BodyRefused'
    this.reason = reason
  }
}

const inTime = async <A>(work: Promise<A>, milliseconds: number): Promise<A> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new BodyRefused('Broken')), milliseconds)
      })
    ])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Yields the pieces of a request's body as they arrive.
 *
 * @throws BodyRefused if the body has more than `most` bytes or is incomplete.
 */
export async function* readPieces(
  request: Request,
  most: number,
  idleMilliseconds: number
): AsyncGenerator<Uint8Array, void, undefined> {
  const { body } = request
  if (Number(request.headers.get('content-length') ?? 0) > most) throw new BodyRefused('TooLarge')
  if (body === null) return
  const reader = body.getReader()
  let length = 0
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), idleMilliseconds)
      if (done) return
      length += value.length
      if (length > most) throw new BodyRefused('TooLarge')
      yield value
    }
  } catch (error) {
    throw error instanceof BodyRefused ? error : new BodyRefused('Broken')
  } finally {
    // Stop receiving from a sender that still sends.
    void reader.cancel().catch(() => undefined)
  }
}

/** Returns the whole body of a request. @throws BodyRefused as {@link readPieces} does. */
export const readBody = async (request: Request, most: number, idleMilliseconds: number): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of readPieces(request, most, idleMilliseconds)) {
    pieces.push(piece)
    length += piece.length
  }
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

/** Returns `true` if the body has a content encoding, such as gzip; such a body is rejected. */
export const isEncoded = (request: Request): boolean =>
  !/^(identity)?$/i.test((request.headers.get('content-encoding') ?? '').trim())

/** Returns the media type of a request's body, in lower case and without parameters. */
export const mediaTypeOf = (request: Request): string =>
  (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
