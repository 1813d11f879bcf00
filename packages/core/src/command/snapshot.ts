/** Snapshots of commands: the checked command is the applied one, even if the caller changes its objects later. */
import { isPlain } from '../domain/json.ts'
import { isText } from '../domain/text.ts'
import { E } from '../fp.ts'
import type { Command } from './command.ts'
import { type Rejection, type RejectionCode, rejection } from './rejection.ts'

class Fault extends Error {
  readonly code: RejectionCode
  constructor(code: RejectionCode) {
    super(code)
    this.code = code
  }
}

const copyText = (text: string): string => {
  if (!isText(text)) throw new Fault('BAD_TEXT')
  return text
}

const copyNumber = (number: number): number => {
  if (!Number.isFinite(number)) throw new Fault('BAD_NUMBER')
  return number === 0 ? 0 : number
}

const copyMembers = (value: object, depth: number): unknown => {
  if (Array.isArray(value)) return value.map((element) => copyOf(element, depth))
  if (value instanceof Map) {
    return new Map(Array.from(value, ([key, member]) => [copyOf(key, depth), copyOf(member, depth)]))
  }
  if (!isPlain(value)) throw new Fault('NOT_JSON')
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [copyText(key), copyOf(member, depth)]))
}

const copyOf = (value: unknown, depth: number): unknown => {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      return value
    case 'string':
      return copyText(value)
    case 'number':
      return copyNumber(value)
    case 'object':
      if (value === null) return null
      if (depth === 0) throw new Fault('TOO_DEEP')
      return copyMembers(value, depth - 1)
    default:
      throw new Fault('NOT_JSON')
  }
}

// A record of patches has this many levels for each level of the JSON that it acts on.
const levelsPerPatch = 4

/**
 * Returns a deep copy of a command, or a rejection if it contains a value that no store keeps: text that is not well formed, a
 * number that is not finite, a cycle, or a value that is not JSON.
 *
 * @param maxDepth The number of arrays and objects of JSON that may be nested.
 */
export const snapshot = (command: Command, maxDepth: number): E.Either<Rejection, Command> => {
  try {
    return E.right(copyOf(command, levelsPerPatch * (maxDepth + 2)) as Command)
  } catch (fault) {
    if (fault instanceof Fault) return E.left(rejection(fault.code))
    throw fault
  }
}

const owned = new WeakSet<ReadonlyArray<Command>>()

/**
 * Marks commands that a dialect of ours decoded from its own copy of a sender's JSON: no caller can change them, and they hold
 * only values that every store keeps. They are not copied again.
 */
export const ownCommands = (commands: ReadonlyArray<Command>): ReadonlyArray<Command> => {
  owned.add(commands)
  return commands
}

/** Returns whether {@link ownCommands} marked these commands. */
export const areOwn = (commands: ReadonlyArray<Command>): boolean => owned.has(commands)
