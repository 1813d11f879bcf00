/** A verdict file that each run of an execution continues, as that of the command line. */
import { type FileHandle, open } from 'node:fs/promises'
import type { VerdictSink } from '@userpoint/core'

export interface OpenVerdictFile {
  readonly sink: VerdictSink
  readonly close: () => Promise<void>
}

export const openVerdictFile = (path: string): OpenVerdictFile => {
  let handle: FileHandle | undefined
  return {
    sink: async (verdicts, from) => {
      handle ??= await open(path, from === 0 ? 'w+' : 'r+')
      const { size } = await handle.stat()
      if (size < from) throw new Error('the verdict file has lost verdicts')
      await handle.truncate(from)
      const text = verdicts.map(({ index, line, verdict }) => {
        const code = verdict._tag === 'Rejected' ? verdict.code : verdict._tag
        return `${JSON.stringify({ index, line, code })}\n`
      })
      const bytes = Buffer.from(text.join(''))
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, from + written)
        written += bytesWritten
      }
      return from + bytes.length
    },
    close: async () => handle?.close()
  }
}
