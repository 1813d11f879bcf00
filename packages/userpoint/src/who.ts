/** References to a person, in plain words. */
import { WrongCall } from '@userpoint/core/repository'
import type { Bounds, JsonObject, Policies } from '@userpoint/core'
import type { Claimed, Reference } from '@userpoint/core/command'
import { decodeLine } from '@userpoint/core/mediarithmics'
import { UserpointRejected } from './failure.ts'

/** An identifier of a person. */
export type KnownBy =
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

/** One person: by an identifier, or by the id of the user point itself. */
export type Who = KnownBy | { readonly userPoint: string }

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

const decodeNamed = (name: string, value: string, policies: Policies, bounds: Bounds): Claimed => {
  // A hash and a named identifier have the same bounds.
  decodeTyped({ type: 'USER_EMAIL', hash: name }, policies, bounds)
  decodeTyped({ type: 'USER_EMAIL', hash: value }, policies, bounds)
  return { _tag: 'Named', name, value }
}

const unknownWho =
  'name one person: { emailHash }, { email }, { account }, { userAgent }, { phone }, { uuid }, { custom } or { userPoint }'

const requireObject = (who: Who): void => {
  if (typeof who !== 'object' || who === null) throw new WrongCall('WRONG_ARGUMENT', unknownWho)
}

const accountOf = ({ account, compartment }: Extract<KnownBy, { readonly account: string }>) => ({
  user_account_id: account,
  ...(compartment !== undefined && { compartment_id: compartment })
})

/**
 * Returns the fields with which a line names this person, so that the line is read as in a document; `undefined`: lines do not
 * name people in this way.
 */
export const lineFieldsOf = (who: Who): JsonObject | undefined => {
  if ('emailHash' in who) return { email_hash: who.emailHash }
  if ('account' in who) return accountOf(who)
  return 'userAgent' in who ? { user_agent_id: who.userAgent } : undefined
}

/** @throws UserpointRejected if a call must not add data by this identifier: it is a placeholder, for example. */
export const requireAddable = (who: Who, policies: Policies, bounds: Bounds): void => {
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
export const referenceOf = (who: Who, policies: Policies, bounds: Bounds): Reference => {
  requireObject(who)
  const keys = Object.keys(who).filter((key) => key !== 'compartment')
  if (keys.length !== 1) throw new WrongCall('WRONG_ARGUMENT', unknownWho)
  if ('emailHash' in who) return decodeTyped({ type: 'USER_EMAIL', hash: who.emailHash }, policies, bounds)
  if ('account' in who) return decodeTyped({ type: 'USER_ACCOUNT', ...accountOf(who) }, policies, bounds)
  if ('userAgent' in who) return decodeTyped({ type: 'USER_AGENT', user_agent_id: who.userAgent }, policies, bounds)
  if ('userPoint' in who) return decodeTyped({ type: 'USER_POINT', user_point_id: who.userPoint }, policies, bounds)
  if ('email' in who) return decodeNamed('email', who.email, policies, bounds)
  if ('phone' in who) return decodeNamed('phone_number', who.phone, policies, bounds)
  if ('uuid' in who) return decodeNamed('uuid', who.uuid, policies, bounds)
  if ('custom' in who) return decodeNamed(`custom.${who.custom.name}`, who.custom.value, policies, bounds)
  throw new WrongCall('WRONG_ARGUMENT', unknownWho)
}

/**
 * Returns the identifier that this reference is.
 *
 * @throws TypeError for the id of a user point: it is no identifier.
 */
export const claimedOf = (who: KnownBy, policies: Policies, bounds: Bounds): Claimed => {
  const reference = referenceOf(who, policies, bounds)
  if (reference._tag === 'UserPoint')
    throw new WrongCall('WRONG_ARGUMENT', '{ userPoint } is not an identifier; name an account, a hash or a device')
  return reference
}
