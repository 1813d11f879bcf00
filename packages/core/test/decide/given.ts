/** Given some user points, when a command is decided, then its verdict and what it changed. */
import type { Command } from '../../src/command/command.ts'
import { decide } from '../../src/decide/decide.ts'
import type { Decision } from '../../src/decide/verdict.ts'
import { type PendingSuppression, type PendingWrite, Workspace } from '../../src/decide/workspace.ts'
import type { CompartmentId } from '../../src/domain/compartment.ts'
import type { Claimed, Identifier, Reference, UserPointId } from '../../src/domain/identifier.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import type { Profile, ProfileKey } from '../../src/domain/profile.ts'
import type { DevicePointId, TechnicalId } from '../../src/domain/user-agent-id.ts'
import type { Context } from '../../src/decide/view.ts'
import { momentOf } from '../../src/domain/moment.ts'
import { emptyUserPoint, latestMoment, type Subject, type UserPoint } from '../../src/domain/user-point.ts'

/** The moment of every decision; given user points are older unless they say otherwise. */
export const now = 5_000

export const account = (compartment: string, accountId: string) =>
  ({ _tag: 'Account', compartment: compartment as CompartmentId, accountId }) satisfies Identifier
export const email = (hash: string) => ({ _tag: 'EmailHash', hash }) satisfies Identifier
export const agent = (id: string) => ({ _tag: 'Agent', id: id as TechnicalId }) satisfies Identifier
export const device = (id: string) => ({ _tag: 'DevicePoint', id: id as DevicePointId }) satisfies Claimed
export const userPoint = (id: string) => ({ _tag: 'UserPoint', id: id as UserPointId }) satisfies Reference

export const key = (compartment: string, accountId?: string): ProfileKey => ({
  compartment: compartment as CompartmentId,
  ...(accountId !== undefined && { accountId })
})

export const profile = (
  at: ProfileKey,
  properties: JsonObject,
  { createdAt = 100, modifiedAt = 100 }: { readonly createdAt?: number; readonly modifiedAt?: number } = {}
): Profile => ({ ...at, createdAt, modifiedAt, writtenAt: momentOf(modifiedAt), properties })

/**
 * The time of a context, and the moment of what it writes.
 *
 * @param tick How many moments after the time's first one.
 */
export const at = (time: number, tick = 0): Pick<Context, 'now' | 'momentAfter'> => ({
  now: time,
  momentAfter: (point) => Math.max(momentOf(time) + tick, latestMoment(point) + 1)
})

interface Parts {
  readonly createdAt?: number
  /** Compartment and account id. */
  readonly accounts?: ReadonlyArray<readonly [string, string]>
  readonly emails?: ReadonlyArray<string>
  /** Technical ids by device point; a device point's own moment stands at its id, if it is not that of its user point. */
  readonly devices?: Readonly<Record<string, ReadonlyArray<string>>>
  readonly deviceCreatedAt?: Readonly<Record<string, number>>
  readonly profiles?: ReadonlyArray<Profile>
}

export const person = (id: string, parts: Parts = {}): Subject => {
  const { createdAt = 100, accounts = [], emails = [], devices = {}, deviceCreatedAt = {}, profiles = [] } = parts
  return {
    id: id as UserPointId,
    point: {
      ...emptyUserPoint(createdAt),
      accounts: accounts.map(([compartment, accountId]) => ({
        compartment: compartment as CompartmentId,
        accountId,
        createdAt
      })),
      emailHashes: emails.map((hash) => ({ hash, createdAt })),
      devicePoints: Object.entries(devices).map(([deviceId, agents]) => ({
        id: deviceId as DevicePointId,
        createdAt: deviceCreatedAt[deviceId] ?? createdAt,
        agents: agents.map((each) => ({ id: each as TechnicalId, createdAt }))
      })),
      profiles
    }
  }
}

const deepFreeze = <A>(value: A): A => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}

export interface World {
  /** Decides, and lets what it decided become true. */
  readonly when: (command: Command) => Decision
  readonly find: (reference: Reference) => Subject | undefined
  /** The user point that a reference must lead to. */
  readonly get: (reference: Reference) => UserPoint
  readonly pending: () => ReadonlyArray<PendingWrite>
  readonly suppressions: () => ReadonlyArray<PendingSuppression>
}

/** User points as they were read, each at version 3. They are frozen: a decision that changed one would throw. */
export const given = (...subjects: ReadonlyArray<Subject>): World => givenUnder({}, ...subjects)

/** The same, decided under these policies. */
export const givenUnder = (
  policies: Pick<Context, 'profileMerge' | 'limits' | 'suppression' | 'canSuppress'>,
  ...subjects: ReadonlyArray<Subject>
): World => {
  const workspace = new Workspace(subjects.map((subject) => ({ ...deepFreeze(subject), version: 3 })))
  let points = 0
  let devices = 0
  let commands = 0
  let suppressions = 0
  const context = {
    ...policies,
    newUserPointId: () => `new-${++points}` as UserPointId,
    newDevicePointId: () => `udp:new-${++devices}` as DevicePointId
  }
  return {
    when: (command) => {
      const decision = deepFreeze(decide(workspace, command, { ...context, ...at(now, commands++) }))
      workspace.apply(decision, () => `suppression-${++suppressions}`)
      return decision
    },
    find: (reference) => workspace.find(reference),
    get: (reference) => {
      const subject = workspace.find(reference)
      if (subject === undefined) throw new Error('the reference is unknown')
      return subject.point
    },
    pending: () => workspace.pending(),
    suppressions: () => workspace.pendingSuppressions()
  }
}
