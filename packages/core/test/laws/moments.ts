/** Moments of writes, numbered in their order, so that two runs can be compared. */
import type { Choice, Segment } from '../../src/domain/attachments.ts'
import { type Dated, lastWritten } from '../../src/domain/moment.ts'
import type { UserPoint } from '../../src/domain/user-point.ts'
import type { Part, Parts } from '../../src/domain/written.ts'

type Numbers = (moment: number) => number

const renumberedPart = (part: Part, number: Numbers): Part => {
  if (typeof part === 'number') return number(part)
  const members = Object.entries(part.in ?? {}).map(([name, each]) => [name, renumberedPart(each, number)])
  return { ...part, at: number(part.at), ...(part.in !== undefined && { in: Object.fromEntries(members) }) }
}

const renumbered = (point: UserPoint, number: Numbers): UserPoint => {
  // Last in its object, whether it was there or not: results are compared as JSON texts.
  const dated = <A extends Dated>(each: A) => {
    const { tick: _, ...others } = each
    return { ...others, tick: number(lastWritten(each)) }
  }
  return {
    ...point,
    profiles: point.profiles.map((each) => ({
      ...each,
      writtenAt: number(each.writtenAt),
      ...(each.parts !== undefined && { parts: renumberedPart(each.parts, number) as Parts })
    })),
    segments: point.segments.map(({ dataBagAt, ...each }) => ({
      ...dated(each),
      ...(dataBagAt !== undefined && { dataBagAt: number(dataBagAt) })
    })) as ReadonlyArray<Segment>,
    choices: point.choices.map(dated) as ReadonlyArray<Choice>
  }
}

/**
 * The user points with the moments of their writes numbered in their order: a line that is decided again is written at another
 * moment, and still after the lines before it.
 */
export const withMomentsInOrder = (points: ReadonlyArray<UserPoint>): ReadonlyArray<UserPoint> => {
  const moments = new Set<number>()
  for (const point of points) renumbered(point, (moment) => moments.add(moment).size)
  const places = new Map([...moments].sort((a, b) => a - b).map((moment, place) => [moment, place]))
  return points.map((point) => renumbered(point, (moment) => places.get(moment) ?? -1))
}
