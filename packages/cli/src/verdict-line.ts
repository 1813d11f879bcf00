/** Verdicts as JSON, for programs. */
import type { LineVerdict, Verdict } from '@userpoint/core'

const tags = { Applied: 'applied', NoOp: 'no_op', Rejected: 'rejected' } as const

/** Returns the number of values that lost in a join. */
const lostIn = (verdict: Verdict): number =>
  verdict._tag === 'Applied' && 'lost' in verdict.effect ? verdict.effect.lost : 0

/** Returns the reasons why a merge made a hyper point. */
const hyperPointOf = (verdict: Verdict): ReadonlyArray<string> =>
  verdict._tag === 'Applied' && 'hyperPoint' in verdict.effect ? (verdict.effect.hyperPoint ?? []) : []

/** Returns whether an upsert altered nothing but the time of the write. */
const altersNothing = (verdict: Verdict): boolean =>
  verdict._tag === 'Applied' && 'changed' in verdict.effect && verdict.effect.changed === 0

/** Returns a verdict as JSON fields. */
export const verdictFields = (verdict: Verdict): object => {
  const { warnings } = verdict
  return {
    verdict: tags[verdict._tag],
    ...(altersNothing(verdict) && { changed: 0 }),
    ...(lostIn(verdict) > 0 && { lost: lostIn(verdict) }),
    ...(hyperPointOf(verdict).length > 0 && { hyper_point: hyperPointOf(verdict) }),
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
 * Returns the verdict on a line of a document as JSON fields.
 *
 * @param file The name of the input, if there are several inputs.
 */
export const lineFields = ({ index, line, verdict }: LineVerdict, file: string | undefined): object => ({
  ...(file !== undefined && { file }),
  index,
  line,
  ...verdictFields(verdict)
})
