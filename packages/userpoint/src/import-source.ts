/** Imports a document from where it is. */
import { demandOptions, WrongCall } from '@userpoint/core/repository'
import { type Engine, type Execution, type ImportReport, parseExecutionId, type RejectionLimit } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Calls } from './calls.ts'
import { UserpointFailed } from './failure.ts'
import { optionNames, optionValues } from './option-names.ts'
import { openSource } from './source.ts'

const createHash = () => {
  const hash = sha256.create()
  return {
    update: (bytes: Uint8Array) => hash.update(bytes),
    digest: () => bytesToHex(hash.digest())
  }
}

/** Remembers the first error of a function of the caller's, which stops the import, so that its report is not lost. */
const createTelling = (signal: AbortSignal | undefined) => {
  let failed: { readonly cause: unknown } | undefined
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  // A signal of a caller's own may have no listeners.
  signal?.addEventListener?.('abort', abort)
  return {
    close: () => signal?.removeEventListener?.('abort', abort),
    /** Returns the error, once there is one. */
    failed: () => failed,
    /** Aborted by the caller, or by an error. */
    signal: {
      get aborted() {
        return failed !== undefined || signal?.aborted === true
      },
      addEventListener: (type: 'abort', listener: () => void) => stop.signal.addEventListener(type, listener),
      removeEventListener: (type: 'abort', listener: () => void) => stop.signal.removeEventListener(type, listener)
    },
    watch: async <A>(tell: () => A | PromiseLike<A>): Promise<A> => {
      try {
        return await tell()
      } catch (cause) {
        failed ??= { cause }
        abort()
        throw cause
      }
    }
  }
}

/** Returns the report of an execution that ended without one. */
const reportOf = ({ type, counts, jobRejection }: Execution): ImportReport => ({
  type,
  status: 'Failed',
  ...counts,
  jobRejection
})

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
    demandOptions('import', options, optionNames.importDocument, optionValues.importDocument)
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
      throw new WrongCall(
        'WRONG_ARGUMENT',
        'an execution is named by 1 to 512 printable ASCII characters without spaces'
      )
    if (id === undefined ? verdictSink !== undefined : onVerdicts !== undefined)
      throw new WrongCall('WRONG_ARGUMENT', 'verdicts go to verdictSink of an execution, and else to onVerdicts')
    const { input, close } = await openSource(source, { signal })
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
    const telling = createTelling(signal)
    let latest: Execution | undefined
    const reading = {
      ...(framing !== undefined && { framing }),
      ...(maxRejected !== undefined && { maxRejected }),
      signal: telling.signal
    }
    try {
      const outcome =
        id === undefined
          ? await engine.importDocument(type, counted, {
              ...reading,
              onVerdicts: async (verdicts) => {
                lines += verdicts.length
                // The batch is committed: the import goes on to its report.
                await telling.watch(() => onVerdicts?.(verdicts)).catch(() => undefined)
              }
            })
          : await engine.runExecution(id, type, counted, {
              ...reading,
              createHash,
              ...(verdictSink !== undefined && {
                verdictSink: (verdicts, length) => telling.watch(() => verdictSink(verdicts, length))
              }),
              ...(otherSettings !== undefined && { otherSettings }),
              onProgress: (now) => {
                latest = now
                lines = now.counts.lines
              }
            })
      const failed = telling.failed()
      if (outcome._tag === 'Right' && failed !== undefined)
        throw new UserpointFailed({ _tag: 'VerdictsFailed', ...failed }, outcome.right)
      if (outcome._tag === 'Left') throw new UserpointFailed(outcome.left.error, outcome.left.report)
      return outcome.right
    } catch (error) {
      // A batch of an execution is committed only after its verdicts are kept.
      const failed = telling.failed()
      if (failed === undefined || failed.cause !== error) throw error
      throw new UserpointFailed({ _tag: 'VerdictsFailed', ...failed }, latest && reportOf(latest))
    } finally {
      telling.close()
      await close()
    }
  }
}
