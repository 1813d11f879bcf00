/** Decodes one user of a delete-attribute request: the attributes to delete, and the values to delete from array attributes. */
import { getKey, isAbsent, isJsonArray, type Json, type JsonObject } from '../../domain/json.ts'
import { concat, deletion, type Patch, removeValues, within, withinOrDelete } from '../../domain/patch.ts'
import { E } from '../../fp.ts'
import type { Check, EditProfile, PropertyPath, Protected } from '../../command/command.ts'
import { decoded, type Warning } from '../../command/decoded.ts'
import { type Rejection, rejection, shownName } from '../../command/rejection.ts'
import { anyOf, decodeIdentity, decodeMap } from './identity.ts'
import { type IdentitySettings, identifierName, identifyingNames } from './settings.ts'
import { type DecodedUser, type Reading, rejectedUser } from './user-decoder.ts'

/** Deletions from one namespace of attributes: names, and values of arrays by name. */
interface Plan {
  /** Each name once. */
  readonly whole: ReadonlyArray<string>
  readonly partial: ReadonlyMap<string, ReadonlyArray<Json>>
}

// Nearly every user names one attribute in one namespace, so what is empty is shared.
const none: ReadonlyArray<never> = []
const nothing: Plan = { whole: none, partial: new Map() }

const distinct = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.length < 2 ? names : [...new Set(names)]

type Path = ReadonlyArray<string>

/** A namespace of attributes: its path, and that of the other one. */
interface Namespace {
  readonly place: Path
  readonly other: Path
  readonly canonical: (settings: IdentitySettings) => (name: string) => string
  /** Returns every name under which an attribute may be stored. */
  readonly allNames: (name: string) => ReadonlyArray<string>
}

const decodeWhole = (value: Json | undefined, path: Path): E.Either<Rejection, ReadonlyArray<string>> => {
  if (isAbsent(value)) return E.right(none)
  return isJsonArray(value) && value.every((name) => typeof name === 'string')
    ? E.right(value)
    : E.left(rejection('ARRAY_EXPECTED', path))
}

const decodePartial = (
  value: Json | undefined,
  path: Path,
  settings: IdentitySettings
): E.Either<Rejection, ReadonlyArray<readonly [string, ReadonlyArray<Json>]>> => {
  if (isAbsent(value)) return E.right(none)
  const map = decodeMap(value, path)
  if (E.isLeft(map)) return map
  const entries: Array<readonly [string, ReadonlyArray<Json>]> = []
  for (const [name, values] of Object.entries(map.right)) {
    if (isJsonArray(values)) entries.push([name, values])
    else if (settings.singleValue === 'wrap') entries.push([name, [values]])
    else return E.left(rejection('ARRAY_EXPECTED', [...path, name]))
  }
  return E.right(entries)
}

const decodePlan = (
  source: JsonObject,
  { place, canonical: canonicalOf }: Namespace,
  settings: IdentitySettings
): E.Either<Rejection, Plan> => {
  const whole = decodeWhole(getKey(source, 'whole'), [...place, 'whole'])
  if (E.isLeft(whole)) return whole
  const entries = decodePartial(getKey(source, 'partial'), [...place, 'partial'], settings)
  if (E.isLeft(entries)) return entries
  if (whole.right.length + entries.right.length === 0) return E.right(nothing)
  const canonical = canonicalOf(settings)
  if (entries.right.length === 0)
    return E.right({ whole: distinct(whole.right.map(canonical)), partial: nothing.partial })
  const partial = new Map<string, ReadonlyArray<Json>>()
  for (const [name, values] of entries.right) {
    partial.set(canonical(name), [...(partial.get(canonical(name)) ?? []), ...values])
  }
  return E.right({ whole: distinct(whole.right.map(canonical)), partial })
}

const namesOf = ({ whole, partial }: Plan): ReadonlyArray<string> =>
  partial.size === 0 ? whole : distinct([...whole, ...partial.keys()])

const hasName = ({ whole, partial }: Plan, name: string): boolean => whole.includes(name) || partial.has(name)

/** Returns the plan with both names of the list attribute: a document may have stored either (B-16). */
const underBothNames = (plan: Plan): Plan =>
  listNames.some((name) => hasName(plan, name))
    ? {
        whole: distinct(plan.whole.flatMap(aliases)),
        partial: new Map([...plan.partial].flatMap(([name, values]) => aliases(name).map((alias) => [alias, values])))
      }
    : plan

/** Returns the patches by name. `whole` wins over `partial` on one name, in any order (B-08). */
const patchOf = (plan: Plan): Map<string, Patch> => {
  const patches = new Map<string, Patch>()
  for (const [name, values] of plan.partial) patches.set(name, removeValues(values))
  for (const name of plan.whole) patches.set(name, deletion)
  return patches
}

const at = (namespace: Path, name: string): PropertyPath => [...namespace, name] as unknown as PropertyPath

const checksOf = (
  plan: Plan,
  { place, other, allNames }: Namespace,
  settings: IdentitySettings
): ReadonlyArray<Check> => {
  const strict = settings.partialOnScalar === 'reject'
  const checks: Check[] = []
  for (const name of plan.partial.keys()) {
    if (plan.whole.includes(name)) continue
    for (const each of allNames(name)) checks.push({ _tag: 'ArrayExpected', path: at(place, each), strict })
  }
  for (const name of namesOf(plan)) {
    // The property `custom` is a namespace and not an attribute of the other one.
    if (name === namespace) continue
    const path = at(place, name)
    const names = allNames(name)
    const places = names.length === 1 ? [path] : names.map((each) => at(place, each))
    checks.push({ _tag: 'Elsewhere', path, places, other: at(other, name) })
  }
  return checks
}

/** The property that holds the custom attributes. */
const namespace = 'custom'

const listNames: ReadonlyArray<string> = ['list_id', 'static_segment_id']

const itself = (name: string): ReadonlyArray<string> => [name]

const aliases = (name: string): ReadonlyArray<string> => (listNames.includes(name) ? listNames : [name])

/** Returns the one name under which the list attribute is stored (B-16). */
export const canonicalName =
  (settings: IdentitySettings) =>
  (name: string): string =>
    listNames.includes(name) ? settings.listAttribute : name

const rootSpace: Namespace = { place: [], other: [namespace], canonical: canonicalName, allNames: aliases }
const customSpace: Namespace = {
  place: [namespace],
  other: [],
  canonical: () => (name) => name,
  allNames: itself
}

const without = (plan: Plan, name: string): Plan =>
  hasName(plan, name)
    ? {
        whole: plan.whole.filter((each) => each !== name),
        partial: new Map([...plan.partial].filter(([each]) => each !== name))
      }
    : plan

/** Returns the patch of the property `custom`: the other namespace if it is an object, else an attribute (B-07). */
const patchOfNamespace = (root: Plan, custom: Plan): Patch =>
  root.whole.includes(namespace)
    ? withinOrDelete(patchOf(custom))
    : concat(removeValues(root.partial.get(namespace) ?? []), within(patchOf(custom)))

const checksOfNamespace = (root: Plan, settings: IdentitySettings): ReadonlyArray<Check> => {
  if (!hasName(root, namespace)) return none
  const strict = settings.partialOnScalar === 'reject'
  return [
    { _tag: 'Namespace', path: [namespace] },
    ...(root.whole.includes(namespace)
      ? []
      : [{ _tag: 'ArrayExpected', path: [namespace], strict, orObject: true } as const])
  ]
}

/** Returns the attributes of a plan that the settings make identifiers: delete-identifiers deletes those (B-07). */
const protectedIn = (plan: Plan, custom: boolean, settings: IdentitySettings): ReadonlyArray<Protected> => {
  const identifying = identifyingNames(settings, custom)
  if (identifying.size === 0) return none
  return namesOf(plan)
    .filter((name) => identifying.has(name))
    .map((name) => ({ path: custom ? [namespace, name] : [name], identifierName: identifierName({ name, custom }) }))
}

const warningsOn = (root: Plan, custom: Plan): ReadonlyArray<Warning> =>
  distinct([...namesOf(root), ...namesOf(custom)].filter((name) => name.startsWith('c_'))).map((name) => ({
    code: 'PREFIXED_NAME',
    path: shownName(name)
  }))

const emptiedBy = (root: Plan, custom: Plan, settings: IdentitySettings): ReadonlyArray<PropertyPath> =>
  settings.emptiedArray === 'drop'
    ? [
        ...[...root.partial.keys()].flatMap(aliases).map((name): PropertyPath => [name]),
        ...[...custom.partial.keys()].map((name): PropertyPath => [namespace, name])
      ]
    : none

/** Returns the patch of the properties. `own`: the root's plan without the namespace. */
const patchOfAll = (own: Plan, root: Plan, custom: Plan): Patch => {
  const patches = patchOf(underBothNames(own))
  if (custom !== nothing || own !== root) patches.set(namespace, patchOfNamespace(root, custom))
  return within(patches)
}

/** Decodes one user of a delete-attribute request. */
export const decodeDeleteAttributes = (user: JsonObject, { key, settings }: Reading): DecodedUser => {
  const identity = decodeIdentity(user, settings)
  if (E.isLeft(identity)) return rejectedUser(identity)
  const asked = decodePlan(user, rootSpace, settings)
  if (E.isLeft(asked)) return rejectedUser(asked)
  const source = decodeMap(getKey(user, namespace), [namespace])
  if (E.isLeft(source)) return rejectedUser(source)
  const inCustom = decodePlan(source.right, customSpace, settings)
  if (E.isLeft(inCustom)) return rejectedUser(inCustom)
  const [root, custom] = [asked.right, inCustom.right]
  if (namesOf(root).length + namesOf(custom).length === 0) return E.left([rejection('REQUIRED', ['whole'])])

  const own = without(root, namespace)
  const command: EditProfile = {
    _tag: 'EditProfile',
    reference: anyOf(identity.right, settings),
    key,
    patch: patchOfAll(own, root, custom),
    checks: [
      ...checksOfNamespace(root, settings),
      ...checksOf(own, rootSpace, settings),
      ...checksOf(custom, customSpace, settings)
    ],
    protected: [...protectedIn(root, false, settings), ...protectedIn(custom, true, settings)],
    dropEmptied: emptiedBy(root, custom, settings)
  }
  return decoded(command, warningsOn(root, custom))
}
