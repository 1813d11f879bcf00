/** The runtime: time, ids, randomness and waiting, all given by the caller. */
import type { Policies } from '../../command/policies.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import type { DevicePointId } from '../../domain/user-agent-id.ts'
import type { Awaitable, Repository } from '../../repository/repository.ts'
import { createMoments, type MomentSource } from './clock.ts'
import type { FeedWriter } from './feed-writer.ts'
import type { ErasureKey } from './erasure-key.ts'
import type { ErasureSource } from './erasure-receipt.ts'
import { wrongArgument } from '../../wrong-call.ts'

export interface RuntimeOptions {
  /**
   * Returns the time in milliseconds since 1970: `Date.now`. Called for each command, by executions, and to find expired
   * memberships.
   */
  readonly clock: () => number
  /** Returns a new UUID. Stores are much faster with the time-ordered version 7 than with version 4. */
  readonly newId: () => string
  /** Waits before a unit of work is tried again, and before a purge in the background; without it the engine does not wait. */
  readonly sleep?: (milliseconds: number) => Awaitable<void>
  /** Returns a number from 0 to 1: `Math.random`. It spreads the retries of several writers; without it they wait the full time. */
  readonly random?: () => number
  /** The number of attempts before a unit of work ends in `Contention`; 20 by default. */
  readonly attempts?: number
}

/** The proof of erasures: a datamart's key, and whether its store keeps keyed claims. */
export interface Erasure {
  readonly key: ErasureKey
  /**
   * `keyed`: the store keeps keyed digests in place of claims, so that identifiers can be suppressed (L-37). `plain`: it keeps
   * the claims, as it does without a key; erasures have receipts, and nothing can be suppressed.
   */
  readonly claims: 'keyed' | 'plain'
}

export interface Runtime {
  readonly clock: () => number
  readonly moments: MomentSource
  readonly newId: () => string
  readonly newUserPointId: () => UserPointId
  readonly newDevicePointId: () => DevicePointId
  readonly backOff: (attempt: number) => Awaitable<void>
  readonly attempts: number
  readonly guards: Pick<Policies, 'quarantine' | 'hyperPoint' | 'limits' | 'profileMerge' | 'suppression'>
  /** `undefined`: erasures leave no receipts. */
  readonly erasure?: Erasure | undefined
  /** The call, as receipts name it. */
  readonly source?: ErasureSource
  /** Called before a batch is committed that owes a purge. */
  readonly onObligation: () => void
  /** Tells of each batch that changes people; absent: no consumer follows the changes. */
  readonly feed?: FeedWriter | undefined
}

const shortestWait = 2
const longestWait = 1_000

/** Returns the longest wait before attempt `attempt + 1`, in milliseconds. It doubles each time, up to a second. */
export const backOffMilliseconds = (attempt: number): number =>
  Math.min(longestWait, shortestWait * 2 ** Math.min(attempt, 30))

const isHexOrDash = (c: number): boolean => (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66) || c === 0x2d

/** Returns whether a text is a UUID in lower case. For each new person a pattern costs several times as much. */
const isUuid = (id: string): boolean => {
  if (id.length !== 36) return false
  for (let i = 0; i < 36; i++) {
    const c = id.charCodeAt(i)
    const isDash = i === 8 || i === 13 || i === 18 || i === 23
    if (!isHexOrDash(c) || (c === 0x2d) !== isDash) return false
  }
  return true
}

/** Checks the caller's ids. A text that is not a UUID, or the same id twice in a row, is a mistake in the program. */
const idsFrom = (newId: () => string): (() => string) => {
  let last = ''
  return () => {
    const given = newId()
    const isLower = isUuid(given)
    const id = isLower ? given : given.toLowerCase()
    if (!isLower && !isUuid(id)) throw wrongArgument('newId must return UUIDs')
    if (id === last) throw wrongArgument('newId returned the same id twice')
    last = id
    return id
  }
}

/** Returns a device point's id: the decimal digits of a UUID, so that one source of ids is enough. */
const devicePointIdOf = (uuid: string): DevicePointId =>
  `udp:${BigInt(`0x${uuid.replaceAll('-', '')}`)}` as DevicePointId

/** @param repository The store whose moments continue from engine to engine; without it they start with the clock. */
export const createRuntime = (
  options: RuntimeOptions,
  { quarantine, hyperPoint, limits, profileMerge, suppression }: Policies,
  repository?: Repository
): Runtime => {
  const { clock, newId, sleep = () => undefined, random = () => 1, attempts = 20 } = options
  if (!Number.isInteger(attempts) || attempts < 1) throw wrongArgument('attempts must be 1 or more')
  const nextId = idsFrom(newId)
  return {
    clock,
    moments: createMoments(repository),
    newId: nextId,
    newUserPointId: () => nextId() as UserPointId,
    newDevicePointId: () => devicePointIdOf(nextId()),
    backOff: (attempt) => sleep(backOffMilliseconds(attempt) * random()),
    attempts,
    guards: { quarantine, hyperPoint, limits, profileMerge, suppression },
    onObligation: () => undefined
  }
}
