/** The verdict file: one JSON object per command, in order. */
import { constants, type FileHandle, open } from 'node:fs/promises'
import type { LineVerdict, VerdictSink } from '@userpoint/core'
import { Failure, isMissing, printable, reasonOf } from './failure.ts'
import { lineFields } from './verdict-line.ts'

export interface VerdictFile {
  /**
   * Adds verdicts; waits for the disk now and then.
   *
   * @param file The input they are about, where there are several.
   * @throws Failure where the file cannot be written.
   */
  readonly add: (verdicts: ReadonlyArray<LineVerdict>, file?: string) => Promise<void>
  /** Writes what is left and closes the file. */
  readonly close: () => Promise<void>
}

const bufferSize = 64 * 1024

const failed = (path: string, error: unknown): Failure =>
  new Failure(`the verdict file ${printable(path)} cannot be written: ${reasonOf(error)}`)

/** Tries to work on a verdict file. */
const attempt = <A>(path: string, work: Promise<A>): Promise<A> =>
  work.catch((error: unknown) => {
    throw failed(path, error)
  })

const textOf = (verdicts: ReadonlyArray<LineVerdict>, file?: string): string => {
  let text = ''
  for (const verdict of verdicts) text += `${JSON.stringify(lineFields(verdict, file))}\n`
  return text
}

/** A new verdict file; what was in a file of that name is gone. */
export const createVerdictFile = async (path: string): Promise<VerdictFile> => {
  const handle = await attempt(path, open(path, 'w'))
  let buffer = ''
  let isWhole = true
  const flush = async (): Promise<void> => {
    const text = buffer
    buffer = ''
    // After a failure nothing is added: verdicts would be missing in between.
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

/** A verdict file that goes on where its execution is, run after run. */
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

/** More than nearly any verdict has; one whose warnings name long properties has more. */
const usualLine = 64 * 1024

/** The index of the verdict whose line ends at `end`; `undefined`: no verdict's does. */
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
 * The verdict file of an execution. It is opened with the first verdicts, so that an execution which has nothing to do
 * leaves it alone; and it is on the disk before the store is told of them. Nothing is written to a file that does not hold
 * the verdicts before.
 */
export const continueVerdictFile = (path: string): ContinuedVerdictFile => {
  const name = `the verdict file ${printable(path)}`
  let handle: FileHandle | undefined
  let size = 0

  const opened = async (verdicts: ReadonlyArray<LineVerdict>, from: number): Promise<FileHandle> => {
    if (handle !== undefined) return handle
    const file = await open(path, constants.O_RDWR | (from === 0 ? constants.O_CREAT : 0)).catch((error: unknown) => {
      throw from > 0 && isMissing(error) ? hasLost('there is none', from) : error
    })
    handle = file
    const status = await file.stat()
    if (!status.isFile()) throw new Failure(`${name} of an execution must be a regular file`)
    size = status.size
    if (size < from) throw hasLost(`it is ${size} bytes long`, from)
    const last = from > 0 ? await indexBefore(file, from) : -1
    const [next] = verdicts
    if (last === undefined || (next !== undefined && last !== next.index - 1)) {
      throw new Failure(
        `${name} is not the one that the execution has written ${from} bytes of, and is left as it is; that one must be given`
      )
    }
    return file
  }

  const hasLost = (what: string, from: number): Failure =>
    new Failure(`${name} has lost verdicts: ${what}, and the execution has written ${from}, which must be put back`)

  const write = async (verdicts: ReadonlyArray<LineVerdict>, from: number): Promise<number> => {
    const file = await opened(verdicts, from)
    const bytes = Buffer.from(textOf(verdicts))
    const end = from + bytes.length
    // Whatever is there now is of no commit, or of one that did not land.
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
