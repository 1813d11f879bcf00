/**
 * User points as four flat relations, and rules that filter them. It reads intents, mints its own numbers, and shares no
 * code with core: where the two differ, one of them is wrong. It must stay simpler than what it judges.
 */
import { isDeepStrictEqual } from 'node:util'

type Who =
  | { readonly tag: 'account'; readonly compartment: string; readonly account: string }
  | { readonly tag: 'email'; readonly hash: string }
  | { readonly tag: 'agent'; readonly agent: string }
  | { readonly tag: 'device' | 'point'; readonly number: number }

type Mode = 'replace' | 'shallow' | 'deep'
type Building =
  | { readonly verb: 'upsert'; readonly mode: Mode; readonly body: object }
  | { readonly verb: 'upsertChoice'; readonly mode: Mode; readonly body: object; readonly chosen: number }
  | {
      readonly verb: 'updateSegment'
      readonly expiry: 'never' | { readonly at: number } | { readonly minutes: number }
      readonly bag: unknown
    }
  | { readonly verb: 'enterScenario' }
/** Who, and which of their profiles, segments, choices or scenarios. */
type Meant = { readonly who: Who; readonly key: unknown }

/** What is asked, where minted ids are this oracle's own numbers; -1 is a number that it never minted. */
export type Asked =
  | (Building & Meant)
  | (Meant & { readonly verb: 'deleteProfile' | 'deleteSegment' | 'deleteChoice' | 'leaveScenario' })
  | { readonly verb: 'deleteIdentifier' | 'deleteDevicePoint' | 'deleteUserPoint'; readonly who: Who }
  | { readonly verb: 'associate'; readonly who: ReadonlyArray<Who> }

type Born = { number: number; at: number }
type Device = Born & { point: number }
/** An account, an e-mail hash or a technical id; the last hangs on a device. */
type Link = { who: Who; point: number; device: number | undefined; at: number }
/** A profile, a segment, a choice or a scenario: they are made, found, merged and removed alike. */
type Thing = { point: number; kind: string; key: unknown; value: object; created: number; modified: number }

const kinds = {
  upsert: 'profile',
  deleteProfile: 'profile',
  updateSegment: 'segment',
  deleteSegment: 'segment',
  upsertChoice: 'choice',
  deleteChoice: 'choice',
  enterScenario: 'scenario',
  leaveScenario: 'scenario'
}

const equal = isDeepStrictEqual

const deep = (old: unknown, fresh: unknown): unknown => {
  if (Array.isArray(old) && Array.isArray(fresh)) return [...old, ...fresh]
  if ([old, fresh].some((each) => typeof each !== 'object' || each === null || Array.isArray(each))) return fresh
  const [before, after] = [new Map(Object.entries(old as object)), new Map(Object.entries(fresh as object))]
  return Object.fromEntries([
    ...before,
    ...[...after].map(([key, value]) => [key, before.has(key) ? deep(before.get(key), value) : value])
  ])
}

const merged = (mode: Mode, old: object, fresh: object): object =>
  mode === 'replace' ? fresh : mode === 'deep' ? (deep(old, fresh) as object) : { ...old, ...fresh }

/** What a thing is now that it is asked for, where it was `old`. */
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

const eldest = <A extends Born>(some: ReadonlyArray<A>): A =>
  [...some].sort((a, b) => a.at - b.at || a.number - b.number)[0] as A

export const createOracle = () => {
  let points: Born[] = []
  let devices: Device[] = []
  let links: Link[] = []
  let things: Thing[] = []
  const merges: { point: number; at: number }[] = []
  let minted = 0

  const mint = (at: number): Born => ({ number: minted++, at })
  const linkOf = (who: Who) => links.find((link) => equal(link.who, who))
  const deviceOf = (who: Who): Device | undefined =>
    devices.find((each) => (who.tag === 'device' ? each.number === who.number : each.number === linkOf(who)?.device))
  const pointOf = (who: Who): number | undefined =>
    who.tag === 'point'
      ? points.find((each) => each.number === who.number)?.number
      : (deviceOf(who) ?? linkOf(who))?.point

  const createPoint = (at: number): number => {
    const point = mint(at)
    points.push(point)
    return point.number
  }

  /** All agents of the line share one device: the eldest of those they have, or a new one. */
  const linkDevices = (named: ReadonlyArray<Who>, point: number, at: number): boolean => {
    const known = devices.filter((each) => named.some((who) => deviceOf(who) === each))
    const fresh = named.filter((who) => deviceOf(who) === undefined)
    if (named.length === 0 || (known.length === 1 && fresh.length === 0)) return false
    const device = known.length > 0 ? eldest(known) : { ...mint(at), point }
    if (known.length === 0) devices.push(device)
    for (const link of links) if (known.some((each) => each.number === link.device)) link.device = device.number
    devices = devices.filter((each) => each === device || !known.includes(each))
    for (const who of fresh) if (linkOf(who) === undefined) links.push({ who, point, device: device.number, at })
    return true
  }

  const thingOf = (point: number | undefined, kind: string, key: unknown): Thing | undefined =>
    things.find((each) => each.point === point && each.kind === kind && equal(each.key, key))

  const absorb = (survivor: number, other: number, at: number): void => {
    merges.push({ point: other, at })
    for (const own of [...links, ...devices, ...merges]) if (own.point === other) own.point = survivor
    for (const theirs of things.filter((each) => each.point === other)) {
      const ours = thingOf(survivor, theirs.kind, theirs.key)
      if (ours === undefined) theirs.point = survivor
      else {
        if (theirs.modified > ours.modified) Object.assign(ours, { value: theirs.value, modified: theirs.modified })
        ours.created = Math.min(ours.created, theirs.created)
        things = things.filter((each) => each !== theirs)
      }
    }
    points = points.filter((each) => each.number !== other)
  }

  const associate = (whos: ReadonlyArray<Who>, at: number): string => {
    if (whos.some((who) => who.tag === 'device' && deviceOf(who) === undefined)) return 'Rejected'
    const found = points.filter((each) => whos.some((who) => pointOf(who) === each.number))
    const survivor = found.length > 0 ? eldest(found).number : undefined
    const point = survivor ?? createPoint(at)
    for (const other of found) if (other.number !== point) absorb(point, other.number, at)
    const isAgent = (who: Who) => who.tag === 'agent' || who.tag === 'device'
    const fresh = whos.filter((who) => !isAgent(who) && linkOf(who) === undefined)
    for (const who of fresh) if (linkOf(who) === undefined) links.push({ who, point, device: undefined, at })
    const linked = linkDevices(whos.filter(isAgent), point, at)
    return survivor === undefined || found.length > 1 || fresh.length > 0 || linked ? 'Applied' : 'NoOp'
  }

  const build = (asked: Building & Meant, at: number): string => {
    const { who, key } = asked
    if (pointOf(who) === undefined && associate([who], at) === 'Rejected') return 'Rejected'
    const point = pointOf(who) as number
    const kind = kinds[asked.verb]
    const old = thingOf(point, kind, key)
    // Whoever is in a scenario cannot enter it.
    if (old !== undefined && asked.verb === 'enterScenario') return 'NoOp'
    things = things.filter((each) => each !== old)
    const value = valueOf(asked, old?.value ?? {}, at)
    things.push({ point, kind, key, value, created: old?.created ?? at, modified: at })
    return 'Applied'
  }

  const remove = (asked: Exclude<Asked, Building | { verb: 'associate' }>): string => {
    const size = () => points.length + devices.length + links.length + things.length
    const before = size()
    const [point, device, link] = [pointOf(asked.who), deviceOf(asked.who), linkOf(asked.who)]
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
        links = links.filter((each) => each !== link)
        break
      case 'deleteDevicePoint':
        links = links.filter((each) => device === undefined || each.device !== device.number)
        devices = devices.filter((each) => each !== device)
        break
      case 'deleteUserPoint':
        points = points.filter((each) => each.number !== point)
        devices = devices.filter((each) => each.point !== point)
        links = links.filter((each) => each.point !== point)
        things = things.filter((each) => each.point !== point)
    }
    return size() === before ? 'NoOp' : 'Applied'
  }

  return {
    /** What became of it: the name of the verdict. */
    step: (asked: Asked, at: number): string => {
      switch (asked.verb) {
        case 'associate':
          return associate(asked.who, at)
        case 'upsert':
        case 'updateSegment':
        case 'upsertChoice':
        case 'enterScenario':
          return build(asked, at)
        default:
          return remove(asked)
      }
    },
    pointOf,
    /** Everything of a user point, in no order. */
    show: (point: number) => ({
      at: points.find((each) => each.number === point)?.at,
      devices: devices.filter((each) => each.point === point).map(({ number, at }) => ({ number, at })),
      links: links.filter((each) => each.point === point).map(({ who, device, at }) => ({ who, device, at })),
      things: things
        .filter((each) => each.point === point)
        .map(({ kind, key, value, created, modified }) => ({ kind, key, value, created, modified })),
      merges: merges.filter((each) => each.point === point).map(({ at }) => ({ at }))
    }),
    count: () => points.length
  }
}
