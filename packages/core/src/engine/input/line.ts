/** Lines: decodes frames of the input into commands or rejections. */
import { decodeLine, type Decoding, defaultBounds } from '../../command/decode-line.ts'
import type { Command } from '../../command/command.ts'
import { faultOfCommand } from '../../command/command-shape.ts'
import type { Decoded } from '../../command/decoded.ts'
import { areOwn, snapshot } from '../../command/snapshot.ts'
import { type Rejection, rejection, shownPath } from '../../command/rejection.ts'
import { E } from '../../fp.ts'
import type { Frame } from './framing.ts'

/** One line of a document. The record leads from the frame to the verdict. */
export interface Line {
  /** The number of the command in the input, from 0. */
  readonly index: number
  /** The line of text on which it starts, from 1. */
  readonly line: number
  /** The offset of that line in bytes; `undefined`: reading cannot start there. */
  readonly start: number | undefined
  /** The length of its text in UTF-16 code units; `undefined`: it has no value. */
  readonly length?: number | undefined
  readonly decoded: Decoded | Rejection
}

const none: ReadonlyArray<never> = []

/** Decodes a frame. */
export const decodeFrame = (frame: Frame, decoding: Decoding): Line => {
  const { index, line, start, length } = frame
  if (frame._tag === 'Fault')
    return { index, line, start, decoded: rejection(frame.code, shownPath(frame.path ?? [], decoding.kind.fields)) }
  const decoded = decodeLine(frame.value, decoding, frame.isNormal ? 'normal' : undefined)
  return { index, line, start, length, decoded: E.isLeft(decoded) ? decoded.left : decoded.right }
}

const takenAs = (commands: ReadonlyArray<Command>, maxDepth: number) => {
  const areCopied = !areOwn(commands)
  return (command: Command): Decoded | Rejection => {
    if (!areCopied) return { _tag: 'Command', command, warnings: none }
    const taken = snapshot(command, maxDepth)
    if (E.isLeft(taken)) return taken.left
    return faultOfCommand(taken.right) ?? { _tag: 'Command', command: taken.right, warnings: none }
  }
}

/** Returns the lines of commands that come without a document. Their commands are snapshots. */
export const linesOf = (commands: ReadonlyArray<Command>, maxDepth = defaultBounds.maxDepth): ReadonlyArray<Line> => {
  const take = takenAs(commands, maxDepth)
  return commands.map((command, index) => ({ index, line: index + 1, start: undefined, decoded: take(command) }))
}
