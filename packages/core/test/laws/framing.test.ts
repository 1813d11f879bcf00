import fc from 'fast-check'
import { describe } from 'vitest'
import { documentTypes } from '../../src/dialects/mediarithmics/document.ts'
import { createFramer, type Frame, type FramerOptions, type FramingMode } from '../../src/engine/input/framing.ts'
import { documentText } from '@userpoint/conformance/arbitraries'
import { law } from './law.ts'
import { same } from './predicates.ts'

const framesOf = (options: FramerOptions, pieces: ReadonlyArray<Uint8Array>): ReadonlyArray<Frame> => {
  const framer = createFramer(options)
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
      '\ufeff',
      '\u001e'
    ),
    { maxLength: 40, size: 'max' }
  )
  .map((pieces) => pieces.join(''))

// It may stand before each command, as white space does (RFC 7464).
const recordSeparator = '\u001e'
const leadingSpace = new RegExp(`^[\\s${recordSeparator}]+`)

/** Returns whether a line holds anything but white space; a byte order mark inside a text is something. */
const isVisible = (line: string): boolean => /\S/.test(line.replaceAll('\ufeff', 'x').replaceAll(recordSeparator, ' '))

const anyText = fc.oneof(scraps, ...documentTypes.map((type) => documentText(type, { maxLength: 6 })))
const mode = fc.constantFrom<FramingMode>('lenient', 'strict')
// Short limits make long lines frequent; none of them may depend on where the bytes are cut.
const limit = fc.constantFrom(3, 20, 100, 1_000_000)
const options = fc.record({ framing: mode, maxLength: limit, deletes: fc.boolean() })

const unlimited = { maxLength: 1_000_000, deletes: false }

/** A part of a document: right commands, over several lines or one, and what stands where one should be. */
const part = fc.oneof(
  fc.tuple(fc.nat(9), fc.constantFrom(undefined, 1, 2, '\t')).map(([id, indent]) => {
    const text = JSON.stringify({ id, nested: { list: [{ id }, []] } }, undefined, indent)
    return { text, lines: text.split('\n').length }
  }),
  // None of these ends a command that it did not begin: else what is right and what is broken could be one command.
  fc
    .constantFrom(
      'data: {"id":1}',
      '> {"id":1}',
      ',{"id":1}',
      'oops',
      ':',
      '"',
      '12x',
      '{"id":',
      '{"id":1',
      '{"a":[',
      '{',
      '  {"id":"x',
      '{"id":1,',
      "{'id':1}",
      '\ufeff{"id":1}',
      '{"id":1}}',
      '{"id":1,"id":2}',
      '{"id":9007199254740993}',
      '\u001e{"id":tru}',
      '{"a" {',
      '[1 2]'
    )
    .map((text) => ({ text, lines: 1 })),
  fc.constantFrom('', ' ', '\u001e', '\t').map((text) => ({ text, lines: 0 }))
)

/** The number of lines of a right command: those on which JSON.stringify put it. */
const linesOf = (frame: Frame, written: ReadonlyArray<string>): number => {
  if (frame._tag === 'Fault') return 1
  const end = written.findIndex((_, i) => {
    if (i < frame.line - 1) return false
    try {
      JSON.parse(
        written
          .slice(frame.line - 1, i + 1)
          .join('\n')
          .replace(leadingSpace, '')
      )
      return true
    } catch {
      return false
    }
  })
  return end - (frame.line - 1) + 1
}

describe('framing', () => {
  law(
    '[L-21] it never depends on where the bytes are cut',
    fc.tuple(options, anyText, fc.array(fc.nat(5_000), { maxLength: 12, size: 'max' })),
    ([how, written, places]) => {
      const bytes = new TextEncoder().encode(written)
      return same(framesOf(how, [bytes]), framesOf(how, cut(bytes, places)))
    },
    1_000
  )

  law(
    '[L-21] one byte at a time gives the same',
    fc.tuple(options, anyText),
    ([how, written]) => {
      const bytes = new TextEncoder().encode(written)
      const single = [...bytes].flatMap((byte) => [new Uint8Array(0), new Uint8Array([byte])])
      return same(framesOf(how, [bytes]), framesOf(how, single))
    },
    400
  )

  law(
    '[L-21] frames are numbered from 0 without gaps, and their lines never go back',
    fc.tuple(options, anyText),
    ([how, written]) => {
      const frames = framesOf(how, [new TextEncoder().encode(written)])
      return frames.every((frame, i) => frame.index === i && frame.line >= (frames[i - 1]?.line ?? 1))
    },
    400
  )

  law(
    '[L-21] both modes read the same from one object a line',
    fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 5 }),
    (values) => {
      const bytes = new TextEncoder().encode(values.map((value) => `${JSON.stringify({ value })}\n`).join(''))
      const frames = framesOf({ framing: 'strict', ...unlimited }, [bytes])
      return frames.length === values.length && same(frames, framesOf({ framing: 'lenient', ...unlimited }, [bytes]))
    }
  )

  law(
    '[L-17] each line that is not blank belongs to exactly one command, so that commands and lines add up',
    fc.tuple(mode, fc.boolean(), fc.array(part, { maxLength: 12 })),
    ([framing, deletes, parts]) => {
      const written = parts.map((each) => each.text).join('\n')
      const lines = written.split('\n')
      const frames = framesOf({ framing, deletes, maxLength: 1_000_000 }, [new TextEncoder().encode(written)])
      const owned = frames.flatMap((frame) => {
        const count = framing === 'strict' ? 1 : linesOf(frame, lines)
        return Array.from({ length: count }, (_, i) => frame.line + i)
      })
      const visible = lines.flatMap((line, i) => (isVisible(line) ? [i + 1] : []))
      return same(
        owned.filter((line) => visible.includes(line)),
        visible
      )
    },
    3_000
  )

  law(
    '[L-17] as many lines with one stray prefix are as many faults',
    fc.tuple(
      mode,
      fc.boolean(),
      fc.constantFrom('data: ', '> ', ',', '\ufeff', '#', '[', "'"),
      fc.integer({ min: 1, max: 300 })
    ),
    ([framing, deletes, prefix, count]) => {
      const line = `${prefix}{"type":"USER_EMAIL","hash":"a"}\n`
      // The first one is right: a byte order mark at the start of an input would be no stray prefix.
      const written = `{"n":1}\n${line.repeat(count)}{"n":1}`
      const frames = framesOf({ framing, deletes, maxLength: 1_000_000 }, [new TextEncoder().encode(written)])
      return (
        frames.every(({ line: at }, i) => at === i + 1) &&
        frames.slice(1, count + 1).filter(({ _tag }) => _tag === 'Fault').length === count
      )
    }
  )
})
