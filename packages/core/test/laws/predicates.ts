/**
 * The laws of docs/semantics/laws.md as plain functions: `true` where the law holds. No test framework; equality is
 * Node's own, so that no law is judged by the code it is about.
 */
import { isDeepStrictEqual } from 'node:util'
import { type Command, referencesOf } from '../../src/command/command.ts'
import type { Effect, Verdict } from '../../src/decide/verdict.ts'
import { Workspace } from '../../src/decide/workspace.ts'
import { sameSegment } from '../../src/domain/attachments.ts'
import { claimOf } from '../../src/domain/identifier.ts'
import type { Json, JsonObject } from '../../src/domain/json.ts'
import {
  apply,
  type ArrayPolicy,
  concat,
  deepMerge,
  identity,
  type Patch,
  put,
  shallowMerge
} from '../../src/domain/patch.ts'
import { sameProfileKey } from '../../src/domain/profile.ts'
import { claimsOf } from '../../src/domain/claims.ts'
import type { UserPoint } from '../../src/domain/user-point.ts'
import { contextAt, references, resolve, run, type Step, type World } from './world.ts'

export const same: (a: unknown, b: unknown) => boolean = isDeepStrictEqual

type Value = Json | undefined

/** The value with every part of it frozen, so that a change throws. */
export const frozen = <A>(value: A): A => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    const parts = value instanceof Map ? [...value.keys(), ...value.values()] : Object.values(value)
    for (const part of parts) frozen(part)
  }
  return value
}

// Patches

/** apply(identity, x) = x, the very same. */
export const identityKeeps = (x: Value): boolean => apply(identity, x) === x

/** apply(concat(p, q), x) = apply(q, apply(p, x)). */
export const isAction = (p: Patch, q: Patch, x: Value): boolean => same(apply(concat(p, q), x), apply(q, apply(p, x)))

/** concat(concat(p, q), r) = concat(p, concat(q, r)), as values: not only in what they do. */
export const isAssociative = (p: Patch, q: Patch, r: Patch): boolean =>
  same(concat(concat(p, q), r), concat(p, concat(q, r)))

/** concat(identity, p) = p = concat(p, identity), as values. */
export const isUnit = (p: Patch): boolean => same(concat(identity, p), p) && same(concat(p, identity), p)

/** Returns `true` if an equal result is the same reference, at every path that the patch reaches. */
export const keepsReferences = (p: Patch, x: Value): boolean => {
  const after = apply(p, x)
  if (same(x, after)) return x === after
  const { object } = p
  if (!isObject(x) || !isObject(after) || object._tag !== 'Record') return true
  return Object.keys(x).every((key) => {
    const inner = object.record.get(key)
    return inner === undefined ? x[key] === after[key] : keepsReferences(inner, x[key])
  })
}

const isObject = (value: Value): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns `true` if a result is plain data: no key of a document becomes a prototype. */
export const hasPlainPrototypes = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.getPrototypeOf(value) === (Array.isArray(value) ? Array.prototype : Object.prototype) &&
    Object.values(value).every(hasPlainPrototypes))

/** Returns `true` if properties with any keys can be written and removed. */
export const hasPlainProperties = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  Object.keys(value).every((key) => {
    const { writable, configurable, value: inner } = Object.getOwnPropertyDescriptor(value, key) ?? {}
    return writable === true && configurable === true && hasPlainProperties(inner)
  })

// Merges

/** Returns a stored body after the merge of another one. */
export type Merge = (stored: JsonObject, incoming: JsonObject) => JsonObject

const mergeOf =
  (patchOf: (incoming: JsonObject) => Patch): Merge =>
  (stored, incoming) =>
    apply(patchOf(incoming), stored) as JsonObject

export const replace: Merge = mergeOf(put)
export const shallow: Merge = mergeOf(shallowMerge)
export const deep = (arrays: ArrayPolicy): Merge => mergeOf((incoming) => deepMerge(incoming, arrays))

/** merge(a, {}) = a = merge({}, a). */
export const emptyIsNeutral = (merge: Merge, a: JsonObject): boolean => merge(a, {}) === a && same(merge({}, a), a)

/** merge(merge(a, b), b) = merge(a, b). */
export const isIdempotentMerge = (merge: Merge, a: JsonObject, b: JsonObject): boolean =>
  same(merge(merge(a, b), b), merge(a, b))

/** merge(merge(a, b), c) = merge(a, merge(b, c)). */
export const isAssociativeMerge = (merge: Merge, a: JsonObject, b: JsonObject, c: JsonObject): boolean =>
  same(merge(merge(a, b), c), merge(a, merge(b, c)))

// Removals

/** apply(p, apply(q, x)) = apply(q, apply(p, x)). */
export const commute = (p: Patch, q: Patch, x: Value): boolean => same(apply(p, apply(q, x)), apply(q, apply(p, x)))

/** apply(p, apply(p, x)) = apply(p, x), the very same. */
export const isIdempotent = (p: Patch, x: Value): boolean => {
  const once = apply(p, x)
  return apply(p, once) === once
}

/** Returns `true` if a value only lost parts: its keys are among the old keys, its elements among the old ones. */
export const neverCreates = (p: Patch, x: Value): boolean => isPartOf(apply(p, x), x)

const isPartOf = (part: Value, whole: Value): boolean => {
  if (part === undefined || part === whole) return true
  if (Array.isArray(part) && Array.isArray(whole)) {
    let from = 0
    return part.every((element) => {
      from = whole.findIndex((each, i) => i >= from && each === element) + 1
      return from > 0
    })
  }
  if (!isObject(part) || !isObject(whole)) return false
  return Object.keys(part).every((key) => Object.hasOwn(whole, key) && isPartOf(part[key], whole[key]))
}

// Steps of a history

/** Returns the effect of an applied command, if it has one of these tags. */
const did = <Tag extends Effect['_tag']>(
  { decision: { verdict } }: Step,
  tag: Tag
): Extract<Effect, { readonly _tag: Tag }> | undefined =>
  verdict._tag === 'Applied' && verdict.effect._tag === tag
    ? (verdict.effect as Extract<Effect, { readonly _tag: Tag }>)
    : undefined

/** The same command again, right after. */
const again = ({ after, command, context }: Step): Step => ({
  before: after,
  command,
  context,
  ...run(after, command, context)
})

/** Returns `true` if only the deleted user point is gone, and its identifiers are unknown. */
export const deletedIsUnreachable = (step: Step): boolean => {
  if (step.command._tag !== 'DeleteUserPoint') return true
  const gone = did(step, 'UserPointDeleted')?.userPoint
  if (gone === undefined) return step.after.size === step.before.size
  const former = step.before.get(gone) as UserPoint
  const held = new Set([...step.after.values()].flatMap(claimsOf))
  return (
    step.after.size === step.before.size - 1 &&
    !step.after.has(gone) &&
    claimsOf(former).every((claim) => !held.has(claim))
  )
}

/** Returns `true` if the deleted identifier is unknown, and its user point keeps all data by reference and every other claim. */
export const onlyTheIdentifierGoes = (step: Step): boolean => {
  if (step.command._tag !== 'DeleteIdentifier') return true
  const id = did(step, 'IdentifierDeleted')?.userPoint
  if (id === undefined) return same(step.before, step.after)
  const [before, after] = [step.before.get(id), step.after.get(id)] as [UserPoint, UserPoint]
  const gone = claimOf(step.command.identifier)
  return (
    before.profiles === after.profiles &&
    before.segments === after.segments &&
    before.scenarios === after.scenarios &&
    before.choices === after.choices &&
    before.mergedAt === after.mergedAt &&
    before.createdAt === after.createdAt &&
    same(
      claimsOf(before).filter((claim) => claim !== gone),
      claimsOf(after)
    )
  )
}

/** Only an applied command changes anything. */
export const onlyAppliedChanges = ({ before, decision, after }: Step): boolean =>
  decision.verdict._tag === 'Applied'
    ? decision.changes.length > 0
    : decision.changes.length === 0 && same(before, after)

/** No claim is held twice, and each reference leads to the holder. */
export const claimsAreUnique = ({ after }: Step): boolean => {
  const held = [...after.values()].flatMap(claimsOf)
  const view = new Workspace([...after].map(([id, point]) => ({ id, version: 1, point })))
  return (
    new Set(held).size === held.length &&
    references.every((reference) => view.find(reference)?.id === resolve(after, reference))
  )
}

const isNotFound = (verdict: Verdict): boolean => verdict._tag === 'NoOp' && verdict.reason === 'NOT_FOUND'

/** The second time a deletion finds nothing. */
export const secondDeletionFindsNothing = (step: Step): boolean =>
  !/^(Delete|Leave)/.test(step.command._tag) || isNotFound(again(step).decision.verdict)

/** The same association again finds all of it done. */
export const secondAssociationFindsItDone = (step: Step): boolean => {
  if (step.command._tag !== 'Associate' || did(step, 'Associated') === undefined) return true
  return same(again(step).decision.verdict, { _tag: 'NoOp', reason: 'ALREADY_ASSOCIATED' })
}

/** After an upsert, a deletion of that profile leaves none at its key; the rest of the user point is as it was. */
export const deleteUndoesUpsert = (step: Step): boolean => {
  const id = did(step, 'ProfileUpserted')?.userPoint
  if (step.command._tag !== 'UpsertProfile' || id === undefined) return true
  const { reference, key } = step.command
  const undo: Command = { _tag: 'DeleteProfile', reference, scope: { _tag: 'Key', key } }
  const upserted = step.after.get(id) as UserPoint
  const undone = run(step.after, undo, step.context).after.get(id)
  return same(undone, { ...upserted, profiles: upserted.profiles.filter((each) => !sameProfileKey(each, key)) })
}

const withoutAttachment = (point: UserPoint, command: Command): UserPoint => {
  switch (command._tag) {
    case 'UpdateSegment':
      return { ...point, segments: point.segments.filter((each) => !sameSegment(each, command.key)) }
    case 'UpsertChoice':
      return { ...point, choices: point.choices.filter((each) => each.processing !== command.processing) }
    case 'EnterScenario':
      return { ...point, scenarios: point.scenarios.filter((each) => each.scenario !== command.scenario) }
    default:
      return point
  }
}

const undoOf = (command: Command): Command | undefined => {
  switch (command._tag) {
    case 'UpdateSegment':
      return { _tag: 'DeleteSegment', reference: command.reference, key: command.key }
    case 'UpsertChoice':
      return { _tag: 'DeleteChoice', reference: command.reference, processing: command.processing }
    case 'EnterScenario':
      return { _tag: 'LeaveScenario', reference: command.reference, scenario: command.scenario }
    default:
      return undefined
  }
}

/** After a segment, a choice or a scenario came, its deletion leaves none at its key; all else is as it was. */
export const deleteUndoesAttachment = (step: Step): boolean => {
  const undo = undoOf(step.command)
  const { verdict } = step.decision
  if (undo === undefined || verdict._tag !== 'Applied' || !('userPoint' in verdict.effect)) return true
  const { userPoint: id } = verdict.effect
  const built = step.after.get(id) as UserPoint
  const undone = run(step.after, undo, step.context)
  return (
    undone.decision.verdict._tag === 'Applied' &&
    same(undone.after.get(id), withoutAttachment(built, step.command)) &&
    undone.after.size === step.after.size
  )
}

/** Returns `true` if only the user points of the references changed or new ones exist; the others are the same references. */
export const changesOnlyWhatIsMeant = ({ before, command, decision, after }: Step): boolean => {
  const meant = new Set(referencesOf(command).flatMap((reference) => resolve(before, reference) ?? []))
  return (
    decision.changes.every(({ id, point }) => meant.has(id) || (!before.has(id) && point !== undefined)) &&
    [...before].every(([id, point]) => meant.has(id) || after.get(id) === point)
  )
}

/** The user points there are, where the order in which they hold what they hold is not looked at. */
const unordered = (world: World): unknown =>
  new Map(
    [...world].map(([id, point]) => [
      id,
      {
        ...point,
        accounts: new Set(point.accounts),
        emailHashes: new Set(point.emailHashes),
        devicePoints: new Set(point.devicePoints.map((device) => ({ ...device, agents: new Set(device.agents) }))),
        named: new Set(point.named),
        profiles: new Set(point.profiles),
        segments: new Set(point.segments),
        scenarios: new Set(point.scenarios),
        choices: new Set(point.choices)
      }
    ])
  )

/** An association that names the same in the opposite order does the same. */
export const orderOfIdentifiersNeverShows = ({ before, command }: Step): boolean => {
  if (command._tag !== 'Associate') return true
  const reversed = [...command.references].reverse() as unknown as typeof command.references
  const [there, back] = [command, { ...command, references: reversed }].map((each) =>
    run(before, each, contextAt(5, 900))
  )
  return same(unordered(there?.after ?? new Map()), unordered(back?.after ?? new Map()))
}

/** Equal inputs give equal outputs, and no input is changed: each is frozen. */
export const isPure = ({ before, command }: Step): boolean => {
  const [world, asked] = [frozen(new Map(before)), frozen(command)]
  return same(run(world, asked, contextAt(5, 900)), run(world, asked, contextAt(5, 900)))
}
