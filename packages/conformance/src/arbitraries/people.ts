/** Identifiers of lines and calls in every spelling, from a small set in which they collide, or from a large one. */
import type { Json } from '@userpoint/core'
import type { Claimed } from '@userpoint/core/command'
import fc from 'fast-check'
import { nfc, nfd, text } from './json.ts'

/** The number of people: `few`, who often merge, or `many`, who rarely do. */
export type People = 'few' | 'many'

/** An account, with its compartment in canonical spelling. */
export type AccountName = { readonly tag: 'account'; readonly compartment: string; readonly account: string }
/** An e-mail hash. */
export type EmailName = { readonly tag: 'email'; readonly hash: string }
/** A device's technical id, such as `vec:1`. */
export type AgentName = { readonly tag: 'agent'; readonly agent: string }
/** A device point's own id, which the store may or may not have created. */
export type DeviceName = { readonly tag: 'device'; readonly device: string }
/** A user point's own id, which the store may or may not have created. */
export type PointName = { readonly tag: 'point'; readonly point: string }
/** An identifier of Insider's, under its stored name: `email`, `uuid`, or `custom.card`. */
export type AttributeName = { readonly tag: 'named'; readonly name: string; readonly value: string }

/** An identifier that a line may create. */
export type Identified = AccountName | EmailName | AgentName

/** The default compartment is `0`. */
const compartments = ['0', '1', '1000'] as const

// Each looks like another: a claim without its compartment, a letter in another form, a prefix.
const accounts = ['a', '__proto__']
const hashes = [nfc, nfd, 'constructor']

/** The e-mail addresses among `few` people, with the SHA-256 of each. One spelling with a capital, one with a space. */
export const addressHashes: ReadonlyMap<string, string> = new Map([
  ['a@x.y', 'c341b2d63a1796d8add810d414d4650090291c686da08ae5a230417abff3375e'],
  ['A@x.y', 'f4fc9ffe979a82e1514fb6391a8973f15c9e2a678b6d61d2af0caaaa6de60d26'],
  [' a@x.y', 'e9e4f325d4457abfcb17654aa26f99938032ac2eea9d885cfe94e9aa3906fa98']
])
const ofAddress = addressHashes.get('a@x.y') as string
const agents = ['vec:1', 'net:9:1', 'net:9:1:2', 'mum:account:0:a']

/** Every account, e-mail hash and technical id among `few` people. */
export const universe: ReadonlyArray<Identified> = [
  ...compartments.flatMap((compartment) =>
    accounts.map((each): AccountName => ({ tag: 'account', compartment, account: each }))
  ),
  ...[...hashes, ...addressHashes.values()].map((hash): EmailName => ({ tag: 'email', hash })),
  ...agents.map((each): AgentName => ({ tag: 'agent', agent: each }))
]

/** Every identifier of Insider's among `few` people. */
export const namedUniverse: ReadonlyArray<AttributeName> = [
  { tag: 'named', name: 'email', value: 'a@x.y' },
  { tag: 'named', name: 'email', value: 'A@x.y' },
  { tag: 'named', name: 'uuid', value: '__proto__' },
  { tag: 'named', name: 'email', value: ' a@x.y' },
  { tag: 'named', name: 'uuid', value: 'a@x.y' },
  { tag: 'named', name: 'custom.card', value: '7' },
  { tag: 'named', name: 'custom.card', value: '07' }
]

// A few favourites are frequent, so that people merge and split often enough.
const favourites: ReadonlyArray<Identified> = [
  { tag: 'account', compartment: '0', account: 'a' },
  { tag: 'email', hash: nfc },
  { tag: 'email', hash: ofAddress },
  { tag: 'agent', agent: 'vec:1' },
  { tag: 'agent', agent: 'net:9:1' }
]

/** Generates mostly the first arbitrary, and sometimes the second. */
export const mostly = <A, B>(common: fc.Arbitrary<A>, rare: fc.Arbitrary<B>): fc.Arbitrary<A | B> =>
  fc.oneof({ weight: 9, arbitrary: common }, { weight: 1, arbitrary: rare })

const hexDigits = Array.from('0123456789abcdef')

const identifierText = (): fc.Arbitrary<string> =>
  fc.oneof(
    text().filter((some) => some !== ''),
    fc.nat().map(String),
    fc.uuid()
  )

/** Generates compartment ids in canonical spelling. */
export const compartment = (people: People = 'few'): fc.Arbitrary<string> =>
  people === 'few'
    ? fc.constantFrom(...compartments)
    : fc.oneof(fc.constantFrom('0', '9007199254740993', '9'.repeat(40)), fc.nat(10_000).map(String))

/**
 * Returns every spelling of a compartment's id in a field: numbers, leading zeros, and for the default compartment `undefined`,
 * which omits the field.
 *
 * @example
 * ```ts
 * import { spellingsOf } from '@userpoint/conformance/arbitraries'
 *
 * console.log(spellingsOf('1000')) // => [ '1000', 1000, '01000' ]
 * ```
 */
export const spellingsOf = (canonical: string): readonly [Json | undefined, ...Array<Json | undefined>] => [
  canonical,
  ...(Number.isSafeInteger(Number(canonical)) ? [Number(canonical)] : []),
  ...(canonical.length < 40 ? [`0${canonical}`] : []),
  ...(canonical === '0' ? [undefined, null] : [])
]

/** An account. */
export const account = (people: People = 'few'): fc.Arbitrary<AccountName> =>
  fc
    .tuple(compartment(people), people === 'few' ? fc.constantFrom(...accounts) : identifierText())
    .map(([place, id]) => ({ tag: 'account', compartment: place, account: id }))

/** An e-mail hash: opaque text. */
export const emailHash = (people: People = 'few'): fc.Arbitrary<EmailName> =>
  (people === 'few'
    ? fc.constantFrom(...hashes, ...addressHashes.values())
    : fc.oneof(fc.string({ unit: fc.constantFrom(...hexDigits), minLength: 64, maxLength: 64 }), identifierText())
  ).map((hash) => ({ tag: 'email', hash }))

/** A device's technical id, of any scheme but `udp:`. */
export const userAgent = (people: People = 'few'): fc.Arbitrary<AgentName> =>
  (people === 'few'
    ? fc.constantFrom(...agents)
    : fc.oneof(
        fc.nat().map((id) => `vec:${id}`),
        fc.tuple(fc.constantFrom('net', 'ins'), fc.nat(99), identifierText()).map((parts) => parts.join(':')),
        fc
          .tuple(fc.constant('mob'), fc.constantFrom('apple:idfa', 'google:gaid'), fc.uuid())
          .map((parts) => parts.join(':')),
        identifierText().map((id) => `mum:${id}`)
      )
  ).map((agent) => ({ tag: 'agent', agent }))

/** An account, an e-mail hash or a technical id. */
export const identified = (people: People = 'few'): fc.Arbitrary<Identified> =>
  people === 'few'
    ? fc.oneof(
        { weight: 1, arbitrary: fc.constantFrom(...universe) },
        { weight: 2, arbitrary: fc.constantFrom(...favourites) }
      )
    : fc.oneof(account(people), emailHash(people), userAgent(people))

/** The `n`th id of {@link mintIds}: time-ordered, as a good source's are. */
export const mintedId = (n: number): string => `0192a000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`

/** The device point id that core makes of the same id. */
export const mintedDevice = (n: number): string => `udp:${BigInt(`0x${mintedId(n).replaceAll('-', '')}`)}`

/** A source of ids that is the same in every run: an engine's `newId`. */
export const mintIds = (start = 0): (() => string) => {
  let n = start
  return () => mintedId(n++)
}

/** The moment at which {@link slowClock} begins. */
export const beginning = 1_700_000_000_000

/** A clock that is the same in every run, and stands still every second time it is asked: an engine's `clock`. */
export const slowClock = (start = 0): (() => number) => {
  let n = 0
  return () => beginning + start + (n++ >> 1)
}

const number = (): fc.Arbitrary<number> => fc.oneof(fc.nat(3), fc.nat(12))

/** A device point's id: one that an engine with {@link mintIds} may have minted. */
export const devicePoint = (): fc.Arbitrary<DeviceName> =>
  number().map((n) => ({ tag: 'device', device: mintedDevice(n) }))

/** A user point's id: one that an engine with {@link mintIds} may have minted. */
export const userPoint = (): fc.Arbitrary<PointName> => number().map((n) => ({ tag: 'point', point: mintedId(n) }))

/** An identifier of Insider's, of a right form: an e-mail address, a UUID or a card number. */
export const attribute = (people: People = 'few'): fc.Arbitrary<AttributeName> =>
  people === 'few'
    ? fc.oneof(fc.constantFrom(...namedUniverse), fc.constantFrom(...namedUniverse.slice(0, 3)))
    : fc.oneof(
        fc.emailAddress().map((value) => ({ tag: 'named' as const, name: 'email', value })),
        fc.uuid().map((value) => ({ tag: 'named' as const, name: 'uuid', value })),
        identifierText().map((value) => ({ tag: 'named' as const, name: 'custom.card', value }))
      )

/** Returns the reference to the person, for commands and `engine.find`. */
export const claimedOf = (who: Identified | DeviceName | AttributeName): Claimed => {
  switch (who.tag) {
    case 'account':
      return { _tag: 'Account', compartment: who.compartment, accountId: who.account } as Claimed
    case 'email':
      return { _tag: 'EmailHash', hash: who.hash }
    case 'agent':
      return { _tag: 'Agent', id: who.agent } as Claimed
    case 'device':
      return { _tag: 'DevicePoint', id: who.device } as Claimed
    case 'named':
      return { _tag: 'Named', name: who.name, value: who.value }
  }
}
