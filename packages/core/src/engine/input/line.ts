/** Lines: a frame of the input becomes a command, or the reason why there is none. */
import type { Bounds } from '../../command/decode-line.ts'
import { decodeLine, defaultBounds } from '../../command/decode-line.ts'
import type { Command } from '../../command/command.ts'
import type { Decoded } from '../../command/decoded.ts'
import { snapshot } from '../../command/snapshot.ts'
import type { DocumentKind } from '../../command/dialect.ts'
import type { Policies } from '../../command/policies.ts'
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
  readonly decoded: Decoded | Rejection
}

/** The rules by which the lines of one document are decoded. */
export interface Decoding {
  readonly kind: DocumentKind
  readonly policies: Policies
  readonly bounds: Bounds
}

/** Decodes a frame. */
export const decodeFrame = (frame: Frame, { kind, policies, bounds }: Decoding): Line => {
  const { index, line, start } = frame
  if (frame._tag === 'Fault')
    return { index, line, start, decoded: rejection(frame.code, shownPath(frame.path ?? [], kind.fields)) }
  const decoded = decodeLine(kind, frame.value, policies, bounds, frame.isNormal)
  return { index, line, start, decoded: E.isLeft(decoded) ? decoded.left : decoded.right }
}

/** Returns the lines of a program that has commands and no document; snapshots of the commands as they are now. */
export const linesOf = (commands: ReadonlyArray<Command>, maxDepth = defaultBounds.maxDepth): ReadonlyArray<Line> =>
  commands.map((command, index) => {
    const taken = snapshot(command, maxDepth)
    const decoded = E.isLeft(taken) ? taken.left : ({ _tag: 'Command', command: taken.right, warnings: [] } as const)
    return { index, line: index + 1, start: undefined, decoded }
  })
