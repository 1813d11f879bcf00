/** Imports a document from where it is. */
import { type Engine, parseExecutionId, type RejectionLimit } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Calls } from './calls.ts'
import { UserpointFailed } from './failure.ts'
import { openSource } from './source.ts'

const createHash = () => {
  const hash = sha256.create()
  return {
    update: (bytes: Uint8Array) => hash.update(bytes),
    digest: () => bytesToHex(hash.digest())
  }
}

/**
 * Returns the call that imports documents.
 *
 * @param mostRejected The largest number of rejected lines, unless a call says another.
 */
export const importerOf = (
  engine: Pick<Engine<DocumentType>, 'importDocument' | 'runExecution'>,
  mostRejected: RejectionLimit | undefined
): Calls['import'] => {
  return async (type, source, options = {}) => {
    const {
      execution,
      onProgress,
      onVerdicts,
      verdictSink,
      framing,
      signal,
      otherSettings,
      maxRejected = mostRejected
    } = options
    const id = execution === undefined ? undefined : parseExecutionId(execution)
    if (execution !== undefined && id === undefined)
      throw new TypeError('an execution is named by 1 to 512 printable ASCII characters without spaces')
    const { input, close } = await openSource(source)
    let lines = 0
    let readings = 0
    const told = onProgress
    async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
      readings++
      let bytes = 0
      for await (const chunk of typeof input === 'function' ? input() : [input]) {
        bytes += chunk.length
        yield chunk
        await told?.({ reading: readings === 1 ? 1 : 2, bytes, lines })
      }
    }
    const reading = {
      ...(framing !== undefined && { framing }),
      ...(maxRejected !== undefined && { maxRejected }),
      ...(signal !== undefined && { signal })
    }
    try {
      const outcome =
        id === undefined
          ? await engine.importDocument(type, counted, {
              ...reading,
              onVerdicts: async (verdicts) => {
                lines += verdicts.length
                await onVerdicts?.(verdicts)
              }
            })
          : await engine.runExecution(id, type, counted, {
              ...reading,
              createHash,
              ...(verdictSink !== undefined && { verdictSink }),
              ...(otherSettings !== undefined && { otherSettings }),
              onProgress: ({ counts }) => {
                lines = counts.lines
              }
            })
      if (outcome._tag === 'Left') throw new UserpointFailed(outcome.left.error, outcome.left.report)
      return outcome.right
    } finally {
      await close()
    }
  }
}
