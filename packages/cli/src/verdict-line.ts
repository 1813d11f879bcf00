/** Verdicts as JSON, for programs. */
import type { LineVerdict, Verdict } from '@userpoint/core'

const tags = { Applied: 'applied', NoOp: 'no_op', Rejected: 'rejected' } as const

/** A verdict as the fields that it has wherever it is written. */
export const verdictFields = (verdict: Verdict): object => {
  const { warnings } = verdict
  return {
    verdict: tags[verdict._tag],
    ...(verdict._tag === 'NoOp' && { code: verdict.reason }),
    ...(verdict._tag === 'Rejected' && {
      code: verdict.code,
      ...(verdict.path !== undefined && { path: verdict.path }),
      message: verdict.message
    }),
    ...(warnings !== undefined &&
      warnings.length > 0 && { warnings: warnings.map(({ code, path }) => ({ code, path })) })
  }
}

/**
 * The verdict on a line of a document.
 *
 * @param file The input it is about, where there are several.
 */
export const lineFields = ({ index, line, verdict }: LineVerdict, file: string | undefined): object => ({
  ...(file !== undefined && { file }),
  index,
  line,
  ...verdictFields(verdict)
})
