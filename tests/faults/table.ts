/** Campaigns, and the table of what they did. */
import type { Chance } from './chance.ts'

export interface Surroundings {
  readonly chance: Chance
  /** A folder for files, which is removed at the end. */
  readonly folder: string
  /** Counts faults. */
  readonly onFault: (count?: number) => void
}

/** Faults of one kind. It throws if anything is lost or doubled, or if work does not end within its bound. */
export interface Campaign {
  readonly name: string
  readonly run: (surroundings: Surroundings) => Promise<void>
}

export interface Row {
  readonly name: string
  readonly faults: number
  readonly seconds: number
  /** Absent: all is as in the clean run. */
  readonly problem?: string
}

export const tableOf = (rows: ReadonlyArray<Row>): string => {
  const width = Math.max(...rows.map(({ name }) => name.length))
  const line = (name: string, faults: string, seconds: string, outcome: string): string =>
    `${name.padEnd(width)}  ${faults.padStart(6)}  ${seconds.padStart(7)}  ${outcome}`
  const sum = rows.reduce((total, { faults }) => total + faults, 0)
  const time = rows.reduce((total, { seconds }) => total + seconds, 0)
  return [
    line('kind', 'faults', 'seconds', 'compared with a clean run'),
    ...rows.map(({ name, faults, seconds, problem }) =>
      line(name, String(faults), seconds.toFixed(1), problem ?? 'the same')
    ),
    line(
      'all',
      String(sum),
      time.toFixed(1),
      rows.some(({ problem }) => problem !== undefined) ? 'DIFFERENT' : 'the same'
    )
  ].join('\n')
}
