/** What the engine needs of the world around it, all of it injected: time, ids, chance and waiting. */
import type { UserPointId } from '../domain/identifier.ts'
import type { DevicePointId } from '../domain/user-agent-id.ts'
import type { Awaitable } from '../repository/repository.ts'

export interface RuntimeOptions {
  /** The present moment, in milliseconds since 1970: `Date.now`. Asked once for each command. */
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
  readonly newUserPointId: () => UserPointId
  readonly newDevicePointId: () => DevicePointId
  readonly backOff: (attempt: number) => Awaitable<void>
  readonly attempts: number
}

const shortestWait = 2
const longestWait = 1_000

/** The longest wait before attempt `attempt + 1`, in milliseconds: it doubles each time, up to a second. */
export const backOffMilliseconds = (attempt: number): number =>
  Math.min(longestWait, shortestWait * 2 ** Math.min(attempt, 30))

/** A device point's id is digits (SPEC 2.3.3): those of a new UUID, so that one source of ids serves both. */
const devicePointIdOf = (uuid: string): DevicePointId =>
  `udp:${BigInt(`0x${uuid.replaceAll('-', '')}`)}` as DevicePointId

export const createRuntime = (options: RuntimeOptions): Runtime => {
  const { clock, newId, sleep = () => undefined, random = () => 1, attempts = 20 } = options
  return {
    clock,
    newUserPointId: () => newId().toLowerCase() as UserPointId,
    newDevicePointId: () => devicePointIdOf(newId()),
    backOff: (attempt) => sleep(backOffMilliseconds(attempt) * random()),
    attempts
  }
}
