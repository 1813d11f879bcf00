/** Unpacks gzip as a stream, with the same limit of bytes as an upload that is not packed. */
import { BodyRefused } from '../body.ts'
import { Problem } from './envelope.ts'

/** Returns bytes from their second piece on, with the first one before them again. */
async function* rejoined(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    if (first.length > 0) yield first
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}

/** Returns at least the first two bytes, and what follows them. */
const opened = async (bytes: AsyncIterable<Uint8Array>) => {
  const rest = bytes[Symbol.asyncIterator]()
  let first: Uint8Array = new Uint8Array()
  while (first.length < 2) {
    const next = await rest.next()
    if (next.done === true) break
    first = joined(first, next.value)
  }
  return { first, all: rejoined(first, rest) }
}

/** Yields what gzip holds. @throws BodyRefused beyond `most` bytes; Problem if it is damaged. */
export async function* unpacked(
  bytes: AsyncIterable<Uint8Array>,
  most: number
): AsyncGenerator<Uint8Array, void, undefined> {
  let failure: Error | undefined
  async function* noting(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* bytes
    } catch (error) {
      failure = error as Error
      throw error
    }
  }
  const stream = ReadableStream.from(noting()).pipeThrough(new DecompressionStream('gzip'))
  let length = 0
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      length += piece.length
      if (length > most) throw new BodyRefused('TooLarge')
      yield piece
    }
  } catch (error) {
    if (error instanceof BodyRefused) throw error
    throw failure ?? new Problem('BAD_REQUEST', 'the gzip is damaged')
  }
}

/** Yields bytes, unpacked if they begin as gzip does. No line of JSON and no CSV begins so. */
export async function* unpackedIfGzip(
  bytes: AsyncIterable<Uint8Array>,
  most: number
): AsyncGenerator<Uint8Array, void, undefined> {
  const { first, all } = await opened(bytes)
  yield* first[0] === 0x1f && first[1] === 0x8b ? unpacked(all, most) : all
}
