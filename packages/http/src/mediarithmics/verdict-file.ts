/** The verdict file of an execution: a line of JSON for each rejected line, or for every line. It has no value of a line. */
import type { LineVerdict } from '@userpoint/core'
import type { ExecutionRecord } from './execution-record.ts'

const tags = { Applied: 'applied', NoOp: 'no_op', Rejected: 'rejected' } as const

const rejectionOf = ({ verdict }: LineVerdict): object =>
  verdict._tag === 'Rejected'
    ? { code: verdict.code, ...(verdict.path !== undefined && { path: verdict.path }), message: verdict.message }
    : {}

/** Returns the fields on an upsert that altered nothing, on a join, and the warnings of a line. */
const remarksOn = ({ verdict }: LineVerdict): object => {
  const effect = verdict._tag === 'Applied' ? verdict.effect : undefined
  const lost = effect !== undefined && 'lost' in effect ? effect.lost : 0
  const hyperPoint = effect !== undefined && 'hyperPoint' in effect ? (effect.hyperPoint ?? []) : []
  const warnings = verdict.warnings ?? []
  return {
    ...(effect !== undefined && 'changed' in effect && effect.changed === 0 && { changed: 0 }),
    ...(lost > 0 && { lost }),
    ...(hyperPoint.length > 0 && { hyper_point: hyperPoint }),
    ...(warnings.length > 0 && { warnings: warnings.map(({ code, path }) => ({ code, path })) })
  }
}

/** Returns the lines of a verdict file for these verdicts. */
export const verdictLines = (verdicts: ReadonlyArray<LineVerdict>, wanted: ExecutionRecord['verdicts']): string =>
  verdicts
    .filter(({ verdict }) => wanted === 'all' || verdict._tag === 'Rejected')
    .map((each) => {
      const { index, line, verdict } = each
      const outcome = wanted === 'all' && {
        verdict: tags[verdict._tag],
        ...(verdict._tag === 'NoOp' && { reason: verdict.reason }),
        ...remarksOn(each)
      }
      return `${JSON.stringify({ index, line, ...outcome, ...rejectionOf(each) })}\n`
    })
    .join('')

const newline = 0x0a

/** Yields the lines of a file, each with its line end. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let rest = new Uint8Array()
  for await (const piece of bytes) {
    const all = new Uint8Array(rest.length + piece.length)
    all.set(rest)
    all.set(piece, rest.length)
    let start = 0
    for (let end = all.indexOf(newline); end !== -1; end = all.indexOf(newline, start)) {
      yield all.subarray(start, end + 1)
      start = end + 1
    }
    rest = all.slice(start)
  }
  if (rest.length > 0) yield rest
}

/** Yields the rejected lines of a file that has every line, in the form of a file that has only them. */
export async function* rejectedLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  for await (const line of linesOf(bytes)) {
    const { verdict, warnings: _, ...rest } = JSON.parse(decoder.decode(line)) as Readonly<Record<string, unknown>>
    if (verdict === tags.Rejected) yield encoder.encode(`${JSON.stringify(rest)}\n`)
  }
}
