/** What the engine needs of the world around it, all of it injected: time, ids, chance and waiting. */
import type { Policies } from '../../command/policies.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import type { DevicePointId } from '../../domain/user-agent-id.ts'
import type { Awaitable } from '../../repository/repository.ts'

export interface RuntimeOptions {
  /** The present moment, in milliseconds since 1970: `Date.now`. Asked once for each command, and by executions. */
  readonly clock: () => number
  /** A new UUID. Version 7 (time-ordered) is much kinder to stores than version 4. */
  readonly newId: () => string
  /** Waits so many milliseconds before a unit of work is tried again; without it the engine tries again at once. */
  readonly sleep?: (milliseconds: number) => Awaitable<void>
  /** A number from 0 up to 1: `Math.random`. Spreads retries of several writers; without it they wait the full time. */
  readonly random?: () => number
  /** How often a unit of work is tried before it ends in `Contention`; 20 unless given. */
  readonly attempts?: number
}

export interface Runtime {
  readonly clock: () => number
  readonly newId: () => string
  readonly newUserPointId: () => UserPointId
  readonly newDevicePointId: () => DevicePointId
  readonly backOff: (attempt: number) => Awaitable<void>
  readonly attempts: number
  readonly guards: Pick<Policies, 'quarantine' | 'hyperPoint'>
}

const shortestWait = 2
const longestWait = 1_000

/** The longest wait before attempt `attempt + 1`, in milliseconds: it doubles each time, up to a second. */
export const backOffMilliseconds = (attempt: number): number =>
  Math.min(longestWait, shortestWait * 2 ** Math.min(attempt, 30))

const isHexOrDash = (c: number): boolean => (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66) || c === 0x2d

/** Holds for UUIDs in lower case. As a pattern it would cost several times as much, for each new person. */
const isUuid = (id: string): boolean => {
  if (id.length !== 36) return false
  for (let i = 0; i < 36; i++) {
    const c = id.charCodeAt(i)
    const isDash = i === 8 || i === 13 || i === 18 || i === 23
    if (!isHexOrDash(c) || (c === 0x2d) !== isDash) return false
  }
  return true
}

/** Ids from the embedder's source; one that gives no UUIDs, or one twice in a row, is a mistake in the program. */
const idsFrom = (newId: () => string): (() => string) => {
  let last = ''
  return () => {
    const given = newId()
    const isLower = isUuid(given)
    const id = isLower ? given : given.toLowerCase()
    if (!isLower && !isUuid(id)) throw new TypeError('newId must give UUIDs')
    if (id === last) throw new TypeError('newId gave one id twice')
    last = id
    return id
  }
}

/** A device point's id is digits (SPEC 2.3.3): those of a new UUID, so that one source of ids serves both. */
const devicePointIdOf = (uuid: string): DevicePointId =>
  `udp:${BigInt(`0x${uuid.replaceAll('-', '')}`)}` as DevicePointId

/**
 * The same runtime, and whether there were conflicts. A unit with many lines is decided for longer, so that one that somebody else
 * keeps changing the people of would never be done.
 */
export const watchConflicts = (
  runtime: Runtime
): { readonly runtime: Runtime; readonly hasConflicts: () => boolean } => {
  let has = false
  const backOff: Runtime['backOff'] = (attempt) => {
    has = true
    return runtime.backOff(attempt)
  }
  return { runtime: { ...runtime, backOff }, hasConflicts: () => has }
}

export const createRuntime = (options: RuntimeOptions, { quarantine, hyperPoint }: Policies): Runtime => {
  const { clock, newId, sleep = () => undefined, random = () => 1, attempts = 20 } = options
  if (!Number.isInteger(attempts) || attempts < 1) throw new TypeError('attempts must be 1 or more')
  const nextId = idsFrom(newId)
  return {
    clock,
    newId: nextId,
    newUserPointId: () => nextId() as UserPointId,
    newDevicePointId: () => devicePointIdOf(nextId()),
    backOff: (attempt) => sleep(backOffMilliseconds(attempt) * random()),
    attempts,
    guards: { quarantine, hyperPoint }
  }
}
