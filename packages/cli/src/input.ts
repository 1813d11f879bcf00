/** Inputs: files, and streams, which are copied to a temporary file if they must be read more than once. */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Failure, printable, reasonOf, wrongUsage } from './failure.ts'
import type { Io } from './io.ts'

/** The bytes of a document; each reading returns the same bytes. */
export interface Content {
  readonly size: number
  readonly read: () => AsyncIterable<Uint8Array>
}

export interface Input {
  /** The name as given; `-` is standard input. */
  readonly name: string
  /** The name to use in messages. */
  readonly title: string
  /** `true`: it can be read once, so an empty one may be that of a program that failed. */
  readonly isStream: boolean
  /** Returns the bytes for repeated reading; copies a stream, or unpacks gzip, to a temporary file first. */
  readonly content: (signal: AbortSignal) => Promise<Content>
  /** Returns the bytes as they arrive, once; use it instead of `content`. */
  readonly bytes: () => AsyncIterable<Uint8Array>
  readonly close: () => Promise<void>
}

const pieceSize = 256 * 1024

const contentOf = async (handle: FileHandle): Promise<Content> => {
  const { size } = await handle.stat()
  // A file may grow while it is imported: later readings end where the first one, which checked it, ended.
  let end = Number.POSITIVE_INFINITY
  return {
    size,
    async *read() {
      let position = 0
      while (position < end) {
        const length = Math.min(pieceSize, end - position)
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position)
        if (bytesRead === 0) break
        position += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
      end = position
    }
  }
}

/** Runs `first`, then `second` even if `first` fails. */
const inTurn = async (first: () => Promise<void>, second: () => Promise<void>): Promise<void> => {
  try {
    await first()
  } finally {
    await second()
  }
}

/** Opens a temporary file and removes its name, so that nothing remains after a crash. */
const openNameless = async (): Promise<{ readonly handle: FileHandle; readonly close: () => Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'userpoint-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const handle = await open(join(folder, 'input'), 'wx+', 0o600)
    // Some systems cannot remove an open file; it is removed after it is closed.
    await remove().catch(() => undefined)
    return { handle, close: () => inTurn(() => handle.close(), remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Yields the bytes of a stream; unpacks them if they are gzip, of any number of members. */
export async function* unpacked(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = stream[Symbol.asyncIterator]()
  let first = Buffer.alloc(0)
  while (first.length < 2) {
    const { done, value } = await pieces.next()
    if (done === true) break
    first = Buffer.concat([first, value])
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    yield first
    yield* { [Symbol.asyncIterator]: () => pieces }
  }
  if (!isGzip(first)) {
    yield* all()
    return
  }
  const unzipping = createGunzip()
  // Its error is thrown where the bytes are read.
  pipeline(all, unzipping).catch(() => undefined)
  yield* unzipping
}

/** Runs a step of a copy. Its failure is not one of the input. */
const copying = async <A>(step: () => Promise<A>): Promise<A> => {
  try {
    return await step()
  } catch (error) {
    throw new Failure(`its temporary copy in ${printable(tmpdir())} cannot be written: ${reasonOf(error)}`)
  }
}

/** Copies what a stream gives, unpacked, to a temporary file. */
const copied = async (
  stream: () => AsyncIterable<Uint8Array>
): Promise<{ readonly content: Content; readonly close: () => Promise<void> }> => {
  const copy = await copying(openNameless)
  try {
    // An error of a stream before its first reader would end the process.
    for await (const piece of unpacked(stream())) await copying(() => copy.handle.appendFile(piece))
    return { content: await contentOf(copy.handle), close: copy.close }
  } catch (error) {
    await copy.close()
    throw error
  }
}

const streamInput = (name: string, title: string, stream: () => Readable, release: () => Promise<void>): Input => {
  let close = release
  return {
    name,
    title,
    isStream: true,
    content: async (signal) => {
      const copy = await copied(() => addAbortSignal(signal, stream()))
      close = () => inTurn(copy.close, release)
      return copy.content
    },
    bytes: stream,
    close: () => close()
  }
}

const fileInput = (path: string, title: string, handle: FileHandle): Input => {
  let close = () => handle.close()
  return {
    name: path,
    title,
    isStream: false,
    content: async (signal) => {
      const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
      if (!isGzip(buffer)) return contentOf(handle)
      const copy = await copied(() => addAbortSignal(signal, handle.createReadStream({ autoClose: false, start: 0 })))
      close = () => inTurn(copy.close, () => handle.close())
      return copy.content
    },
    bytes: () => handle.createReadStream({ autoClose: false }),
    close: () => close()
  }
}

const openFile = async (path: string): Promise<Input> => {
  const title = printable(path)
  try {
    const handle = await open(path, 'r')
    const status = await handle.stat()
    if (status.isFile()) return fileInput(path, title, handle)
    if (!status.isDirectory()) {
      return streamInput(
        path,
        title,
        () => handle.createReadStream({ autoClose: false }),
        () => handle.close()
      )
    }
    await handle.close()
  } catch (error) {
    throw new Failure(`${title} cannot be read: ${reasonOf(error)}`)
  }
  throw new Failure(`${title} cannot be read: it is a folder`)
}

/** Opens every input, or none: a wrong name must show before the first file is imported. */
export const openInputs = async (
  paths: ReadonlyArray<string>,
  stdin: () => Readable
): Promise<ReadonlyArray<Input>> => {
  const inputs: Input[] = []
  try {
    for (const path of paths) {
      inputs.push(
        path === '-' ? streamInput(path, 'standard input', stdin, () => Promise.resolve()) : await openFile(path)
      )
    }
    return inputs
  } catch (error) {
    await closeInputs(inputs)
    throw error
  }
}

/** Reads an input to its end, or until it has more than `most` bytes. */
export const readUpTo = async (input: Input, most: number): Promise<Uint8Array> => {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of input.bytes()) {
    pieces.push(piece)
    length += piece.length
    if (length > most) break
  }
  return Buffer.concat(pieces)
}

export const closeInputs = async (inputs: ReadonlyArray<Input>): Promise<void> => {
  for (const input of inputs) await input.close()
}

/** Opens all inputs, runs `work`, and closes them. */
export const withInputs = async <A>(
  paths: ReadonlyArray<string>,
  io: Io,
  work: (inputs: ReadonlyArray<Input>) => Promise<A>
): Promise<A> => {
  if (paths.filter((path) => path === '-').length > 1) throw wrongUsage('standard input (-) can be read once')
  const inputs = await openInputs(paths, () => io.stdin)
  try {
    return await work(inputs)
  } finally {
    await closeInputs(inputs)
  }
}
