/**
 * Stamps: the moment and the ids of lines that are decided out of turn, the same wherever and whenever that is. What is
 * oldest decides in merges, so that time and ids must follow the order of the input, not that of the work.
 */
import type { UserPointId } from '../../domain/identifier.ts'
import type { Context } from '../../decide/view.ts'
import { devicePointIdOf, type Runtime } from './runtime.ts'

/** What the lines in hand have in common. */
export interface Stamp {
  /** In milliseconds since 1970. */
  readonly now: number
  /** A new id, from which those of the lines come. */
  readonly seed: string
}

/** That of one line. */
export interface LineStamp extends Stamp {
  /** Which command of the input, from 0. */
  readonly index: number
}

/** Any bit of `n` changes any bit of it. */
const scrambled = (n: number): number => {
  let bits = n
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

// Where the random digits of a UUID begin, after its time; the next is the variant's.
const prefixLength = 19

/**
 * The nth UUID of a line: it begins as the seed, so that of two seeds in order of time those of the later come later; then
 * comes the index, so that those of one seed are in the order of their lines; then what is not to be guessed.
 */
const uuidOf = ({ seed, index }: LineStamp, n: number): string => {
  const [a, b] = [Number.parseInt(seed.slice(20, 28).replace('-', ''), 16), Number.parseInt(seed.slice(28), 16)]
  const end = scrambled(scrambled(scrambled(a) ^ b) ^ scrambled(index * 8 + n)) >>> 8
  const digits = hex(index, 9) + hex(end, 6)
  return `${seed.slice(0, prefixLength)}8${digits.slice(0, 3)}-${digits.slice(3)}`
}

/** What a line with this stamp is decided with, each time anew. */
export const stampedContext = (stamp: LineStamp, { guards }: Runtime): Context => {
  let given = 0
  return {
    now: stamp.now,
    newUserPointId: () => uuidOf(stamp, given++) as UserPointId,
    newDevicePointId: () => devicePointIdOf(uuidOf(stamp, given++)),
    quarantine: guards.quarantine,
    hyperPoint: guards.hyperPoint
  }
}
