/** The places of a user point's data that a change altered, for those who follow the changes. */
import { type Choice, sameChoice, sameScenario, sameSegment, type Scenario, type Segment } from './attachments.ts'
import { equalsJson, getKey, isJsonObject, type Json } from './json.ts'
import { type Profile, sameProfileKey } from './profile.ts'
import type { UserPoint } from './user-point.ts'

/** A place: `profiles`, a compartment and keys of the properties; or a list of attachments and a name in it. */
export type ChangedPath = ReadonlyArray<string>

/** With more places than this, only the lists are named. */
const mostPaths = 64

const collect = (before: Json | undefined, after: Json | undefined, path: ChangedPath, paths: ChangedPath[]): void => {
  if (before === after) return
  if (isJsonObject(before) && isJsonObject(after)) {
    for (const key of Object.keys(before)) {
      const one = before[key]
      const other = getKey(after, key)
      // Most are the same, and need no path.
      if (one !== other) collect(one, other, [...path, key], paths)
    }
    for (const key of Object.keys(after)) if (!Object.hasOwn(before, key)) paths.push([...path, key])
    return
  }
  if (before === undefined || after === undefined || !equalsJson(before, after)) paths.push(path)
}

/** The name and the comparison of the items of one list. */
interface Kind<A> {
  readonly key: (item: A) => string
  /** The same as equal keys, without making them: nearly every change compares the profiles. */
  readonly isSame: (a: A, b: A) => boolean
  readonly compare: (before: A | undefined, after: A | undefined, paths: ChangedPath[]) => void
}

const compareLists = <A>(
  before: ReadonlyArray<A>,
  after: ReadonlyArray<A>,
  { key, isSame, compare }: Kind<A>,
  paths: ChangedPath[]
): void => {
  if (before === after) return
  // Most lists keep their order and have one item.
  if (before.length === after.length && before.every((item, at) => isSame(item, after[at] as A))) {
    before.forEach((item, at) => {
      if (item !== after[at]) compare(item, after[at], paths)
    })
    return
  }
  const rest = new Map(before.map((item) => [key(item), item]))
  for (const item of after) {
    const earlier = rest.get(key(item))
    rest.delete(key(item))
    if (earlier !== item) compare(earlier, item, paths)
  }
  for (const item of rest.values()) compare(item, undefined, paths)
}

const profileKind: Kind<Profile> = {
  isSame: sameProfileKey,
  key: ({ compartment, accountId }) => (accountId === undefined ? compartment : `${compartment}\0${accountId}`),
  compare: (before, after, paths) => {
    const path = ['profiles', (after ?? before)?.compartment ?? '']
    if (before?.createdAt !== after?.createdAt) paths.push(path)
    else collect(before?.properties, after?.properties, path, paths)
  }
}

const segmentKind: Kind<Segment> = {
  isSame: sameSegment,
  key: ({ naming, segment }) => `${naming}\0${segment}`,
  compare: (before, after, paths) => {
    const path = ['segments', (after ?? before)?.segment ?? '']
    const isSame = before?.createdAt === after?.createdAt && before?.expiresAt === after?.expiresAt
    if (!isSame) paths.push(path)
    else collect(before?.dataBag, after?.dataBag, path, paths)
  }
}

const scenarioKind: Kind<Scenario> = {
  isSame: sameScenario,
  key: ({ scenario }) => scenario,
  compare: (before, after, paths) => {
    if (before?.createdAt !== after?.createdAt) paths.push(['scenarios', (after ?? before)?.scenario ?? ''])
  }
}

const choiceKind: Kind<Choice> = {
  isSame: sameChoice,
  key: ({ processing }) => processing,
  compare: (before, after, paths) => {
    const path = ['choices', (after ?? before)?.processing ?? '']
    const isSame = before?.createdAt === after?.createdAt && before?.chosenAt === after?.chosenAt
    if (!isSame) paths.push(path)
    else collect(before?.properties, after?.properties, path, paths)
  }
}

/**
 * Returns the places of profiles, segments, scenarios and choices where two states of a user point differ; none if only the
 * times of writes do. Values and account ids are never named; keys of properties are. Above 64 places the lists are named.
 */
export const changedPaths = (before: UserPoint, after: UserPoint): ReadonlyArray<ChangedPath> => {
  const paths: ChangedPath[] = []
  compareLists(before.profiles, after.profiles, profileKind, paths)
  compareLists(before.segments, after.segments, segmentKind, paths)
  compareLists(before.scenarios, after.scenarios, scenarioKind, paths)
  compareLists(before.choices, after.choices, choiceKind, paths)
  if (paths.length <= mostPaths) return paths
  return [...new Set(paths.map(([list]) => list as string))].map((list) => [list])
}

const sameData = (before: Json | undefined, after: Json | undefined): boolean =>
  before === after || (before !== undefined && after !== undefined && equalsJson(before, after))

/** Returns whether two states of a profile differ at most in the times of writes, so that `changedPaths` has none of it. */
export const sameProfileData = (before: Profile, after: Profile): boolean =>
  before.createdAt === after.createdAt && equalsJson(before.properties, after.properties)

/** As `sameProfileData`, of a membership of a segment. */
export const sameSegmentData = (before: Segment, after: Segment): boolean =>
  before.createdAt === after.createdAt &&
  before.expiresAt === after.expiresAt &&
  sameData(before.dataBag, after.dataBag)

/** As `sameProfileData`, of a choice. */
export const sameChoiceData = (before: Choice, after: Choice): boolean =>
  before.createdAt === after.createdAt &&
  before.chosenAt === after.chosenAt &&
  equalsJson(before.properties, after.properties)

/** Returns whether two lists name the same places in the same order. */
export const samePaths = (a: ReadonlyArray<ChangedPath>, b: ReadonlyArray<ChangedPath>): boolean =>
  a.length === b.length &&
  a.every((path, at) => {
    const other = b[at] as ChangedPath
    return path.length === other.length && path.every((key, place) => key === other[place])
  })

/** Returns whether the identifiers were arranged anew, such as technical ids that came to another device. */
export const hasMovedIdentifiers = (before: UserPoint, after: UserPoint): boolean =>
  before.accounts !== after.accounts ||
  before.emailHashes !== after.emailHashes ||
  before.devicePoints !== after.devicePoints ||
  before.named !== after.named
