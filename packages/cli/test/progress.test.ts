import { describe, expect, it } from 'vitest'
import { createProgress, duration, summary } from '../src/progress.ts'
import { someLines } from '../src/report-table.ts'
import { createCollector } from './program.ts'

it.each([
  [0, '0 s'],
  [0.2, '1 s'],
  [59.5, '1 min 0 s'],
  [125, '2 min 5 s'],
  [4_200, '1 h 10 min']
])('says %d seconds as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})

it('computes rate and remaining time from bytes', () => {
  const state = { size: 4_000, bytes: 1_000, lines: 12_000, milliseconds: 2_000 }
  expect(summary(state)).toBe('12,000 lines, 6,000/s, 6 s left')
  expect(summary({ ...state, bytes: 0 })).toBe('12,000 lines, 6,000/s')
  expect(summary({ ...state, lines: 0 })).toBe('checking')
})

describe('plain lines', () => {
  const show = async (plain: boolean): Promise<string> => {
    const stream = createCollector()
    const progress = await createProgress({ stream, title: 'people.ndjson', size: 4, plain, interval: 0 })
    const pieces = progress.watch(
      (async function* () {
        yield Buffer.from('ab')
        yield Buffer.from('cd')
      })()
    )
    for await (const piece of pieces) progress.add(piece.length)
    progress.stop()
    await new Promise((resolve) => stream.end(resolve))
    return stream.text()
  }

  it('show the progress without a terminal', async () => {
    const lines = (await show(true)).trimEnd().split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[3]).toMatch(/^people\.ndjson: 100%, 4 lines, [0-9,]+\/s, 0 s left$/)
  })

  it('can be turned off', async () => {
    expect(await show(false)).toBe('')
  })
})

it.each([
  [[3], 1, 'line 3'],
  [[3, 1_009], 2, 'lines 3, 1009'],
  [[1, 2, 3, 4, 5], 9, 'lines 1, 2, 3, 4, 5 and 4 more']
])('says %j of %d lines as %s', (lines, count, text) => {
  expect(someLines(lines, count)).toBe(text)
})
