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
  readonly whole: ReadonlySet<string>
  readonly partial: ReadonlyMap<string, ReadonlyArray<Json>>
}

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
  if (isAbsent(value)) return E.right([])
  return isJsonArray(value) && value.every((name) => typeof name === 'string')
    ? E.right(value)
    : E.left(rejection('ARRAY_EXPECTED', path))
}

const decodePartial = (
  value: Json | undefined,
  path: Path,
  settings: IdentitySettings
): E.Either<Rejection, ReadonlyArray<readonly [string, ReadonlyArray<Json>]>> => {
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
  const canonical = canonicalOf(settings)
  const partial = new Map<string, ReadonlyArray<Json>>()
  for (const [name, values] of entries.right) {
    partial.set(canonical(name), [...(partial.get(canonical(name)) ?? []), ...values])
  }
  return E.right({ whole: new Set(whole.right.map(canonical)), partial })
}

const namesOf = (plan: Plan): ReadonlyArray<string> => [...plan.whole, ...plan.partial.keys()]

/** Returns the plan with both names of the list attribute: a document may have stored either (B-16). */
const underBothNames = (plan: Plan): Plan => ({
  whole: new Set([...plan.whole].flatMap(aliases)),
  partial: new Map([...plan.partial].flatMap(([name, values]) => aliases(name).map((alias) => [alias, values])))
})

/** Returns the patches by name. `whole` wins over `partial` on one name, in any order (B-08). */
const patchOf = (plan: Plan): ReadonlyMap<string, Patch> =>
  new Map([
    ...[...plan.partial].map(([name, values]) => [name, removeValues(values)] as const),
    ...[...plan.whole].map((name) => [name, deletion] as const)
  ])

const checksOf = (
  plan: Plan,
  { place, other, allNames }: Namespace,
  settings: IdentitySettings
): ReadonlyArray<Check> => {
  const at = (namespace: Path, name: string): PropertyPath => [...namespace, name] as unknown as PropertyPath
  const strict = settings.partialOnScalar === 'reject'
  return [
    ...[...plan.partial.keys()]
      .filter((name) => !plan.whole.has(name))
      .flatMap(allNames)
      .map((name): Check => ({ _tag: 'ArrayExpected', path: at(place, name), strict })),
    // The property `custom` is a namespace and not an attribute of the other one.
    ...[...new Set(namesOf(plan))]
      .filter((name) => name !== namespace)
      .map(
        (name): Check => ({
          _tag: 'Elsewhere',
          path: at(place, name),
          places: allNames(name).map((each) => at(place, each)),
          other: at(other, name)
        })
      )
  ]
}

/** The property that holds the custom attributes. */
const namespace = 'custom'

const listNames: ReadonlyArray<string> = ['list_id', 'static_segment_id']

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
  allNames: (name) => [name]
}

const without = (plan: Plan, name: string): Plan => ({
  whole: new Set([...plan.whole].filter((each) => each !== name)),
  partial: new Map([...plan.partial].filter(([each]) => each !== name))
})

/** Returns the patch of the property `custom`: the other namespace if it is an object, else an attribute (B-07). */
const patchOfNamespace = (root: Plan, custom: Plan): Patch =>
  root.whole.has(namespace)
    ? withinOrDelete(patchOf(custom))
    : concat(removeValues(root.partial.get(namespace) ?? []), within(patchOf(custom)))

const checksOfNamespace = (root: Plan, settings: IdentitySettings): ReadonlyArray<Check> => {
  if (!namesOf(root).includes(namespace)) return []
  const strict = settings.partialOnScalar === 'reject'
  return [
    { _tag: 'Namespace', path: [namespace] },
    ...(root.whole.has(namespace)
      ? []
      : [{ _tag: 'ArrayExpected', path: [namespace], strict, orObject: true } as const])
  ]
}

/** Returns the attributes of a plan that the settings make identifiers: delete-identifiers deletes those (B-07). */
const protectedIn = (plan: Plan, custom: boolean, settings: IdentitySettings): ReadonlyArray<Protected> => {
  const identifying = identifyingNames(settings, custom)
  return [...new Set(namesOf(plan))]
    .filter((name) => identifying.has(name))
    .map((name) => ({ path: custom ? [namespace, name] : [name], identifierName: identifierName({ name, custom }) }))
}

/** Decodes one user of a delete-attribute request. */
export const decodeDeleteAttributes = (user: JsonObject, { key, settings }: Reading): DecodedUser => {
  const identity = decodeIdentity(user, settings)
  if (E.isLeft(identity)) return rejectedUser(identity)
  const asked = decodePlan(user, rootSpace, settings)
  if (E.isLeft(asked)) return rejectedUser(asked)
  const source = decodeMap(getKey(user, namespace), [namespace])
  if (E.isLeft(source)) return rejectedUser(source)
  const custom = decodePlan(source.right, customSpace, settings)
  if (E.isLeft(custom)) return rejectedUser(custom)
  if (namesOf(asked.right).length + namesOf(custom.right).length === 0)
    return E.left([rejection('REQUIRED', ['whole'])])

  const own = without(asked.right, namespace)
  const root = underBothNames(own)
  const prefixed = [...new Set([...namesOf(asked.right), ...namesOf(custom.right)])].filter((name) =>
    name.startsWith('c_')
  )
  const warnings = prefixed.map((name): Warning => ({ code: 'PREFIXED_NAME', path: shownName(name) }))
  const dropEmptied =
    settings.emptiedArray === 'drop'
      ? [
          ...[...asked.right.partial.keys()].flatMap(aliases).map((name): PropertyPath => [name]),
          ...[...custom.right.partial.keys()].map((name): PropertyPath => [namespace, name])
        ]
      : []
  const command: EditProfile = {
    _tag: 'EditProfile',
    reference: anyOf(identity.right, settings),
    key,
    patch: within(new Map([...patchOf(root), [namespace, patchOfNamespace(asked.right, custom.right)]])),
    checks: [
      ...checksOfNamespace(asked.right, settings),
      ...checksOf(own, rootSpace, settings),
      ...checksOf(custom.right, customSpace, settings)
    ],
    protected: [...protectedIn(asked.right, false, settings), ...protectedIn(custom.right, true, settings)],
    dropEmptied
  }
  return decoded(command, warnings)
}
