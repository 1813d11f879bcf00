import fc from 'fast-check'
import { describe } from 'vitest'
import { documentTypes } from '../../src/dialects/mediarithmics/document.ts'
import { createFramer, type Frame, type FramingMode } from '../../src/engine/input/framing.ts'
import { documentText } from '@userpoint/conformance/arbitraries'
import { law } from './law.ts'
import { same } from './predicates.ts'

const framesOf = (mode: FramingMode, maxLength: number, pieces: ReadonlyArray<Uint8Array>): ReadonlyArray<Frame> => {
  const framer = createFramer(mode, maxLength)
  return [...pieces.flatMap((piece) => framer.push(piece)), ...framer.end()]
}

const cut = (bytes: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const ends = [...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

// Bytes that are about framing: brackets, quotes, line ends and numbers, with no care for what they mean together.
const scraps = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\n',
      '\r\n',
      ' ',
      '1',
      '-',
      '.',
      'e',
      'true',
      '{"a":1}',
      '"é"',
      '\u{1f600}',
      '\u2028',
      '\ufeff'
    ),
    { maxLength: 40, size: 'max' }
  )
  .map((pieces) => pieces.join(''))

const text = fc.oneof(scraps, ...documentTypes.map((type) => documentText(type, { maxLength: 6 })))
const mode = fc.constantFrom<FramingMode>('lenient', 'strict')
// Short limits make long lines frequent; none of them may depend on where the bytes are cut.
const limit = fc.constantFrom(3, 20, 100, 1_000_000)

describe('framing', () => {
  law(
    '[L-21] it never depends on where the bytes are cut',
    fc.tuple(mode, limit, text, fc.array(fc.nat(5_000), { maxLength: 12, size: 'max' })),
    ([framing, maxLength, written, places]) => {
      const bytes = new TextEncoder().encode(written)
      return same(framesOf(framing, maxLength, [bytes]), framesOf(framing, maxLength, cut(bytes, places)))
    },
    1_000
  )

  law(
    '[L-21] one byte at a time gives the same',
    fc.tuple(mode, limit, text),
    ([framing, maxLength, written]) => {
      const bytes = new TextEncoder().encode(written)
      const single = [...bytes].flatMap((byte) => [new Uint8Array(0), new Uint8Array([byte])])
      return same(framesOf(framing, maxLength, [bytes]), framesOf(framing, maxLength, single))
    },
    400
  )

  law(
    '[L-21] frames are numbered from 0 without gaps, and their lines never go back',
    fc.tuple(mode, limit, text),
    ([framing, maxLength, written]) => {
      const frames = framesOf(framing, maxLength, [new TextEncoder().encode(written)])
      return frames.every((frame, i) => frame.index === i && frame.line >= (frames[i - 1]?.line ?? 1))
    },
    400
  )

  law(
    '[L-21] both modes read the same from one object a line',
    fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 5 }),
    (values) => {
      const bytes = new TextEncoder().encode(values.map((value) => `${JSON.stringify({ value })}\n`).join(''))
      const frames = framesOf('strict', 1_000_000, [bytes])
      return frames.length === values.length && same(frames, framesOf('lenient', 1_000_000, [bytes]))
    }
  )
})
