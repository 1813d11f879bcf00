/** User points in a form that people read and write: what scenarios expect, and what an engine shows. */
import type { Json, JsonObject, Subject, UserPoint } from '@userpoint/core'
import { claimOf, type Reference } from '@userpoint/core/command'
import { difference } from '../compare.ts'
import { beginning } from './engine.ts'

/** A device point; its own id only where it matters. */
export interface Device {
  readonly id?: string
  readonly agents: ReadonlyArray<string>
}

/**
 * One user point, whole: what is left out must not be there. Only `id`, `createdAt` and `times` are not looked at where they
 * are left out, and the ids of devices where no device has one. The order of a list does not matter; moments are
 * milliseconds after the beginning.
 */
export interface Person {
  readonly id?: string
  readonly createdAt?: number
  /** `compartment:account`. */
  readonly accounts?: ReadonlyArray<string>
  readonly emailHashes?: ReadonlyArray<string>
  readonly devices?: ReadonlyArray<Device>
  /** Values by name. */
  readonly named?: Readonly<Record<string, ReadonlyArray<string>>>
  /** Properties by key: `compartment`, or `compartment/account`. */
  readonly profiles?: Readonly<Record<string, JsonObject>>
  /** Memberships by `id …` or `name …`. */
  readonly segments?: Readonly<Record<string, { readonly endsAt?: number; readonly dataBag?: Json }>>
  readonly scenarios?: ReadonlyArray<string>
  /** By processing. */
  readonly choices?: Readonly<Record<string, { readonly chosenAt: number; readonly properties: JsonObject }>>
  readonly mergedAt?: ReadonlyArray<number>
  /** When it was created and modified, by `profile …`, `segment …`, `scenario …` or `choice …`. */
  readonly times?: Readonly<Record<string, readonly [createdAt: number, modifiedAt: number]>>
}

type Entries = ReadonlyArray<readonly [key: string, value: Json]>

interface Timed {
  readonly createdAt: number
  readonly modifiedAt: number
}

const sorted = (texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.toSorted((a, b) => (a < b ? -1 : 1))

/** Sets keys as data, with any name. */
const fromEntries = (entries: Entries): JsonObject => Object.fromEntries(entries)

/** Returns an object of these entries and their number, so that two entries at one key differ from one. */
const keyed = (entries: Entries): Json => ({ count: entries.length, at: fromEntries(entries) })

const devicesShown = (devices: ReadonlyArray<Device>, withIds: boolean): Json =>
  devices
    .map(({ id, agents }): JsonObject => ({ ...(withIds && { id: id ?? '' }), agents: sorted(agents) }))
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

const namedShown = (named: ReadonlyArray<readonly [name: string, values: ReadonlyArray<string>]>): Json => {
  const byName = new Map<string, ReadonlyArray<string>>()
  for (const [name, values] of named) byName.set(name, [...(byName.get(name) ?? []), ...values])
  return keyed([...byName].map(([name, values]) => [name, sorted(values)]))
}

const profileKey = ({ compartment, accountId }: UserPoint['profiles'][number]): string =>
  accountId === undefined ? compartment : `${compartment}/${accountId}`

const segmentKey = ({ naming, segment }: UserPoint['segments'][number]): string =>
  `${naming === 'Id' ? 'id' : 'name'} ${segment}`

const hasDeviceIds = ({ devices = [] }: Person): boolean => devices.some(({ id }) => id !== undefined)

const expectedForm = (person: Person): JsonObject => ({
  accounts: sorted(person.accounts ?? []),
  emailHashes: sorted(person.emailHashes ?? []),
  devices: devicesShown(person.devices ?? [], hasDeviceIds(person)),
  named: namedShown(Object.entries(person.named ?? {})),
  profiles: keyed(Object.entries(person.profiles ?? {})),
  segments: keyed(Object.entries(person.segments ?? {}) as Entries),
  scenarios: sorted(person.scenarios ?? []),
  choices: keyed(Object.entries(person.choices ?? {})),
  mergedAt: person.mergedAt ?? [],
  ...(person.id !== undefined && { id: person.id }),
  ...(person.createdAt !== undefined && { createdAt: person.createdAt }),
  times: fromEntries(Object.entries(person.times ?? {}))
})

const timesShown = ({ profiles, segments, scenarios, choices }: UserPoint): ReadonlyMap<string, Json> => {
  const moments = ({ createdAt, modifiedAt }: Timed): Json => [createdAt - beginning, modifiedAt - beginning]
  return new Map([
    ...profiles.map((each): [string, Json] => [`profile ${profileKey(each)}`, moments(each)]),
    ...segments.map((each): [string, Json] => [`segment ${segmentKey(each)}`, moments(each)]),
    ...scenarios.map((each): [string, Json] => [`scenario ${each.scenario}`, moments(each)]),
    ...choices.map((each): [string, Json] => [`choice ${each.processing}`, moments(each)])
  ])
}

/** Returns the parts of a user point that the expectation describes. */
const seenForm = ({ id, point }: Subject, expected: Person): JsonObject => {
  const times = timesShown(point)
  return {
    accounts: sorted(point.accounts.map(({ compartment, accountId }) => `${compartment}:${accountId}`)),
    emailHashes: sorted(point.emailHashes.map(({ hash }) => hash)),
    devices: devicesShown(
      point.devicePoints.map((device) => ({ id: device.id, agents: device.agents.map((agent) => agent.id) })),
      hasDeviceIds(expected)
    ),
    named: namedShown(point.named.map(({ name, value }) => [name, [value]])),
    profiles: keyed(point.profiles.map((each) => [profileKey(each), each.properties])),
    segments: keyed(
      point.segments.map((each) => [
        segmentKey(each),
        {
          ...(each.expiresAt !== undefined && { endsAt: each.expiresAt - beginning }),
          ...(each.dataBag !== undefined && { dataBag: each.dataBag })
        }
      ])
    ),
    scenarios: sorted(point.scenarios.map(({ scenario }) => scenario)),
    choices: keyed(point.choices.map(({ processing, chosenAt, properties }) => [processing, { chosenAt, properties }])),
    mergedAt: point.mergedAt.map((moment) => moment - beginning),
    ...(expected.id !== undefined && { id }),
    ...(expected.createdAt !== undefined && { createdAt: point.createdAt - beginning }),
    times: fromEntries(Object.keys(expected.times ?? {}).map((key) => [key, times.get(key) ?? null]))
  }
}

/** Returns the first difference of a user point from the expectation, by place and type; `undefined`: none. */
export const personDifference = (expected: Person, seen: Subject): string | undefined =>
  difference(expectedForm(expected), seenForm(seen, expected))

/** Returns every reference that must lead to a user point, also its own id and the absorbed ids. */
export const referencesTo = ({ id, point }: Subject): ReadonlyArray<Reference> => [
  ...[id, ...point.formerIds].map((each): Reference => ({ _tag: 'UserPoint', id: each })),
  ...point.accounts.map(({ compartment, accountId }): Reference => ({ _tag: 'Account', compartment, accountId })),
  ...point.emailHashes.map(({ hash }): Reference => ({ _tag: 'EmailHash', hash })),
  ...point.devicePoints.flatMap((device) =>
    [device.id, ...(device.formerIds ?? [])].map((each): Reference => ({ _tag: 'DevicePoint', id: each }))
  ),
  ...point.devicePoints.flatMap(({ agents }) => agents.map((agent): Reference => ({ _tag: 'Agent', id: agent.id }))),
  ...point.named.map(({ name, value }): Reference => ({ _tag: 'Named', name, value }))
]

/** A text that two references share exactly when they are the same. */
export const textOf = (reference: Reference): string =>
  reference._tag === 'UserPoint' ? `user_point:${reference.id}` : claimOf(reference)
