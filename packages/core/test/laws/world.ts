/** Histories without a store: a plain map of user points, and each decision made on what its command refers to alone. */
import fc from 'fast-check'
import { type Command, referencesOf } from '../../src/command/command.ts'
import { decodeLine } from '../../src/dialects/mediarithmics/document.ts'
import { defaultPolicies } from '../../src/command/policies.ts'
import { decide } from '../../src/decide/decide.ts'
import type { Decision } from '../../src/decide/verdict.ts'
import type { Context } from '../../src/decide/view.ts'
import { Workspace } from '../../src/decide/workspace.ts'
import { claimOf, type Reference, type UserPointId } from '../../src/domain/identifier.ts'
import { at } from '../decide/given.ts'
import { claimsOf } from '../../src/domain/claims.ts'
import type { UserPoint } from '../../src/domain/user-point.ts'
import type { DevicePointId } from '../../src/domain/user-agent-id.ts'
import { E } from '../../src/fp.ts'
import {
  callOf,
  type Intent,
  intent,
  isLine,
  lineOf,
  mintedDevice,
  mintedId,
  typeOf,
  universe,
  type Verb
} from '@userpoint/conformance/arbitraries'

/** All user points there are, by id. */
export type World = ReadonlyMap<UserPointId, UserPoint>

/** One command of a history, with what there was and what there is now. */
export interface Step {
  readonly before: World
  readonly command: Command
  readonly decision: Decision
  readonly after: World
  /** The moment, and the ids that are still to be minted. */
  readonly context: Context
}

/** Returns the user point of a reference, found by a search through all. */
export const resolve = (world: World, reference: Reference): UserPointId | undefined => {
  if (reference._tag === 'UserPoint' && world.has(reference.id)) return reference.id
  const claim = reference._tag === 'UserPoint' ? `user_point:${reference.id}` : claimOf(reference)
  return [...world].find(([, point]) => claimsOf(point).includes(claim))?.[0]
}

/** Decides a command; the decision sees only the user points of its references, as in a unit of work. */
export const run = (
  world: World,
  command: Command,
  context: Context
): { readonly decision: Decision; readonly after: World } => {
  const ids = new Set(referencesOf(command).flatMap((reference) => resolve(world, reference) ?? []))
  const view = new Workspace([...ids].map((id) => ({ id, version: 1, point: world.get(id) as UserPoint })))
  const decision = decide(view, command, context)
  const after = new Map(world)
  for (const { id, point } of decision.changes) {
    if (point === undefined) after.delete(id)
    else after.set(id, point)
  }
  return { decision, after }
}

/** The command of an intent. */
export const commandOf = (wanted: Intent, variant = 0): Command => {
  if (!isLine(wanted)) return callOf(wanted)
  const decoded = decodeLine(typeOf(wanted), lineOf(wanted, variant), defaultPolicies)
  if (E.isLeft(decoded)) throw new Error(`an intent must be a legal line: ${decoded.left.code}`)
  return decoded.right.command
}

/** A context at a moment, whose ids start after the first `used`. */
export const contextAt = (now: number, used: number): Context => {
  let n = used
  return {
    ...at(now),
    newUserPointId: () => mintedId(n++) as UserPointId,
    newDevicePointId: () => mintedDevice(n++) as DevicePointId
  }
}

/** A history from nothing. Every second command comes in the same millisecond as the one before. */
export const historyOf = (intents: ReadonlyArray<Intent>): ReadonlyArray<Step> => {
  const steps: Step[] = []
  let world: World = new Map()
  for (const [i, wanted] of intents.entries()) {
    const command = commandOf(wanted, i)
    // Two ids are the most that one command mints.
    const context = contextAt(1_000 + (i >> 1), 2 * i)
    const { decision, after } = run(world, command, context)
    steps.push({ before: world, command, decision, after, context: contextAt(2_000 + i, 2 * i + 10_000) })
    world = after
  }
  return steps
}

/** Random histories, as intents; one that fails shows what was asked for. */
export const intents = (...verbs: ReadonlyArray<Verb>): fc.Arbitrary<ReadonlyArray<Intent>> =>
  fc.array(intent(...verbs), { minLength: 1, maxLength: 40, size: 'max' })

/** Everything that may lead somewhere in this universe. */
export const references: ReadonlyArray<Reference> = [
  ...universe.map(
    (who) => (commandOf({ verb: 'deleteIdentifier', who }) as { readonly identifier: Reference }).identifier
  ),
  ...Array.from(
    { length: 60 },
    (_, n): ReadonlyArray<Reference> => [
      { _tag: 'DevicePoint', id: mintedDevice(n) as DevicePointId },
      { _tag: 'UserPoint', id: mintedId(n) as UserPointId }
    ]
  ).flat()
]
