/** The steps of histories: the requests to the oracle, and the same requests to the engine. */
import { type DocumentType, documentTypes } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import type { HistoryStep } from '../arbitraries/history.ts'
import {
  type CardSettings,
  identitySettings,
  requestOf,
  type User,
  type UserIntent,
  userIntent,
  type UserVerb
} from '../arbitraries/insider.ts'
import { type Intent, intent, type LineIntent, type Verb, verbsOf } from '../arbitraries/intent.ts'
import { commandOf, isLine, lineOf, typeOf } from '../arbitraries/line.ts'
import { type DeviceName, devicePoint, mintedId } from '../arbitraries/people.ts'

/** An intent in one of its spellings. */
type Spelled<A extends Intent = Intent> = readonly [A, number]

/** A line that asks for nothing; what is said of it never depends on what is stored. */
type Wrong = { readonly text: string; readonly verdict: string }

/** A line of an identifiers deletion that rejects the whole job. */
type Forbidden = { readonly forbidden: DeviceName }

type DocumentLine = { readonly wanted: Spelled<LineIntent> } | Wrong | Forbidden

/** A request to an engine. */
export type Asking =
  | { readonly _tag: 'Line'; readonly wanted: Spelled<LineIntent> }
  | {
      readonly _tag: 'Document'
      readonly type: DocumentType
      readonly lines: ReadonlyArray<DocumentLine>
      readonly linesPerUnit: number
    }
  | { readonly _tag: 'Commands'; readonly wanted: ReadonlyArray<Spelled> }
  | { readonly _tag: 'Request'; readonly wanted: ReadonlyArray<UserIntent>; readonly variant: number }
  | { readonly _tag: 'Sweep' }

/** One step: a request, or a call of the store. */
export type Deed = Asking | { readonly _tag: 'Purge' } | { readonly _tag: 'Reopen' }

/** A deed with its time and its handle. */
export interface Step {
  readonly deed: Deed
  /** Milliseconds since the step before. */
  readonly wait: number
  readonly handle: number
}

/** A history; its settings are those of Insider's calls. */
export interface History {
  readonly settings: CardSettings
  readonly steps: ReadonlyArray<Step>
}

/** The abilities that a history uses besides an engine over one handle. */
export interface Abilities {
  readonly peer?: boolean
  readonly reopen?: boolean
}

const wrongLines: ReadonlyArray<Wrong> = [
  { text: 'null', verdict: 'NOT_AN_OBJECT' },
  { text: '[{}]', verdict: 'EXPECTED_NDJSON' },
  { text: '{"type":"\\u0000"}', verdict: 'BAD_TEXT' },
  { text: `{"type":${'['.repeat(120)}${']'.repeat(120)}}`, verdict: 'TOO_DEEP' }
]

const spelling = fc.nat(9)

const documentLine = (type: DocumentType): fc.Arbitrary<DocumentLine> => {
  const wanted = fc.tuple(intent(...verbsOf[type]), spelling).map((each) => ({ wanted: each }))
  const wrong = fc.constantFrom(...wrongLines)
  const forbidden = devicePoint().map((device) => ({ forbidden: device }))
  return fc.oneof(
    { weight: 14, arbitrary: wanted },
    { weight: 1, arbitrary: wrong },
    { weight: type === 'USER_IDENTIFIERS_DELETION' ? 1 : 0, arbitrary: forbidden }
  )
}

const documentOf = (...types: ReadonlyArray<DocumentType>): fc.Arbitrary<Deed> =>
  fc
    .tuple(
      fc
        .constantFrom(...types)
        .chain((type) => fc.tuple(fc.constant(type), fc.array(documentLine(type), { maxLength: 6 }))),
      fc.constantFrom(1_000, 1, 2, 3)
    )
    .map(([[type, lines], linesPerUnit]) => ({ _tag: 'Document', type, lines, linesPerUnit }))

const building = ['upsert', 'associate', 'updateSegment', 'upsertChoice', 'enterScenario'] as const

const lineOrCall = (...verbs: ReadonlyArray<Verb>): fc.Arbitrary<Deed> =>
  fc
    .tuple(intent(...verbs), spelling)
    .map(
      ([wanted, variant]): Deed =>
        isLine(wanted) ? { _tag: 'Line', wanted: [wanted, variant] } : { _tag: 'Commands', wanted: [[wanted, variant]] }
    )

const commands: fc.Arbitrary<Deed> = fc.record({
  _tag: fc.constant('Commands'),
  wanted: fc.array(fc.tuple(intent(), spelling), { maxLength: 5 })
})

const requestFor = <V extends UserVerb>(maxLength: number, ...verbs: ReadonlyArray<V>): fc.Arbitrary<Deed> =>
  fc.record({
    _tag: fc.constant('Request'),
    wanted:
      maxLength === 1 ? fc.tuple(userIntent('few', ...verbs)) : fc.array(userIntent('few', ...verbs), { maxLength }),
    variant: spelling
  })

const upsertRequest = requestFor(3, 'upsertUser')

/** Users who are upserted by one identifier each, so that there are some who can become one. */
const apart = upsertRequest.map((deed): Deed => {
  if (deed._tag !== 'Request') return deed
  const wanted = deed.wanted.map((each) =>
    each.verb === 'upsertUser' ? { ...each, who: { ...each.who, identifiers: each.who.identifiers.slice(0, 1) } } : each
  )
  return { ...deed, wanted }
})

const request = fc.oneof(
  { weight: 2, arbitrary: upsertRequest },
  { weight: 2, arbitrary: requestFor(3, 'deleteAttributes') },
  {
    weight: 2,
    arbitrary: requestFor(1, 'deleteIdentifiers', 'updateIdentifier', 'deleteUser', 'anonymiseUser', 'getUser')
  }
)

/**
 * The same steps, with a pause wherever another handle goes on. Engines over two handles are ordered by their clocks, and one
 * may be five seconds ahead of the other.
 */
const withPauses = (steps: ReadonlyArray<Step>): ReadonlyArray<Step> =>
  steps.map((step, index) => (step.handle === (steps[index - 1] ?? step).handle ? step : { ...step, wait: 60_000 }))

/** Steps that build, so that there is something to take apart, and then steps of every sort. */
const historyOf = (
  first: fc.Arbitrary<Deed>,
  then: fc.Arbitrary<Deed>,
  { peer = false }: Abilities
): fc.Arbitrary<History> => {
  const steps = (deed: fc.Arbitrary<Deed>, maxLength: number) =>
    fc.array(fc.record({ deed, wait: fc.constantFrom(0, 1, 60_000), handle: peer ? fc.nat(1) : fc.constant(0) }), {
      maxLength,
      size: 'max'
    })
  return fc
    .record({ settings: identitySettings(), built: steps(first, 10), rest: steps(then, 16) })
    .map(({ settings, built, rest }) => ({ settings, steps: withPauses([...built, ...rest]) }))
}

/** Histories of everything that an engine can be asked. */
export const history = (abilities: Abilities = {}): fc.Arbitrary<History> =>
  historyOf(
    fc.oneof(
      { weight: 4, arbitrary: lineOrCall(...building) },
      { weight: 1, arbitrary: documentOf('USER_PROFILE', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS') },
      { weight: 2, arbitrary: apart }
    ),
    fc.oneof(
      { weight: 8, arbitrary: lineOrCall() },
      { weight: 4, arbitrary: documentOf(...documentTypes) },
      { weight: 2, arbitrary: commands },
      { weight: 6, arbitrary: request },
      { weight: 2, arbitrary: fc.constantFrom<Deed>({ _tag: 'Sweep' }, { _tag: 'Sweep' }, { _tag: 'Purge' }) },
      { weight: abilities.reopen === true ? 3 : 0, arbitrary: fc.constant<Deed>({ _tag: 'Reopen' }) }
    ),
    abilities
  )

const byPoint = (who: User, n: number): User => ({ ...who, point: { tag: 'point', point: mintedId(n) } })

/** The same request, whose users are named by their own ids too; those are the first that were minted. */
const named = (deed: Deed, n: number): Deed => {
  if (deed._tag !== 'Request') return deed
  const wanted = deed.wanted.map((each) =>
    each.verb === 'updateIdentifier' || each.verb === 'deleteIdentifiers'
      ? each
      : { ...each, who: byPoint(each.who, n) }
  )
  return { ...deed, wanted }
}

/** Histories in which both dialects are about few user points, most of which Insider's calls name by their own ids. */
export const historyOfDialects = (): fc.Arbitrary<History> =>
  historyOf(
    lineOrCall('upsert', 'associate'),
    fc.oneof(
      { weight: 2, arbitrary: lineOrCall() },
      { weight: 1, arbitrary: documentOf(...documentTypes) },
      { weight: 3, arbitrary: fc.tuple(request, fc.nat(3)).map(([deed, n]) => named(deed, n)) },
      { weight: 1, arbitrary: request }
    ),
    {}
  )

/** The same, with every intent changed. */
export const changed = (deed: Asking, change: <A extends Intent | UserIntent>(wanted: A) => A): Asking => {
  const spelled = <A extends Intent>([wanted, variant]: Spelled<A>): Spelled<A> => [change(wanted), variant]
  switch (deed._tag) {
    case 'Line':
      return { ...deed, wanted: spelled(deed.wanted) }
    case 'Document':
      return {
        ...deed,
        lines: deed.lines.map((each) => ('wanted' in each ? { wanted: spelled(each.wanted) } : each))
      }
    case 'Commands':
      return { ...deed, wanted: deed.wanted.map((each) => spelled(each)) }
    case 'Request':
      return { ...deed, wanted: deed.wanted.map((each) => change(each)) }
    case 'Sweep':
      return deed
  }
}

const textOf = (each: DocumentLine): string => {
  if ('text' in each) return each.text
  const value = 'wanted' in each ? lineOf(...each.wanted) : { type: 'USER_AGENT', user_agent_id: each.forbidden.device }
  // Some span several lines, as the vendor's samples do.
  return JSON.stringify(value, undefined, 'wanted' in each && each.wanted[1] % 4 === 3 ? 1 : undefined)
}

/** Returns the step as the engine gets it. */
export const sentOf = (deed: Asking): HistoryStep => {
  switch (deed._tag) {
    case 'Line': {
      const [wanted, variant] = deed.wanted
      return { _tag: 'Line', type: typeOf(wanted), line: lineOf(wanted, variant) }
    }
    case 'Document': {
      const { _tag, type, lines, linesPerUnit } = deed
      return { _tag, type, text: lines.map(textOf).join('\n'), linesPerUnit }
    }
    case 'Commands':
      return { _tag: 'Commands', commands: deed.wanted.map((each) => commandOf(...each)) }
    case 'Request':
      return { _tag: 'Request', ...requestOf(deed.wanted, deed.variant) }
    case 'Sweep':
      return deed
  }
}

/** Returns the requests to the oracle in order, or the verdict if it is certain. */
export const askedOf = (deed: Asking): ReadonlyArray<Intent | UserIntent | { readonly verdict: string }> => {
  switch (deed._tag) {
    case 'Line':
      return [deed.wanted[0]]
    case 'Document': {
      const isRejected = deed.lines.some((each) => 'forbidden' in each)
      return deed.lines.map((each) => {
        if ('forbidden' in each) return { verdict: 'DEVICE_POINT_NOT_ALLOWED' }
        if ('text' in each) return each
        return isRejected ? { verdict: 'JOB_REJECTED' } : each.wanted[0]
      })
    }
    case 'Commands':
      return deed.wanted.map(([wanted]) => wanted)
    case 'Request':
      return deed.wanted
    case 'Sweep':
      return []
  }
}
