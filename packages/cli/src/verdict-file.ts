/** The verdict file: one JSON object per command, in order. */
import { access, constants, type FileHandle, open, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { LineVerdict, VerdictSink } from '@userpoint/core'
import { Failure, isMissing, printable, reasonOf } from './failure.ts'
import { lineFields } from './verdict-line.ts'

export interface VerdictFile {
  /**
   * Adds verdicts; writes them to the file when the buffer is full.
   *
   * @param file The name of the input, if there are several inputs.
   * @throws Failure if the file cannot be written.
   */
  readonly add: (verdicts: ReadonlyArray<LineVerdict>, file?: string) => Promise<void>
  /** Writes the rest of the buffer and closes the file. */
  readonly close: () => Promise<void>
}

const bufferSize = 64 * 1024

const failed = (path: string, error: unknown): Failure =>
  new Failure(`the verdict file ${printable(path)} cannot be written: ${reasonOf(error)}`)

/** Turns an error of the work into a failure that names the file. */
const attempt = <A>(path: string, work: Promise<A>): Promise<A> =>
  work.catch((error: unknown) => {
    throw failed(path, error)
  })

const textOf = (verdicts: ReadonlyArray<LineVerdict>, file?: string): string => {
  let text = ''
  for (const verdict of verdicts) text += `${JSON.stringify(lineFields(verdict, file))}\n`
  return text
}

/** Demands that a verdict file can be created. What is no file is not touched: a pipe would end. */
export const demandVerdictFile = (path: string): Promise<void> =>
  attempt(
    path,
    (async () => {
      const status = await stat(path).catch((error: unknown) => {
        if (!isMissing(error)) throw error
      })
      if (status === undefined) await access(dirname(resolve(path)), constants.W_OK)
      else if (status.isFile() || status.isDirectory()) await (await open(path, 'r+')).close()
    })()
  )

/** Creates a verdict file; overwrites an existing one. */
export const createVerdictFile = async (path: string): Promise<VerdictFile> => {
  const handle = await attempt(path, open(path, 'w'))
  let buffer = ''
  let isWhole = true
  const flush = async (): Promise<void> => {
    const text = buffer
    buffer = ''
    // Write nothing after a failure, which would leave a gap.
    if (!isWhole) return
    isWhole = false
    await handle.appendFile(text)
    isWhole = true
  }
  return {
    add: async (verdicts, file) => {
      buffer += textOf(verdicts, file)
      if (buffer.length >= bufferSize) await attempt(path, flush())
    },
    close: async () => {
      try {
        await attempt(path, flush())
      } finally {
        await handle.close()
      }
    }
  }
}

/** A verdict file that each run of an execution continues. */
export interface ContinuedVerdictFile {
  readonly sink: VerdictSink
  readonly close: () => Promise<void>
}

const writeAt = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  let written = 0
  while (written < bytes.length) {
    const rest = await handle.write(bytes, written, bytes.length - written, position + written)
    written += rest.bytesWritten
  }
}

/** In bytes; longer than most verdicts. Only warnings about long properties need more. */
const usualLine = 64 * 1024

/** Returns the index of the verdict whose line ends at `end`, or `undefined` if no verdict ends there. */
const indexBefore = async (file: FileHandle, end: number, most = usualLine): Promise<number | undefined> => {
  const from = Math.max(0, end - most)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(end - from), 0, end - from, from)
  const text = buffer.toString('utf8', 0, bytesRead)
  if (!text.endsWith('\n')) return undefined
  const before = text.lastIndexOf('\n', text.length - 2)
  if (before === -1 && from > 0) return indexBefore(file, end, 2 * most)
  try {
    return (JSON.parse(text.slice(before + 1)) as { readonly index?: number } | null)?.index
  } catch {
    return undefined
  }
}

/**
 * Returns the verdict file of an execution. The file is opened with the first verdicts, so an execution with nothing to do
 * does not touch it. Verdicts are on disk before their batch is committed. A file that lacks the earlier verdicts is
 * left unchanged.
 */
export const continueVerdictFile = (path: string): ContinuedVerdictFile => {
  const name = `the verdict file ${printable(path)}`
  let handle: FileHandle | undefined
  let size = 0

  const opened = async (verdicts: ReadonlyArray<LineVerdict>, from: number): Promise<FileHandle> => {
    if (handle !== undefined) return handle
    const file = await open(path, constants.O_RDWR | (from === 0 ? constants.O_CREAT : 0)).catch((error: unknown) => {
      throw from > 0 && isMissing(error) ? lost('is missing', from) : error
    })
    handle = file
    const status = await file.stat()
    if (!status.isFile()) throw new Failure(`${name} must be a regular file, because --execution continues it`)
    size = status.size
    if (size < from) throw lost(`has only ${size} bytes`, from)
    const last = from > 0 ? await indexBefore(file, from) : -1
    const [next] = verdicts
    if (last === undefined || (next !== undefined && last !== next.index - 1)) {
      throw new Failure(
        `${name} is not the file to which this execution has written ${from} bytes, and is left unchanged; give the original file`
      )
    }
    return file
  }

  const lost = (what: string, from: number): Failure =>
    new Failure(`${name} ${what}, but the execution has written ${from} bytes of verdicts to it; restore the file`)

  const write = async (verdicts: ReadonlyArray<LineVerdict>, from: number): Promise<number> => {
    const file = await opened(verdicts, from)
    const bytes = Buffer.from(textOf(verdicts))
    const end = from + bytes.length
    // Bytes after `from` belong to no commit, or to one that failed.
    if (size > end) await file.truncate(end)
    await writeAt(file, bytes, from)
    size = end
    if (bytes.length > 0) await file.datasync()
    return end
  }

  return {
    sink: async (verdicts, from) => {
      try {
        return await write(verdicts, from)
      } catch (error) {
        throw error instanceof Failure ? error : failed(path, error)
      }
    },
    close: async () => handle?.close()
  }
}
