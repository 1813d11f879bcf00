import type { BrokenStore } from './small-store.ts'

const round = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(15)) : value

/** Keeps fifteen digits of a number. */
export const roundedNumbers: BrokenStore = {
  name: 'rounded numbers',
  breaks: 'PO-4.bodies',
  parts: { encode: (body) => JSON.stringify(body, round) }
}
