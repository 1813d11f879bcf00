/** The verdict file: one JSON object per command, in order. */
import { open } from 'node:fs/promises'
import type { LineVerdict } from '@userpoint/core'
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

/** A new verdict file; what was in a file of that name is gone. */
export const createVerdictFile = async (path: string): Promise<VerdictFile> => {
  const failed = (error: unknown) =>
    new Failure(`the verdict file ${printable(path)} cannot be written: ${reasonOf(error)}`)
  const attempt = <A>(work: Promise<A>): Promise<A> =>
    work.catch((error: unknown) => {
      throw failed(error)
    })
  const handle = await attempt(open(path, 'w'))
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
      for (const verdict of verdicts) buffer += `${JSON.stringify(lineFields(verdict, file))}\n`
      if (buffer.length >= bufferSize) await attempt(flush())
    },
    close: async () => {
      try {
        await attempt(flush())
      } finally {
        await handle.close()
      }
    }
  }
}
