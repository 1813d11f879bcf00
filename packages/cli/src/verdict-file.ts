/** The verdict file: one JSON object per command, in order. */
import { constants, type FileHandle, open } from 'node:fs/promises'
import type { LineVerdict, VerdictSink } from '@userpoint/core'
import { Failure, printable, reasonOf } from './failure.ts'
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

/**
 * The verdict file of an execution. It is opened with the first verdicts, so that an execution which has nothing to do
 * leaves it alone; and it is on the disk before the store is told of them.
 */
export const continueVerdictFile = (path: string): ContinuedVerdictFile => {
  let handle: FileHandle | undefined
  let size = 0

  const opened = async (): Promise<FileHandle> => {
    if (handle !== undefined) return handle
    handle = await open(path, constants.O_RDWR | constants.O_CREAT)
    const status = await handle.stat()
    if (!status.isFile())
      throw new Failure(`the verdict file ${printable(path)} of an execution must be a regular file`)
    size = status.size
    return handle
  }

  const write = async (verdicts: ReadonlyArray<LineVerdict>, from: number): Promise<number> => {
    const file = await opened()
    if (size < from) {
      throw new Failure(
        `the verdict file ${printable(path)} has lost verdicts: it is ${size} bytes long, and the execution has written ${from}`
      )
    }
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
