/** Tests of inputs that change between two readings: it is said before anything of the change is applied. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withSameBytes } from '../../src/engine/input/same-bytes.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import { createStore, people, running, upserts } from './execution-store.ts'
import { bytesOf } from './frames.ts'

const textOf = async (input: () => AsyncIterable<Uint8Array>): Promise<string> => {
  let text = ''
  for await (const bytes of input()) text += new TextDecoder().decode(bytes)
  return text
}

/** Returns an input that yields each of these in turn, and the last one from then on. */
const readingsOf = (...readings: ReadonlyArray<string>) => {
  let reads = 0
  return () => [bytesOf(readings[Math.min(reads++, readings.length - 1)] ?? '')]
}

const original = upserts('a', 'b', 'c')

describe('an input that changes after it was screened', () => {
  it.each([
    ['in a byte of its first line', original.replace('"a"', '"z"')],
    ['in a byte of its last line', original.replace('"c"', '"z"')],
    ['in the order of its lines', upserts('b', 'a', 'c')],
    ['in its length', `${original}${upserts('d')}`],
    ['to nothing', '']
  ])('%s: nothing of it is applied', async (_, changed) => {
    const alone = createStore()
    const engine = createEngine({ dialect: mediarithmics, repository: alone, ...alone.runtime })
    const imported = await engine.importDocument('USER_PROFILE', readingsOf(original, changed), { linesPerUnit: 1 })
    expect(imported).toMatchObject({ left: { error: { _tag: 'InputFailed' }, report: { applied: 0 } } })
    expect(people(alone)).toEqual([])

    const store = createStore()
    const first = await running(store, readingsOf(original, changed))
    expect(first).toMatchObject({ left: { error: { _tag: 'InputFailed' }, report: { applied: 0 } } })
    expect(people(store)).toEqual([])
    // The original is back.
    expect(await running(store, original)).toMatchObject({ right: { status: 'Completed', applied: 3 } })
  })

  it('also where the run before it had begun to apply it', async () => {
    const store = createStore()
    const signal = { aborted: false }
    const stop = { signal, onProgress: () => void (signal.aborted = people(store).length > 0) }
    expect(await running(store, original, stop)).toMatchObject({ right: { status: 'Stopped', applied: 1 } })
    const changed = original.replace('"c"', '"z"')
    expect(await running(store, readingsOf(original, changed))).toMatchObject({
      left: { error: { _tag: 'InputFailed' } }
    })
    expect(people(store)).toHaveLength(1)
    expect(await running(store, original)).toMatchObject({ right: { status: 'Completed', applied: 3 } })
  })
})

describe('withSameBytes', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 })
  const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
    const pieces: Uint8Array[] = []
    let at = 0
    for (const size of sizes) {
      pieces.push(bytes.subarray(at, at + size))
      at += size
    }
    return [...pieces, bytes.subarray(at)]
  }

  it('gives the same bytes in every reading, with any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 400 }),
        fc.array(cuts, { minLength: 2, maxLength: 4 }),
        async (text, readings) => {
          let reads = 0
          const bytes = bytesOf(text)
          const input = withSameBytes(() => cut(bytes, readings[reads++] ?? []))
          for (const _ of readings) expect(await textOf(input)).toBe(new TextDecoder().decode(bytes))
        }
      )
    )
  })

  it('gives no byte from the first changed one on', async () => {
    const changed = fc.record({
      bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
      at: fc.nat(),
      first: cuts,
      second: cuts
    })
    await fc.assert(
      fc.asyncProperty(changed, async ({ bytes, at, first, second }) => {
        const place = at % bytes.length
        const other = bytes.slice()
        other[place] = (other[place] ?? 0) ^ 1
        let reads = 0
        const input = withSameBytes(() => (reads++ === 0 ? cut(bytes, first) : cut(other, second)))
        for await (const _ of input()) {
          // Only the digests are wanted.
        }
        let given = 0
        const read = async (): Promise<void> => {
          for await (const piece of input()) given += piece.length
        }
        await expect(read()).rejects.toThrow('the input has changed')
        expect(given).toBeLessThanOrEqual(place)
      })
    )
  })

  it('holds back nothing if the pieces are the same, however many there are', async () => {
    const pieces = Array.from({ length: 5_000 }, (_, n) => bytesOf(`${n}\n`.repeat(30)))
    const input = withSameBytes(() => pieces)
    for await (const _ of input()) {
      // Only the digests are wanted.
    }
    let longest = 0
    let count = 0
    for await (const piece of input()) {
      longest = Math.max(longest, piece.length)
      count++
    }
    expect(count).toBeGreaterThan(1_000)
    expect(longest).toBeLessThanOrEqual(128 * 1024)
  })

  it('says of a stream that is consumed that it has changed', async () => {
    let reads = 0
    const input = withSameBytes(() => (reads++ === 0 ? [bytesOf('{}')] : []))
    await textOf(input)
    await expect(textOf(input)).rejects.toThrow('the input has changed')
  })
})
