/**
 * User points as four flat relations, and rules that filter them. The oracle reads intents, creates its own ids, and shares no
 * code with core: if the two differ, one of them is wrong. It must stay simpler than core.
 */
import type { IdentitySettings } from '@userpoint/core/insider'
import type { Plan, User, UserIntent, UserIntentTo } from '../arbitraries/insider.ts'
import type { Intent, IntentTo } from '../arbitraries/intent.ts'
import type { AttributeName, DeviceName, EmailName, Identified, PointName } from '../arbitraries/people.ts'
import {
  bodyOf,
  countLost,
  deepWrites,
  isObject,
  own,
  remaining,
  shallowWrites,
  valueAt,
  type Write
} from './oracle-writes.ts'

/** A request. Its ids are this oracle's own, or texts that are not ids. */
export type Asked = Intent | UserIntent

/** The outcome of a request: `Applied`, or a reason or a code; and the user points that it concerns. */
export interface Said {
  readonly verdict: string
  readonly point?: string
  readonly merged?: ReadonlyArray<string>
  /** The other parts of the effect: flags for created data, and the numbers of removed data. */
  readonly counts?: Readonly<Record<string, boolean | number>>
}

type Who = Identified | DeviceName | PointName | AttributeName
type Building = IntentTo<'upsert' | 'upsertChoice' | 'updateSegment' | 'enterScenario'>
type Removing = IntentTo<
  | 'deleteProfile'
  | 'deleteSegment'
  | 'deleteChoice'
  | 'leaveScenario'
  | 'deleteIdentifier'
  | 'deleteDevicePoint'
  | 'deleteUserPoint'
>

type Born = { id: string; age: number; at: number }
type Device = Born & { point: string }
/** An identifier; a technical id belongs to a device. */
type Link = { who: Who; point: string; device: string | undefined; at: number }
/** A profile, a segment, a choice or a scenario: all are created, found, merged and removed in the same way. */
type Thing = {
  point: string
  kind: string
  key: unknown
  value: object
  created: number
  modified: number
  /** The steps of the history that wrote it last, and its data bag. */
  step: number
  bagStep: number
  /** Of a profile. */
  writes: ReadonlyArray<Write>
}

const kinds = {
  upsert: 'profile',
  trimProfile: 'profile',
  deleteProfile: 'profile',
  updateSegment: 'segment',
  deleteSegment: 'segment',
  upsertChoice: 'choice',
  deleteChoice: 'choice',
  enterScenario: 'scenario',
  leaveScenario: 'scenario'
}

const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const names = Object.keys(a)
  return (
    Array.isArray(a) === Array.isArray(b) &&
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && equal(own(a, name), own(b, name)))
  )
}

const within = (some: ReadonlyArray<unknown>, value: unknown): boolean => some.some((each) => equal(each, value))

/** Objects key by key, arrays joined where that is asked for, and anything else overrides. */
const deep = (old: unknown, fresh: unknown, joins: boolean): unknown => {
  if (joins && Array.isArray(old) && Array.isArray(fresh)) return [...old, ...fresh]
  if (!isObject(old) || !isObject(fresh)) return fresh
  const both = Object.keys(fresh).map((name) => [
    name,
    Object.hasOwn(old, name) ? deep(own(old, name), own(fresh, name), joins) : own(fresh, name)
  ])
  return { ...old, ...Object.fromEntries(both) }
}

const merged = (mode: 'replace' | 'shallow' | 'deep', old: object, fresh: object): object =>
  mode === 'replace' ? fresh : mode === 'deep' ? (deep(old, fresh, true) as object) : { ...old, ...fresh }

/** The object without what a body lists; what stands where the body says another kind goes whole. */
const trimmed = (old: object, body: object): object =>
  Object.fromEntries(
    Object.entries(old).flatMap(([name, value]) => {
      const listed = own(body, name)
      if (listed === undefined) return [[name, value]]
      if (Array.isArray(listed) && Array.isArray(value)) {
        return [[name, value.filter((each) => !within(listed, each))]]
      }
      return isObject(listed) && isObject(value) ? [[name, trimmed(value, listed)]] : []
    })
  )

const listNames = ['list_id', 'static_segment_id']
const aliases = (name: string): ReadonlyArray<string> => (listNames.includes(name) ? listNames : [name])

const namesOf = ({ whole, partial }: Plan): ReadonlyArray<string> => [...whole, ...Object.keys(partial)]

/** A plan whose list attribute goes under both of its names. */
const underBothNames = ({ whole, partial }: Plan): Plan => {
  const both: Record<string, Plan['partial'][string]> = Object.create(null)
  for (const [name, values] of Object.entries(partial)) {
    for (const alias of aliases(name)) both[alias] = [...(both[alias] ?? []), ...values]
  }
  return { whole: whole.flatMap(aliases), partial: both }
}

/** Returns the new value of a thing, given the old one. */
const valueOf = (asked: Building, old: { readonly body?: object; readonly bag?: unknown }, at: number): object => {
  switch (asked.verb) {
    case 'upsert':
      return { body: merged(asked.mode, old.body ?? {}, asked.body) }
    case 'upsertChoice':
      return { body: merged(asked.mode, old.body ?? {}, asked.body), chosen: asked.chosen }
    case 'updateSegment': {
      const { expiry } = asked
      const ends = expiry === 'never' ? expiry : 'at' in expiry ? expiry.at : at + expiry.minutes * 60_000
      return { ends, bag: asked.bag === undefined ? old.bag : asked.bag }
    }
    case 'enterScenario':
      return {}
  }
}

const byAge = (a: Born, b: Born): number => a.at - b.at || a.age - b.age
const eldest = <A extends Born>(some: ReadonlyArray<A>): A => [...some].sort(byAge)[0] as A

const isCurrent = ({ kind, value }: Thing, at: number): boolean =>
  kind !== 'segment' || own(value, 'ends') === 'never' || Number(own(value, 'ends')) > at

/** The later choice stands; of two at one time a refusal; else the one that was written last. */
const standsAgainst = (choice: Thing, other: Thing): boolean => {
  const [made, otherMade] = [choice, other].map(({ value }) => Number(own(value, 'chosen')))
  if (made !== otherMade) return Number(made) > Number(otherMade)
  const [refuses, otherRefuses] = [choice, other].map(
    ({ value }) => own(own(value, 'body') as object, '$choice_acceptance_value') === false
  )
  return refuses === otherRefuses ? choice.step > other.step : refuses === true
}

/** Returns whether a write leaves a thing as it was, but for the time of the write. A clock that goes back moves the creation. */
const isUnaltered = (old: Thing | undefined, value: object, at: number): boolean =>
  old !== undefined && at >= old.created && equal(old.value, value)

const defaultKey = { compartment: '0', account: undefined }

/**
 * An oracle of a store that has nothing yet.
 *
 * @param settings Of Insider's calls; their identifiers and personal attributes must be given.
 * @param addressHashes The SHA-256 of each e-mail address that a request may name.
 */
export const createOracle = (
  settings: Partial<IdentitySettings> & Pick<IdentitySettings, 'identifiers' | 'personal'>,
  addressHashes: ReadonlyMap<string, string>
) => {
  let points: Born[] = []
  let devices: Device[] = []
  let links: Link[] = []
  let things: Thing[] = []
  const merges: { point: string; at: number }[] = []
  /** The present id for the id of each absorbed user point and device. */
  const heirs = new Map<string, string>()
  let minted = 0
  let step = 0

  const keptName = ({ name, custom }: { readonly name: string; readonly custom?: boolean }) =>
    custom === true ? `custom.${name}` : name
  const limits = settings.identifiers.flatMap(({ limit, ...each }) =>
    limit === undefined ? [] : [{ name: keptName(each), limit }]
  )
  const identifying = (custom: boolean) =>
    settings.identifiers.filter((each) => (each.custom === true) === custom).map(({ name }) => name)

  const mint = (what: string, at: number): Born => ({ id: `${what} ${minted}`, age: minted++, at })
  const linkOf = (who: Who) => links.find((link) => equal(link.who, who))
  const heirOf = (id: string): string => {
    const heir = heirs.get(id)
    return heir === undefined ? id : heirOf(heir)
  }
  const deviceOf = (who: Who): Device | undefined =>
    devices.find((each) => (who.tag === 'device' ? each.id === heirOf(who.device) : each.id === linkOf(who)?.device))
  const pointOf = (who: Who): string | undefined =>
    who.tag === 'point'
      ? points.find((each) => each.id === heirOf(who.point))?.id
      : (deviceOf(who) ?? linkOf(who))?.point
  const thingOf = (point: string | undefined, kind: string, key: unknown): Thing | undefined =>
    things.find((each) => each.point === point && each.kind === kind && equal(each.key, key))

  const createPoint = (at: number): string => {
    const point = mint('point', at)
    points.push(point)
    return point.id
  }

  /** Returns the hash that is one identifier with an address, under the setting. */
  const hashOf = (who: Who): EmailName | undefined => {
    const { emailHash } = settings
    if (emailHash === undefined || who.tag !== 'named' || who.name !== 'email') return undefined
    const bare = emailHash.trim ? who.value.trim() : who.value
    const hash = addressHashes.get(emailHash.lowerCase ? bare.toLowerCase() : bare)
    if (hash === undefined) throw new TypeError('the oracle knows the hashes of a few addresses')
    return { tag: 'email', hash }
  }
  const hashesOf = (some: ReadonlyArray<Who>): ReadonlyArray<Who> => some.flatMap((who) => hashOf(who) ?? [])
  const withHashes = (some: ReadonlyArray<Who>): ReadonlyArray<Who> => some.flatMap((who) => [who, ...hashesOf([who])])

  /** Returns the links that stay when a user point loses some identifiers: an address and its hash go together. */
  const linksWithout = (point: string | undefined, some: ReadonlyArray<Who>): Link[] => {
    const held = links.filter((link) => link.point === point)
    // An address that is not there in this spelling is its hash.
    const meant = some.flatMap((who) => (held.some((link) => equal(link.who, who)) ? [who] : [who, ...hashesOf([who])]))
    const spelled = held.filter(({ who }) => within(meant, who) || hashesOf([who]).some((hash) => within(meant, hash)))
    const rest = held.filter((link) => !spelled.includes(link)).map(({ who }) => who)
    const alone = hashesOf(spelled.map(({ who }) => who)).filter((hash) => !within(hashesOf(rest), hash))
    return links.filter((link) => link.point !== point || !(spelled.includes(link) || within(alone, link.who)))
  }

  const attach = (some: ReadonlyArray<Who>, point: string, at: number): void => {
    for (const who of withHashes(some)) if (linkOf(who) === undefined) links.push({ who, point, device: undefined, at })
  }

  /** All agents of the line share one device: the eldest of those they have, or a new one. */
  const linkDevices = (named: ReadonlyArray<Who>, point: string, at: number): boolean => {
    const known = devices.filter((each) => named.some((who) => deviceOf(who) === each))
    const fresh = named.filter((who) => deviceOf(who) === undefined)
    if (named.length === 0 || (known.length === 1 && fresh.length === 0)) return false
    const device = known.length > 0 ? eldest(known) : { ...mint('device', at), point }
    if (known.length === 0) devices.push(device)
    for (const link of links) if (known.some((each) => each.id === link.device)) link.device = device.id
    for (const each of known) if (each !== device) heirs.set(each.id, device.id)
    devices = devices.filter((each) => each === device || !known.includes(each))
    for (const who of fresh) if (linkOf(who) === undefined) links.push({ who, point, device: device.id, at })
    return true
  }

  /** Two things at one key as one, and how many values lost. */
  const unite = (ours: Thing, theirs: Thing): { readonly thing: Partial<Thing>; readonly lost: number } => {
    const [last] = [ours, theirs].toSorted((a, b) => b.step - a.step) as [Thing, Thing]
    const times = { modified: Math.max(ours.modified, theirs.modified), step: last.step }
    switch (ours.kind) {
      case 'profile': {
        const writes = [...ours.writes, ...theirs.writes]
        const body = bodyOf(writes)
        const lost = [ours, theirs].map(({ value }) => countLost(own(value, 'body') as object, body))
        return { thing: { ...times, writes, value: { body } }, lost: (lost[0] ?? 0) + (lost[1] ?? 0) }
      }
      case 'choice': {
        const stands = standsAgainst(theirs, ours) ? theirs : ours
        const { value, modified } = stands
        return { thing: { value, modified, step: stands.step }, lost: equal(ours.value, theirs.value) ? 0 : 1 }
      }
      case 'segment': {
        const bagged = theirs.bagStep > ours.bagStep ? theirs : ours
        const value = { ends: own(last.value, 'ends'), bag: own(bagged.value, 'bag') }
        const isLost = (name: string) => (each: Thing) =>
          own(each.value, name) !== undefined && !equal(own(each.value, name), own(value, name))
        const lost = ['ends', 'bag'].flatMap((name) => [ours, theirs].filter(isLost(name))).length
        return { thing: { ...times, value, bagStep: bagged.bagStep }, lost }
      }
      default:
        return { thing: times, lost: 0 }
    }
  }

  /** One user point takes everything of another; gives how many values lost. */
  const absorb = (survivor: string, other: string, at: number): number => {
    merges.push({ point: other, at })
    heirs.set(other, survivor)
    for (const each of [...links, ...devices, ...merges]) if (each.point === other) each.point = survivor
    things = things.filter((each) => (each.point !== other && each.point !== survivor) || isCurrent(each, at))
    let lost = 0
    for (const theirs of things.filter((each) => each.point === other)) {
      const ours = thingOf(survivor, theirs.kind, theirs.key)
      if (ours === undefined) theirs.point = survivor
      else {
        const united = unite(ours, theirs)
        Object.assign(ours, united.thing, { created: Math.min(ours.created, theirs.created) })
        things = things.filter((each) => each !== theirs)
        lost += united.lost
      }
    }
    points = points.filter((each) => each.id !== other)
    return lost
  }

  /** The user points that some lead to as one, the eldest; or a new one. */
  const join = (
    some: ReadonlyArray<Who>,
    at: number
  ): { readonly point: string; readonly merged: string[]; readonly lost: number } => {
    const found = points.filter((each) => some.some((who) => pointOf(who) === each.id)).sort(byAge)
    const [survivor, ...others] = found.map(({ id }) => id)
    const point = survivor ?? createPoint(at)
    const lost = others.reduce((count, other) => count + absorb(point, other, at), 0)
    return { point, merged: others, lost }
  }

  const associate = (whos: ReadonlyArray<Who>, at: number): Said => {
    if (whos.some((who) => who.tag === 'device' && deviceOf(who) === undefined)) {
      return { verdict: 'UNKNOWN_DEVICE_POINT' }
    }
    const isKnown = whos.some((who) => pointOf(who) !== undefined)
    const { point, merged: others, lost } = join(whos, at)
    const isAgent = (who: Who) => who.tag === 'agent' || who.tag === 'device'
    const fresh = whos.filter((who) => !isAgent(who) && linkOf(who) === undefined)
    attach(fresh, point, at)
    const linked = linkDevices(whos.filter(isAgent), point, at)
    return isKnown && others.length === 0 && fresh.length === 0 && !linked
      ? { verdict: 'ALREADY_ASSOCIATED' }
      : { verdict: 'Applied', point, merged: others, counts: { userPointCreated: !isKnown, lost } }
  }

  type Put = Pick<Thing, 'point' | 'kind' | 'key' | 'value'> & Partial<Pick<Thing, 'writes' | 'bagStep'>>

  const put = ({ writes = [], bagStep = -1, ...rest }: Put, at: number): void => {
    const old = thingOf(rest.point, rest.kind, rest.key)
    const before = old !== undefined && isCurrent(old, at) ? old : undefined
    const times = { created: Math.min(before?.created ?? at, at), modified: Math.max(before?.modified ?? at, at) }
    things = things.filter((each) => each !== old)
    things.push({ ...rest, ...times, step, writes, bagStep })
  }

  /** Returns the writes of an upsert to a profile. */
  const writesOf = (asked: IntentTo<'upsert'>, old: Thing | undefined): ReadonlyArray<Write> => {
    if (asked.mode === 'replace') return deepWrites(asked.body, asked.body, step)
    const before = old?.writes ?? []
    if (asked.mode === 'shallow') return [...before, ...shallowWrites(asked.body, step)]
    return [...before, ...deepWrites(asked.body, merged('deep', bodyOf(before), asked.body), step)]
  }

  const build = (asked: Building, at: number): Said => {
    const { who, key } = asked
    const userPointCreated = pointOf(who) === undefined
    const said = userPointCreated ? associate([who], at) : undefined
    if (said !== undefined && said.verdict !== 'Applied') return said
    const point = pointOf(who) as string
    const kind = kinds[asked.verb]
    const found = thingOf(point, kind, key)
    const old = found !== undefined && isCurrent(found, at) ? found : undefined
    // A user point enters a scenario once.
    if (old !== undefined && asked.verb === 'enterScenario') return { verdict: 'UNCHANGED' }
    const value = valueOf(asked, old?.value ?? {}, at)
    if (old !== undefined && kind === 'choice' && !standsAgainst({ ...old, value, step }, old)) {
      return { verdict: 'SUPERSEDED' }
    }
    const bagStep = asked.verb === 'updateSegment' && asked.bag === undefined ? (old?.bagStep ?? -1) : step
    const writes = asked.verb === 'upsert' ? writesOf(asked, old) : []
    const unaltered = isUnaltered(old, value, at)
    put({ point, kind, key, value, writes, bagStep }, at)
    const counts =
      kind === 'scenario' ? {} : { [`${kind}Created`]: old === undefined, ...(unaltered && { changed: 0 }) }
    return { verdict: 'Applied', point, counts: { userPointCreated, ...counts } }
  }

  const removePoint = (point: string | undefined): void => {
    points = points.filter((each) => each.id !== point)
    devices = devices.filter((each) => each.point !== point)
    links = links.filter((each) => each.point !== point)
    things = things.filter((each) => each.point !== point)
  }

  /** Counts the data that a removal deletes. */
  const countsOf = (
    verb: Removing['verb'],
    point: string | undefined,
    device: Device | undefined,
    at: number
  ): Said['counts'] => {
    if (verb === 'deleteProfile') return { profiles: 1 }
    if (verb === 'deleteDevicePoint') return { technicalIds: links.filter((each) => each.device === device?.id).length }
    if (verb !== 'deleteUserPoint') return {}
    const held = (some: ReadonlyArray<{ readonly point: string }>) => some.filter((each) => each.point === point).length
    const ofKind = (kind: string) => held(things.filter((each) => each.kind === kind && isCurrent(each, at)))
    return {
      identifiers: held(links),
      devicePoints: held(devices),
      profiles: ofKind('profile'),
      segments: ofKind('segment'),
      scenarios: ofKind('scenario'),
      choices: ofKind('choice')
    }
  }

  const remove = (asked: Removing, at: number): Said => {
    const size = () => points.length + devices.length + links.length + things.length
    const before = size()
    const [point, device, link] = [pointOf(asked.who), deviceOf(asked.who), linkOf(asked.who)]
    const counts = countsOf(asked.verb, point, device, at) ?? {}
    switch (asked.verb) {
      case 'deleteProfile':
      case 'deleteSegment':
      case 'deleteChoice':
      case 'leaveScenario': {
        const thing = thingOf(point, kinds[asked.verb], asked.key)
        things = things.filter((each) => each !== thing)
        break
      }
      case 'deleteIdentifier':
        links = link === undefined ? links : linksWithout(link.point, [asked.who])
        break
      case 'deleteDevicePoint':
        links = links.filter((each) => device === undefined || each.device !== device.id)
        devices = devices.filter((each) => each !== device)
        break
      case 'deleteUserPoint':
        removePoint(point)
    }
    return size() === before ? { verdict: 'NOT_FOUND' } : { verdict: 'Applied', point: point as string, counts }
  }

  /** A change of a profile that is there, and only where it changes. */
  const edit = (point: string | undefined, key: unknown, change: (body: object) => object, at: number): Said => {
    const profile = thingOf(point, 'profile', key)
    if (point === undefined || profile === undefined) return { verdict: 'NOT_FOUND' }
    const { body: old } = profile.value as { readonly body: object }
    const body = change(old)
    if (equal(old, body)) return { verdict: 'UNCHANGED' }
    put({ point, kind: 'profile', key, value: { body }, writes: remaining(profile.writes, body) }, at)
    return { verdict: 'Applied', point }
  }

  // Insider

  const inOrder = (named: ReadonlyArray<AttributeName>): ReadonlyArray<AttributeName> =>
    settings.identifiers.flatMap((each) => named.filter(({ name }) => name === keptName(each)))

  const pointsOf = (some: ReadonlyArray<Who>): ReadonlyArray<string> => [
    ...new Set(some.flatMap((who) => pointOf(who) ?? []))
  ]

  /** Returns the user point of a request; `undefined` if its own id is unknown. */
  const meant = ({ point, identifiers }: User, onConflict = settings.onConflict): string | undefined | Said => {
    if (point !== undefined && pointOf(point) === undefined) return undefined
    const found = pointsOf([...(point === undefined ? [] : [point]), ...withHashes(inOrder(identifiers))])
    const decides = found.length < 2 || (point === undefined && onConflict === 'priority')
    return decides ? found[0] : { verdict: 'IDENTIFIER_CONFLICT' }
  }

  const namedOf = (some: ReadonlyArray<string>, name: string): number =>
    links.filter(({ who, point }) => some.includes(point) && who.tag === 'named' && who.name === name).length

  /** Returns whether all names, or one name, keep to their limits after some user points get these identifiers. */
  const fits = (some: ReadonlyArray<string>, fresh: ReadonlyArray<AttributeName>, only?: string): boolean =>
    limits
      .filter(({ name }) => only === undefined || name === only)
      .every(({ name, limit }) => namedOf(some, name) + fresh.filter((each) => each.name === name).length <= limit)

  const overwritten = (old: object, fresh: Iterable<readonly [string, unknown]>, appends: boolean): object => {
    let body = old
    for (const [name, value] of fresh) {
      const before = own(body, name)
      const joins = appends && Array.isArray(before) && Array.isArray(value)
      body = { ...body, [name]: joins ? [...before, ...value] : value }
    }
    return body
  }

  const ordinary = (all: object, isCustom: boolean) =>
    Object.entries(all).filter(([name]) => !identifying(isCustom).includes(name))
  const rootAttributes = (attributes: object) =>
    ordinary(attributes, false).map(
      ([name, value]) => [listNames.includes(name) ? (settings.listAttribute ?? 'list_id') : name, value] as const
    )

  /** Each attribute is put as one value. An append of nothing to an array writes nothing. */
  const attributeWrites = (
    { appends, attributes, custom }: Pick<UserIntentTo<'upsertUser'>, 'appends' | 'attributes' | 'custom'>,
    before: object,
    after: object
  ): ReadonlyArray<Write> => {
    const writes = (path: ReadonlyArray<string>, value: unknown): ReadonlyArray<Write> =>
      appends && Array.isArray(valueAt(before, path)) && Array.isArray(value) && value.length === 0
        ? []
        : [{ path, value: valueAt(after, path), whole: true, step }]
    return [
      ...rootAttributes(attributes).flatMap(([name, value]) => writes([name], value)),
      ...ordinary(custom, true).flatMap(([name, value]) => writes(['custom', name], value))
    ]
  }

  const withAttributes = (
    body: object,
    { appends, attributes, custom }: Pick<UserIntentTo<'upsertUser'>, 'appends' | 'attributes' | 'custom'>
  ): object => {
    const root = overwritten(body, rootAttributes(attributes), appends)
    const below = ordinary(custom, true)
    const old = own(root, 'custom')
    return below.length === 0 ? root : { ...root, custom: overwritten(isObject(old) ? old : {}, below, appends) }
  }

  /** The identifiers among attributes; the empty text and null are none. */
  const namedAmong = (attributes: object, isCustom: boolean): ReadonlyArray<AttributeName> =>
    Object.entries(attributes).flatMap(([name, value]) =>
      identifying(isCustom).includes(name) && typeof value === 'string' && value !== ''
        ? [{ tag: 'named' as const, name: keptName({ name, custom: isCustom }), value }]
        : []
    )

  const upsertUser = (asked: UserIntentTo<'upsertUser'>, at: number): Said => {
    const named = inOrder(asked.who.identifiers)
    const found = pointsOf(withHashes(named))
    const known = asked.who.point && pointOf(asked.who.point)
    if (asked.who.point !== undefined && known === undefined && named.length === 0)
      return { verdict: 'UNKNOWN_USER_POINT' }
    if (known !== undefined && found.some((each) => each !== known)) return { verdict: 'IDENTIFIER_CONFLICT' }
    const all = known === undefined ? found : [known]
    const fresh = named.filter((each) => linkOf(each) === undefined)
    const together = fits(all, fresh)
    const some = together ? all : all.slice(0, 1)
    const counts = {
      userPointCreated: some.length === 0,
      profileCreated: some.every((each) => thingOf(each, 'profile', defaultKey) === undefined)
    }
    const {
      point,
      merged: others,
      lost
    } = join(
      some.map((id) => ({ tag: 'point', point: id })),
      at
    )
    const held = links.length
    if (together) attach(fresh, point, at)
    for (const each of [...fresh, ...namedAmong(asked.attributes, false), ...namedAmong(asked.custom, true)]) {
      const isFree = linkOf(each) === undefined && pointsOf(hashesOf([each])).every((holder) => holder === point)
      if (isFree && fits([point], [each], each.name)) attach([each], point, at)
    }
    const before = thingOf(point, 'profile', defaultKey)
    const old = own(before?.value ?? {}, 'body') ?? {}
    const body = withAttributes(old, asked)
    const writes = [...(before?.writes ?? []), ...attributeWrites(asked, old, body)]
    const unaltered = others.length === 0 && links.length === held && isUnaltered(before, { body }, at)
    put({ point, kind: 'profile', key: defaultKey, value: { body }, writes }, at)
    return { verdict: 'Applied', point, merged: others, counts: { ...counts, lost, ...(unaltered && { changed: 0 }) } }
  }

  /** Returns the attributes after a plan; `undefined` if the plan removes values from a value that is not an array. */
  const planned = (old: object, { whole, partial }: Plan): object | undefined => {
    const entries = Object.entries(old)
    const values = (name: string) =>
      whole.includes(name) ? undefined : (own(partial, name) as Plan['partial'][string])
    const isStrict = settings.partialOnScalar === 'reject'
    if (isStrict && entries.some(([name, value]) => values(name) !== undefined && !Array.isArray(value)))
      return undefined
    return Object.fromEntries(
      entries
        .filter(([name]) => !whole.includes(name))
        .flatMap(([name, value]) => {
          const gone = values(name)
          if (gone === undefined || !Array.isArray(value)) return [[name, value]]
          const rest = value.filter((each) => !within(gone, each))
          return settings.emptiedArray === 'drop' && rest.length === 0 && value.length > 0 ? [] : [[name, rest]]
        })
    )
  }

  const deleteAttributes = ({ who, plan, custom }: UserIntentTo<'deleteAttributes'>, at: number): Said => {
    if (namesOf(plan).length + namesOf(custom).length === 0) return { verdict: 'REQUIRED' }
    const point = meant(who)
    if (typeof point === 'object') return point
    const isProtected = (one: Plan, isCustom: boolean) =>
      namesOf(one).some(
        (name) =>
          identifying(isCustom).includes(name) &&
          point !== undefined &&
          namedOf([point], keptName({ name, custom: isCustom })) > 0
      )
    if (isProtected(plan, false) || isProtected(custom, true)) return { verdict: 'IDENTIFIER_ATTRIBUTE' }
    let fails = false
    const said = edit(
      point,
      defaultKey,
      (body) => {
        const old = own(body, 'custom')
        const { custom: _, ...rest } = body as Record<string, unknown>
        // An object called `custom` is the other name space; anything else of that name is an attribute of this one.
        const root = planned(isObject(old) ? rest : body, underBothNames(plan))
        const below = isObject(old) ? planned(old, custom) : old
        fails = root === undefined || (isObject(old) && below === undefined)
        if (root === undefined || fails) return body
        return isObject(old) ? { ...root, custom: below } : root
      },
      at
    )
    return fails ? { verdict: 'NOT_AN_ARRAY' } : said
  }

  const deleteIdentifiers = ({ who }: UserIntentTo<'deleteIdentifiers'>): Said => {
    const point = meant(who, 'reject')
    if (typeof point === 'object') return point
    if (point === undefined) return { verdict: 'NOT_FOUND' }
    const rest = linksWithout(point, who.identifiers)
    if (!rest.some((link) => link.point === point && link.who.tag === 'named')) return { verdict: 'SOLE_IDENTIFIER' }
    const counts = { identifiers: links.length - rest.length }
    links = rest
    return { verdict: 'Applied', point, counts }
  }

  const updateIdentifier = ({ from, to }: UserIntentTo<'updateIdentifier'>, at: number): Said => {
    const [point, ...others] = pointsOf(withHashes([from]))
    if (point === undefined) return { verdict: 'NOT_FOUND' }
    if (others.length > 0) return { verdict: 'IDENTIFIER_CONFLICT' }
    const isTaken = linkOf(to) !== undefined || pointsOf(hashesOf([to])).some((holder) => holder !== point)
    if (isTaken) return { verdict: 'IDENTIFIER_TAKEN' }
    links = linksWithout(point, [from])
    attach([to], point, at)
    return { verdict: 'Applied', point }
  }

  const anonymiseUser = ({ who }: UserIntentTo<'anonymiseUser'>, at: number): Said => {
    const point = meant(who)
    if (typeof point === 'object') return point
    if (point === undefined) return { verdict: 'NOT_FOUND' }
    const names = settings.personal.map(keptName)
    const isPersonal = (link: Link) => link.point === point && link.who.tag === 'named' && names.includes(link.who.name)
    const rest = linksWithout(
      point,
      links.filter(isPersonal).map((link) => link.who)
    )
    const without = (body: object, isCustom: boolean) =>
      Object.fromEntries(
        Object.entries(body).filter(
          ([name]) => !settings.personal.some((each) => each.name === name && (each.custom === true) === isCustom)
        )
      )
    const edited = edit(
      point,
      defaultKey,
      (body) => {
        const custom = own(body, 'custom')
        const root = without(body, false)
        return isObject(custom) ? { ...root, custom: without(custom, true) } : root
      },
      at
    )
    const identifiers = links.length - rest.length
    links = rest
    return identifiers === 0 && edited.verdict !== 'Applied'
      ? { verdict: 'UNCHANGED' }
      : { verdict: 'Applied', point, counts: { identifiers } }
  }

  return {
    /** Returns the outcome of a request at a moment. */
    step: (asked: Asked, at: number): Said => {
      step++
      switch (asked.verb) {
        case 'associate':
          return associate(asked.who, at)
        case 'upsert':
        case 'updateSegment':
        case 'upsertChoice':
        case 'enterScenario':
          return build(asked, at)
        case 'trimProfile':
          return edit(pointOf(asked.who), asked.key, (body) => trimmed(body, asked.body), at)
        case 'upsertUser':
          return upsertUser(asked, at)
        case 'deleteAttributes':
          return deleteAttributes(asked, at)
        case 'deleteIdentifiers':
          return deleteIdentifiers(asked)
        case 'updateIdentifier':
          return updateIdentifier(asked, at)
        case 'anonymiseUser':
          return anonymiseUser(asked, at)
        case 'deleteUser': {
          const point = meant(asked.who)
          return typeof point === 'object'
            ? point
            : remove({ verb: 'deleteUserPoint', who: { tag: 'point', point: point ?? 'nobody' } }, at)
        }
        case 'getUser': {
          const point = meant(asked.who)
          if (typeof point === 'object') return point
          return point === undefined ? { verdict: 'NOT_FOUND' } : { verdict: 'Found', point }
        }
        default:
          return remove(asked, at)
      }
    },
    /** Removes what nothing needs at a moment. */
    sweep: (at: number): { readonly seen: number; readonly userPointsDeleted: number; devicePointsDeleted: number } => {
      const seen = points.length
      const isNeeded = ({ id }: Born) =>
        things.some(
          (each) => each.point === id && (each.kind === 'profile' || (each.kind === 'segment' && isCurrent(each, at)))
        )
      for (const { id } of points.filter((each) => !isNeeded(each))) removePoint(id)
      const kept = devices.filter(({ id }) => links.some((link) => link.device === id))
      const devicePointsDeleted = devices.length - kept.length
      devices = kept
      return { seen, userPointsDeleted: seen - points.length, devicePointsDeleted }
    },
    pointOf,
    /** Everything of a user point at a moment, in no order. */
    show: (point: string, now = Number.NEGATIVE_INFINITY) => ({
      at: points.find((each) => each.id === point)?.at,
      devices: devices.filter((each) => each.point === point),
      links: links.filter((each) => each.point === point),
      things: things.filter((each) => each.point === point && isCurrent(each, now)),
      merges: merges.filter((each) => each.point === point).map(({ at }) => at)
    }),
    /** A user as the read side shows them: attributes, and of each identifier by name the values that came last. */
    showUser: (point: string) => {
      const body = own(thingOf(point, 'profile', defaultKey)?.value ?? {}, 'body') ?? {}
      const { custom, ...rest } = body as Record<string, unknown>
      const prefixed = (name: string) => `c_${name}`
      const named = links.flatMap(({ who, at, point: of }) =>
        of === point && who.tag === 'named' ? [{ ...who, at }] : []
      )
      return {
        attributes: isObject(custom)
          ? { ...rest, ...Object.fromEntries(Object.entries(custom).map(([name, value]) => [prefixed(name), value])) }
          : body,
        identifiers: named
          .filter(({ name, at }) => named.every((each) => each.name !== name || each.at <= at))
          .map(({ name, value }) => ({ name: name.replace(/^custom\./, prefixed('')), value }))
      }
    },
    count: () => points.length
  }
}

/** An oracle, and what it has come to know. */
export type Oracle = ReturnType<typeof createOracle>
