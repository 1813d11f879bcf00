/** Frames in one line each, so that a test can show a whole input. */
import { createFramer, type Frame, type FramingMode } from '../../src/engine/input/framing.ts'

const encoder = new TextEncoder()

export const bytesOf = (text: string): Uint8Array => encoder.encode(text)

export const framesOf = (
  pieces: ReadonlyArray<Uint8Array>,
  framing: FramingMode = 'lenient',
  maxLength = 1_000,
  deletes = false
): ReadonlyArray<Frame> => {
  const framer = createFramer({ framing, maxLength, deletes })
  const frames = pieces.flatMap((piece) => framer.push(piece))
  return [...frames, ...framer.end()]
}

/** Each frame as its line, and its value as JSON or the code of its fault. Indices must count from 0. */
export const shown = (frames: ReadonlyArray<Frame>): ReadonlyArray<string> =>
  frames.map((frame, i) => {
    if (frame.index !== i) throw new Error(`frame ${i} has the index ${frame.index}`)
    return `${frame.line} ${frame._tag === 'Value' ? JSON.stringify(frame.value) : frame.code}`
  })

/** The options of a framer. */
export interface FramedAs {
  readonly mode?: FramingMode
  readonly maxLength?: number
  readonly deletes?: boolean
}

/**
 * Returns what a text is framed as.
 *
 * @throws Error if that depends on how its bytes are cut.
 */
export const framedAs = (
  text: string,
  { mode = 'lenient', maxLength = 1_000, deletes = false }: FramedAs
): ReadonlyArray<string> => {
  const bytes = bytesOf(text)
  const inPieces = (pieces: ReadonlyArray<Uint8Array>) => shown(framesOf(pieces, mode, maxLength, deletes))
  const whole = inPieces([bytes])
  for (const size of [1, 2, 3, 7]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size)
    )
    const cut = inPieces(pieces)
    if (JSON.stringify(cut) !== JSON.stringify(whole)) {
      throw new Error(`in pieces of ${size} it is ${cut.join('; ')}, and as a whole ${whole.join('; ')}`)
    }
  }
  return whole
}

/** {@link framedAs} for a document that does not delete. */
export const framed = (text: string, mode: FramingMode = 'lenient', maxLength = 1_000): ReadonlyArray<string> =>
  framedAs(text, { mode, maxLength })
