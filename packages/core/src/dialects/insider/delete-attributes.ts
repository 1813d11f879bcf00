/** Insider's delete-attribute call, one user of it: a plan of attributes to drop and of values to take from arrays. */
import { getKey, isAbsent, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import { deletion, type Patch, removeValues, within } from '../../domain/patch.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { E } from '../../fp.ts'
import type { Check, PropertyPath } from '../../command/command.ts'
import type { Decoded, Warning } from '../../command/decoded.ts'
import { type Rejection, rejection, shownName } from '../../command/rejection.ts'
import { anyOf, decodeIdentity } from './identity.ts'
import { type IdentitySettings, identifyingNames } from './settings.ts'

/** What is to go from one namespace of attributes: names, and values of arrays by name. */
interface Plan {
  readonly whole: ReadonlySet<string>
  readonly partial: ReadonlyMap<string, ReadonlyArray<Json>>
}

type Path = ReadonlyArray<string>

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
  if (isAbsent(value)) return E.right([])
  if (!isJsonObject(value)) return E.left(rejection('BAD_FIELD', path))
  const entries: Array<readonly [string, ReadonlyArray<Json>]> = []
  for (const [name, values] of Object.entries(value)) {
    if (isJsonArray(values)) entries.push([name, values])
    else if (settings.singleValue === 'wrap') entries.push([name, [values]])
    else return E.left(rejection('ARRAY_EXPECTED', [...path, name]))
  }
  return E.right(entries)
}

const decodePlan = (
  source: JsonObject,
  path: Path,
  canonical: (name: string) => string,
  settings: IdentitySettings
): E.Either<Rejection, Plan> => {
  const whole = decodeWhole(getKey(source, 'whole'), [...path, 'whole'])
  if (E.isLeft(whole)) return whole
  const entries = decodePartial(getKey(source, 'partial'), [...path, 'partial'], settings)
  if (E.isLeft(entries)) return entries
  const partial = new Map<string, ReadonlyArray<Json>>()
  for (const [name, values] of entries.right) {
    partial.set(canonical(name), [...(partial.get(canonical(name)) ?? []), ...values])
  }
  return E.right({ whole: new Set(whole.right.map(canonical)), partial })
}

const namesOf = (plan: Plan): ReadonlyArray<string> => [...plan.whole, ...plan.partial.keys()]

/** The list attribute goes under both of its names: a profile may have come by another way than this call (B-16). */
const underBothNames = (plan: Plan): Plan => ({
  whole: new Set([...plan.whole].flatMap(aliases)),
  partial: new Map([...plan.partial].flatMap(([name, values]) => aliases(name).map((alias) => [alias, values])))
})

/** Whole beats partial on one name, in whatever order they stand (B-08). */
const patchOf = (plan: Plan): ReadonlyMap<string, Patch> =>
  new Map([
    ...[...plan.partial].map(([name, values]) => [name, removeValues(values)] as const),
    ...[...plan.whole].map((name) => [name, deletion] as const)
  ])

/** @param allNames Every name that an attribute of this namespace may stand under. */
const checksOf = (
  plan: Plan,
  place: Path,
  other: Path,
  allNames: (name: string) => ReadonlyArray<string>,
  settings: IdentitySettings
): ReadonlyArray<Check> => {
  const at = (namespace: Path, name: string): PropertyPath => [...namespace, name] as unknown as PropertyPath
  const strict = settings.partialOnScalar === 'reject'
  return [
    ...[...plan.partial.keys()]
      .filter((name) => !plan.whole.has(name))
      .flatMap(allNames)
      .map((name): Check => ({ _tag: 'ArrayExpected', path: at(place, name), strict })),
    // `custom` at the root is no attribute, but the other name space itself.
    ...[...new Set(namesOf(plan))]
      .filter((name) => name !== 'custom')
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

const listNames: ReadonlyArray<string> = ['list_id', 'static_segment_id']

const aliases = (name: string): ReadonlyArray<string> => (listNames.includes(name) ? listNames : [name])

/** The one name of the list attribute that has two (B-16). */
export const canonicalName =
  (settings: IdentitySettings) =>
  (name: string): string =>
    listNames.includes(name) ? settings.listAttribute : name

const without = (plan: Plan, name: string): Plan => ({
  whole: new Set([...plan.whole].filter((each) => each !== name)),
  partial: new Map([...plan.partial].filter(([each]) => each !== name))
})

/** The command that one user of a delete-attribute request asks for. */
export const decodeDeleteAttributes = (
  user: JsonObject,
  key: ProfileKey,
  settings: IdentitySettings
): E.Either<Rejection, Decoded> => {
  const identity = decodeIdentity(user, settings)
  if (E.isLeft(identity)) return identity
  const asked = decodePlan(user, [], canonicalName(settings), settings)
  if (E.isLeft(asked)) return asked
  const source = getKey(user, 'custom') ?? {}
  if (!isJsonObject(source)) return E.left(rejection('BAD_FIELD', ['custom']))
  const custom = decodePlan(source, ['custom'], (name) => name, settings)
  if (E.isLeft(custom)) return custom
  if (namesOf(asked.right).length + namesOf(custom.right).length === 0) return E.left(rejection('REQUIRED', ['whole']))

  for (const [plan, place] of [
    [asked.right, []],
    [custom.right, ['custom']]
  ] as const) {
    // An identifier is deleted as one, or not at all (B-07).
    const identifying = identifyingNames(settings, place.length > 0)
    const found = namesOf(plan).find((name) => identifying.has(name))
    if (found !== undefined) return E.left(rejection('IDENTIFIER_ATTRIBUTE', [...place, found]))
  }

  // `custom` at the root is the other namespace, not an attribute of this one (B-14).
  const own = without(asked.right, 'custom')
  const root = underBothNames(own)
  const prefixed = [...new Set([...namesOf(asked.right), ...namesOf(custom.right)])].filter((name) =>
    name.startsWith('c_')
  )
  const warnings: ReadonlyArray<Warning> = [
    ...prefixed.map((name): Warning => ({ code: 'PREFIXED_NAME', path: shownName(name) })),
    ...(namesOf(asked.right).includes('custom') ? [{ code: 'OTHER_NAMESPACE', path: 'custom' } as const] : [])
  ]
  const dropEmptied =
    settings.emptiedArray === 'drop'
      ? [
          ...[...root.partial.keys()].map((name): PropertyPath => [name]),
          ...[...custom.right.partial.keys()].map((name): PropertyPath => ['custom', name])
        ]
      : []
  return E.right({
    _tag: 'Command',
    command: {
      _tag: 'EditProfile',
      reference: anyOf(identity.right, settings),
      key,
      patch: within(new Map([...patchOf(root), ['custom', within(patchOf(custom.right))]])),
      checks: [
        ...checksOf(own, [], ['custom'], aliases, settings),
        ...checksOf(custom.right, ['custom'], [], (name) => [name], settings)
      ],
      dropEmptied
    },
    warnings
  })
}
