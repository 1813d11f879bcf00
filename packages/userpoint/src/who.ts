/** References to a person, in plain words. */
import { WrongCall } from '@userpoint/core/repository'
import type { Bounds, JsonObject, Policies } from '@userpoint/core'
import type { Claimed, Identifier, Reference, Who as ReferenceOrAny } from '@userpoint/core/command'
import { hashEmail } from '@userpoint/core/insider'
import { decodeLine } from '@userpoint/core/mediarithmics'
import type { CompleteSettings } from '@userpoint/settings'
import type { ErasureOptions } from './erasure-options.ts'
import { UserpointRejected } from './failure.ts'

type Identified =
  /** The hash of an e-mail address, compared exactly. */
  | { readonly emailHash: string }
  /** An e-mail address in clear, compared exactly. */
  | { readonly email: string }
  /** An account; without a compartment, of the datamart's default one. */
  | { readonly account: string; readonly compartment?: string | number }
  /** A technical id of a device, such as `vec:123`, or a device point's id (`udp:`). */
  | { readonly userAgent: string }
  /** A phone number, compared exactly. */
  | { readonly phone: string }
  | { readonly uuid: string }
  /** An identifier that the datamart's settings define. */
  | { readonly custom: { readonly name: string; readonly value: string } }
type Named = Identified | { readonly userPoint: string }

/** The names of all parts of all references. */
type Parts<Each> = Each extends unknown ? keyof Each : never

/** Nothing beside it: two identifiers may be two people's, and a compartment is an account's. */
type Alone<Each> = Each extends unknown
  ? Each & { readonly [Part in Exclude<Parts<Named>, keyof Each>]?: never }
  : never

/** An identifier of a person. */
export type KnownBy = Alone<Identified>

/** One person: by an identifier, or by the id of the user point itself. */
export type Who = Alone<Named>

/** Decodes a typed identifier as a document would, so that both refuse the same texts. */
const decodeTyped = (line: object, policies: Policies, bounds: Bounds): Reference => {
  const decoded = decodeLine('USER_POINTS_DELETION', line, policies, bounds)
  if (decoded._tag === 'Left') throw new UserpointRejected(decoded.left)
  const { command } = decoded.right
  if (command._tag !== 'DeleteUserPoint' || command.reference._tag === 'AnyOf') throw new TypeError('no reference')
  return command.reference
}

/** Decodes a typed identifier as a line that adds it would: known compartments and placeholders count. */
const decodeAdded = (line: object, policies: Policies, bounds: Bounds): void => {
  const decoded = decodeLine('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { identifiers: [line] }, policies, bounds)
  if (decoded._tag === 'Left') throw new UserpointRejected(decoded.left)
}

/** Without a name that is a text, `custom.undefined` would be an identifier. */
const customOf = ({ custom }: Extract<Identified, { readonly custom: unknown }>) => {
  const { name, value } = Object(custom) as { readonly name: unknown; readonly value: unknown }
  if (typeof name !== 'string' || name === '')
    throw new WrongCall('WRONG_ARGUMENT', 'name an identifier of your own: { custom: { name, value } }')
  return { name: `custom.${name}`, value: value as string }
}

const decodeNamed = (name: string, value: string, policies: Policies, bounds: Bounds): Claimed => {
  // A hash and a named identifier have the same bounds.
  decodeTyped({ type: 'USER_EMAIL', hash: name }, policies, bounds)
  decodeTyped({ type: 'USER_EMAIL', hash: value }, policies, bounds)
  return { _tag: 'Named', name, value }
}

const unknownWho =
  'name one person: { emailHash }, { email }, { account }, { userAgent }, { phone }, { uuid }, { custom } or { userPoint }'

const requireObject = (who: Named): void => {
  if (typeof who !== 'object' || who === null) throw new WrongCall('WRONG_ARGUMENT', unknownWho)
}

const accountOf = ({ account, compartment }: Extract<Identified, { readonly account: string }>) => ({
  user_account_id: account,
  ...(compartment !== undefined && { compartment_id: compartment })
})

/**
 * Returns the fields with which a line names this person, so that the line is read as in a document; `undefined`: lines do not
 * name people in this way.
 */
export const lineFieldsOf = (who: Named): JsonObject | undefined => {
  if ('emailHash' in who) return { email_hash: who.emailHash }
  if ('account' in who) return accountOf(who)
  return 'userAgent' in who ? { user_agent_id: who.userAgent } : undefined
}

/** @throws UserpointRejected if a call must not add data by this identifier: it is a placeholder, for example. */
export const requireAddable = (who: Named, policies: Policies, bounds: Bounds): void => {
  requireObject(who)
  if ('userPoint' in who) return
  if ('account' in who) return decodeAdded({ type: 'USER_ACCOUNT', ...accountOf(who) }, policies, bounds)
  if ('userAgent' in who) return decodeAdded({ type: 'USER_AGENT', user_agent_id: who.userAgent }, policies, bounds)
  const reference = referenceOf(who, policies, bounds)
  const text = reference._tag === 'Named' ? reference.value : reference._tag === 'EmailHash' ? reference.hash : ''
  decodeAdded({ type: 'USER_EMAIL', hash: text }, policies, bounds)
}

/**
 * Returns the reference that names this person.
 *
 * @throws UserpointRejected where a text is empty, too long or not well formed.
 * @throws TypeError where nothing, or more than one thing, names the person.
 */
export const referenceOf = (who: Named, policies: Policies, bounds: Bounds): Reference => {
  requireObject(who)
  const keys = Object.keys(who).filter((key) => key !== 'compartment' || !('account' in who))
  if (keys.length !== 1) throw new WrongCall('WRONG_ARGUMENT', unknownWho)
  if ('emailHash' in who) return decodeTyped({ type: 'USER_EMAIL', hash: who.emailHash }, policies, bounds)
  if ('account' in who) return decodeTyped({ type: 'USER_ACCOUNT', ...accountOf(who) }, policies, bounds)
  if ('userAgent' in who) return decodeTyped({ type: 'USER_AGENT', user_agent_id: who.userAgent }, policies, bounds)
  if ('userPoint' in who) return decodeTyped({ type: 'USER_POINT', user_point_id: who.userPoint }, policies, bounds)
  if ('email' in who) return decodeNamed('email', who.email, policies, bounds)
  if ('phone' in who) return decodeNamed('phone_number', who.phone, policies, bounds)
  if ('uuid' in who) return decodeNamed('uuid', who.uuid, policies, bounds)
  if ('custom' in who) {
    const { name, value } = customOf(who)
    return decodeNamed(name, value, policies, bounds)
  }
  throw new WrongCall('WRONG_ARGUMENT', unknownWho)
}

/**
 * Returns the identifier that this reference is.
 *
 * @throws TypeError for the id of a user point: it is no identifier.
 */
export const claimedOf = (who: Identified, policies: Policies, bounds: Bounds): Claimed => {
  const reference = referenceOf(who, policies, bounds)
  if (reference._tag === 'UserPoint')
    throw new WrongCall('WRONG_ARGUMENT', '{ userPoint } is not an identifier; name an account, a hash or a device')
  return reference
}

type Known = Pick<CompleteSettings, 'policies' | 'bounds' | 'identity'>

/** Returns an identifier with the hash that counts as the same one, if the settings say how addresses are hashed. */
const withHash = <A extends Claimed>(claimed: A, { identity }: Pick<Known, 'identity'>): A =>
  claimed._tag === 'Named' && claimed.name === 'email' && identity.emailHash !== undefined
    ? { ...claimed, hash: hashEmail(claimed.value, identity.emailHash) }
    : claimed

/** Returns the person whom an erasure names. One that suppresses names an address and its hash, so that both are suppressed. */
export const erasedOf = (who: Named, options: ErasureOptions | undefined, known: Known): ReferenceOrAny => {
  const { policies, bounds } = known
  const reference = referenceOf(who, policies, bounds)
  if (reference._tag !== 'Named' || (options?.suppress !== true && policies.suppression === 'none')) return reference
  const { hash, ...named } = withHash(reference, known)
  if (hash === undefined) return reference
  return { _tag: 'AnyOf', references: [named, { _tag: 'EmailHash', hash }], onConflict: 'Reject', decisive: false }
}

/**
 * Returns the identifiers whose suppression is lifted.
 *
 * @throws TypeError for the id of a user point or of a device point: neither is suppressed.
 */
export const liftedOf = (who: Identified, known: Known): ReadonlyArray<Identifier> => {
  const claimed = claimedOf(who, known.policies, known.bounds)
  if (claimed._tag === 'DevicePoint') throw new TypeError('a device point is not suppressed; name a technical id')
  return [withHash(claimed, known)]
}
