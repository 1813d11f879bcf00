/**
 * Finds the lines of an input that contain a text, even if they are not valid commands. It is cheap, and reads no JSON except
 * the escapes that could hide the text.
 */
import type { Frame } from './framing.ts'
import { createUtf8Decoder } from './utf8.ts'

const escapes = /\\u00([0-9a-f]{2})/gi
const longestEscape = 6

const holds = (text: string, mark: string): boolean =>
  text.includes(mark) ||
  (text.includes('\\u') &&
    text.replace(escapes, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))).includes(mark))

export interface MarkedLines {
  /** Takes the next piece of UTF-8. */
  readonly push: (piece: Uint8Array) => void
  /**
   * Returns whether one of the lines from `frame` up to the one before `next` is marked. Frames are asked about in order,
   * each once the lines before the next one were pushed.
   *
   * @param next The frame after it; absent: the frame goes up to the last line that was pushed.
   */
  readonly isMarked: (frame: Frame, next: Frame | undefined) => boolean
}

/**
 * @param mark Printable ASCII.
 * @param most The largest number of marked lines to remember at a time.
 */
export const createMarkedLines = (mark: string, most: number): MarkedLines => {
  const decoder = createUtf8Decoder(true)
  const carried = longestEscape * mark.length
  // The end of the text so far, and its line.
  let rest = ''
  let line = 1
  // In order; those of frames that were asked about are dropped.
  let marked: number[] = []
  let from = 0

  const note = (text: string): void => {
    if (marked.at(-1) !== line && marked.length - from < most && holds(text, mark)) marked.push(line)
  }

  return {
    push: (piece) => {
      const text = rest + decoder.decode(piece)
      const mayHold = holds(text, mark)
      let start = 0
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
        if (mayHold) note(text.slice(start, end))
        line++
        start = end + 1
      }
      const last = text.slice(start)
      if (mayHold) note(last)
      rest = last.slice(-carried)
    },
    isMarked: (frame, next) => {
      while (from < marked.length && (marked[from] as number) < frame.line) from++
      if (from > 1_000) {
        marked = marked.slice(from)
        from = 0
      }
      const first = marked[from]
      return first !== undefined && (next === undefined || first === frame.line || first < next.line)
    }
  }
}
