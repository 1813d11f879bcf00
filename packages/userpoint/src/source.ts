/** Sources of documents: paths, text, bytes and streams become bytes that can be read more than once. */
import { WrongCall } from '@userpoint/core/repository'
import type { DocumentInput } from '@userpoint/core'
import { UserpointFailed } from './failure.ts'

/** A document: a path, text, bytes, a Blob, a stream (of Node or of the web), or a function that gives all but the first two anew. */
export type Source =
  | string
  | URL
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | (() => OpenSource | Promise<OpenSource>)

type OpenSource =
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array>

/** A source that is ready to be read, and what to do once the import is done. */
export interface OpenedSource {
  readonly input: DocumentInput
  readonly close: () => Promise<void>
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<Uint8Array | string> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

const isIterable = (value: unknown): value is Iterable<Uint8Array> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value

const encoder = new TextEncoder()

// Bytes of another realm are bytes too.
const isBytes = (value: unknown): value is Uint8Array => Object.prototype.toString.call(value) === '[object Uint8Array]'

/**
 * The bytes of text. A lone surrogate has none, and becomes a byte that is not UTF-8, so that the document is refused: the encoder
 * would repair it, and two identifiers would become one.
 */
const encoded = (text: string): Uint8Array => {
  if (text.isWellFormed()) return encoder.encode(text)
  const parts = text.split(/\p{Surrogate}/u).map((part) => encoder.encode(part))
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length + 1, -1)).fill(0xff)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length + 1
  }
  return bytes
}

/** The bytes of a chunk. An object of a stream in object mode has no length, and would pass as an empty chunk. */
const bytesOf = (chunk: unknown): Uint8Array => {
  if (isBytes(chunk)) return chunk
  throw new WrongCall('WRONG_ARGUMENT', 'the stream or iterable gave a chunk that is neither text nor a Uint8Array')
}

const alreadyRead = new Error('the stream has been read to its end before, by another reader')

async function* chunksOf(source: OpenSource): AsyncGenerator<Uint8Array, void, undefined> {
  // Such a stream of Node gives no bytes and no error, as if the document were empty.
  if (Reflect.get(source, 'readableEnded') === true) throw alreadyRead
  if (source instanceof Blob) {
    yield* chunksOf(source.stream())
  } else if (isBytes(source)) {
    yield source
  } else if (isAsyncIterable(source) || isIterable(source)) {
    // A character may be cut in two between chunks of text.
    let half = ''
    for await (const chunk of source as AsyncIterable<unknown> | Iterable<unknown>) {
      const text = typeof chunk === 'string' ? half + chunk : half
      half = typeof chunk === 'string' ? (/[\ud800-\udbff]$/.exec(text)?.[0] ?? '') : ''
      if (text !== half) yield encoded(text.slice(0, text.length - half.length))
      if (typeof chunk !== 'string') yield bytesOf(chunk)
    }
    if (half !== '') yield encoded(half)
  } else {
    throw new WrongCall('WRONG_ARGUMENT', 'the function gave no stream, bytes, Blob or iterable of bytes')
  }
}

const gzipStart = [0x1f, 0x8b] as const

const startsAsGzip = (bytes: Uint8Array): boolean => bytes[0] === gzipStart[0] && bytes[1] === gzipStart[1]

/** The same bytes, unpacked where they are gzip (of one member or several). */
async function* unpacked(
  chunks: AsyncGenerator<Uint8Array, void, undefined>
): AsyncGenerator<Uint8Array, void, undefined> {
  let first = new Uint8Array()
  while (first.length < gzipStart.length) {
    const { done, value } = await chunks.next()
    if (done === true) break
    const joined = new Uint8Array(first.length + value.length)
    joined.set(first)
    joined.set(value, first.length)
    first = joined
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    if (first.length > 0) yield first
    yield* chunks
  }
  if (!startsAsGzip(first)) {
    yield* all()
    return
  }
  const packed = ReadableStream.from(all()) as ReadableStream<Uint8Array<ArrayBuffer>>
  yield* packed.pipeThrough(new DecompressionStream('gzip'))
}

/** Ends a stream of Node that may wait for its next chunk. Others end once they have it. */
const abandon = (source: unknown): void => {
  const destroy: unknown = Reflect.get(Object(source) as object, 'destroy')
  if (typeof destroy === 'function') Reflect.apply(destroy, source, [])
}

const ignore = (): void => undefined

/** Returns what `wait` resolves to, or `undefined` if the signal comes first. */
const unlessAborted = async <A>(wait: Promise<A>, signal: AbortSignal | undefined): Promise<A | undefined> => {
  let stop = ignore
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
  })
  signal?.addEventListener?.('abort', stop)
  if (signal?.aborted === true) stop()
  try {
    return await Promise.race([stopped, wait])
  } finally {
    signal?.removeEventListener?.('abort', stop)
  }
}

/**
 * Keeps a stream that can be read once, so that it can be read again: in memory, or in a file of Node's. If the signal comes first,
 * nothing is kept: the engine sees the signal before it reads, and reports an import that has stopped.
 */
const keepIn = async (source: OpenSource, signal: AbortSignal | undefined): Promise<OpenedSource> => {
  const chunks = unpacked(chunksOf(source))
  // Before anything is awaited: an error of a stream that has no reader yet would end the process.
  let next = chunks.next()
  next.catch(ignore)
  let spool: Spool | undefined
  try {
    spool = await openSpool()
    for (;;) {
      const read = await unlessAborted(next, signal)
      if (read === undefined) {
        abandon(source)
        chunks.return().catch(ignore)
        await spool.close()
        return { input: () => [], close: nothingToClose }
      }
      if (read.done === true) return { input: spool.read, close: spool.close }
      await spool.write(read.value)
      next = chunks.next()
      next.catch(ignore)
    }
  } catch (cause) {
    abandon(source)
    chunks.return().catch(ignore)
    await spool?.close()
    throw new UserpointFailed({ _tag: 'InputFailed', cause })
  }
}

interface Spool {
  readonly write: (chunk: Uint8Array) => Promise<void>
  readonly read: () => AsyncIterable<Uint8Array>
  readonly close: () => Promise<void>
}

const memorySpool = (): Spool => {
  let chunks: Uint8Array[] = []
  return {
    // The producer may use the chunk's memory again.
    write: async (chunk) => void chunks.push(new Uint8Array(chunk)),
    async *read() {
      yield* chunks
    },
    close: async () => {
      chunks = []
    }
  }
}

/** The file system of Node, Bun or Deno; absent elsewhere. No import names it, so bundlers for browsers do not look for it. */
const fileSystem = () => (typeof process === 'object' ? process.getBuiltinModule?.('node:fs') : undefined)

const openSpool = async (): Promise<Spool> => {
  const files = fileSystem()
  if (files === undefined) return memorySpool()
  const { mkdtemp, open, rm } = files.promises
  const { tmpdir } = process.getBuiltinModule('node:os')
  const folder = await mkdtemp(`${tmpdir()}/userpoint-`)
  const file = await open(`${folder}/document`, 'wx+', 0o600)
  let length = 0
  return {
    write: async (chunk) => {
      let written = 0
      while (written < chunk.length) {
        const { bytesWritten } = await file.write(chunk, written, chunk.length - written, length)
        written += bytesWritten
        length += bytesWritten
      }
    },
    async *read() {
      const size = 256 * 1024
      for (let at = 0; at < length; ) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(size), 0, Math.min(size, length - at), at)
        if (bytesRead === 0) throw new Error('the temporary copy of the document is incomplete')
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    },
    close: async () => {
      await file.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

// A record separator stands before each line of a JSON text sequence (RFC 7464).
const documentStarts: ReadonlySet<string | undefined> = new Set(['{', '[', '\u001e', undefined])

/** Returns whether text is a document, and not the path of a file. */
const isDocument = (text: string, kind: 'lines' | 'csv'): boolean =>
  kind === 'lines' ? documentStarts.has(text.trimStart()[0]) : /[\r\n]/.test(text)

const nothingToClose = async (): Promise<void> => undefined

/** Returns a reader of the file at this path, which opens it anew for each reading. */
const fileAt = (path: string | URL): DocumentInput => {
  const files = fileSystem()
  if (files === undefined)
    throw new WrongCall('WRONG_ARGUMENT', 'a path can be read on Node, Bun and Deno only; give a stream or a Blob')
  return () => files.createReadStream(path)
}

/**
 * Opens a source. Text that begins with `{`, `[` or white space is a document, and text with a line break is a CSV; other
 * text is the path of a file. gzip is unpacked. A stream that is given once is copied, because a document is read twice: into a temporary file that only this
 * user can read, or into memory where there are no files.
 *
 * @throws TypeError where the value is no source.
 * @throws UserpointFailed where a stream that is copied fails.
 */
export const openSource = async (
  source: Source,
  { kind = 'lines', signal }: { readonly kind?: 'lines' | 'csv'; readonly signal?: AbortSignal | undefined } = {}
): Promise<OpenedSource> => {
  const again = (open: () => OpenSource | Promise<OpenSource>): OpenedSource => {
    let latest: OpenSource | undefined
    return {
      async *input() {
        latest = await open()
        yield* unpacked(chunksOf(latest))
      },
      // After a signal, a stream may still wait.
      close: async () => abandon(latest)
    }
  }
  if (source === '') throw new WrongCall('WRONG_ARGUMENT', 'the text is empty, and holds no document')
  if (typeof source === 'string' && isDocument(source, kind)) {
    return { input: encoded(source), close: nothingToClose }
  }
  if (typeof source === 'string' || source instanceof URL) {
    const read = fileAt(source)
    return again(() => (read as () => AsyncIterable<Uint8Array>)())
  }
  if (source instanceof Uint8Array) {
    // `slice` of a Buffer would share its memory.
    const copy = new Uint8Array(source)
    return again(() => [copy])
  }
  if (source instanceof Blob) return again(() => source)
  if (typeof source === 'function') return again(source)
  if (isAsyncIterable(source)) return keepIn(source, signal)
  throw new WrongCall(
    'WRONG_ARGUMENT',
    'a document is a path, text, bytes, a Blob, a stream, or a function that gives bytes, a Blob or a stream'
  )
}
