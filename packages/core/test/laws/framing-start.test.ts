import fc from 'fast-check'
import { describe } from 'vitest'
import { documentTypes } from '../../src/dialects/mediarithmics/document.ts'
import { createFramer, type FramerOptions, type FramingMode, inputStart } from '../../src/engine/input/framing.ts'
import { documentText } from '@userpoint/conformance/arbitraries'
import { law } from './law.ts'
import { same } from './predicates.ts'

// What resuming is about: lines, indentation, what is broken off, and a mark that is one only at the very start.
const scraps = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ',',
      ':',
      '"',
      '\n',
      '\n',
      '\r\n',
      ' ',
      '  {',
      '1',
      '{"a":1}',
      '{"é":\n"😀"}',
      '\ufeff',
      '\u001e'
    ),
    { maxLength: 40, size: 'max' }
  )
  .map((pieces) => pieces.join(''))

const text = fc.oneof(scraps, ...documentTypes.map((type) => documentText(type, { maxLength: 8 })))
const mode = fc.constantFrom<FramingMode>('lenient', 'lenient', 'strict')

const framesFrom = (options: FramerOptions, bytes: Uint8Array, start = inputStart, size = 1_000) => {
  const framer = createFramer(options, start)
  const rest = bytes.subarray(start.offset)
  const pieces = Array.from({ length: Math.ceil(rest.length / size) }, (_, i) =>
    rest.subarray(i * size, (i + 1) * size)
  )
  return [...pieces.flatMap((piece) => framer.push(piece)), ...framer.end()]
}

describe('a framer that starts where a frame does', () => {
  law(
    '[L-21] yields that frame and all later ones, in any pieces',
    fc.tuple(mode, fc.constantFrom(3, 20, 1_000_000), fc.boolean(), text, fc.constantFrom(1, 5, 1_000)),
    ([framing, maxLength, deletes, written, size]) => {
      const options = { framing, maxLength, deletes }
      const bytes = new TextEncoder().encode(written)
      const frames = framesFrom(options, bytes)
      return frames.every(({ index, line, start }, i) => {
        if (start === undefined) return framing === 'lenient' && i > 0
        return same(framesFrom(options, bytes, { offset: start, index, line }, size), frames.slice(i))
      })
    },
    600
  )
})
