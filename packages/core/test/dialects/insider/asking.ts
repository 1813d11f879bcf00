/** Decodes one user of a request, in a short form for assertions. */
import type { Command } from '../../../src/command/command.ts'
import type { Decoded } from '../../../src/command/decoded.ts'
import type { Rejection } from '../../../src/command/rejection.ts'
import { decodeDeleteAttributes } from '../../../src/dialects/insider/delete-attributes.ts'
import { defaultIdentitySettings, type IdentitySettings } from '../../../src/dialects/insider/settings.ts'
import { decodeUpsertUser } from '../../../src/dialects/insider/upsert-users.ts'
import { E } from '../../../src/fp.ts'
import { key } from '../../decide/given.ts'

type Settings = Partial<IdentitySettings>

const decoders = { delete: decodeDeleteAttributes, upsert: decodeUpsertUser }

/** @param request The fields beside `users`. */
const decode = (call: keyof typeof decoders, user: object, settings: Settings = {}, request: object = {}) =>
  decoders[call](user as never, {
    key: key('0'),
    settings: { ...defaultIdentitySettings, ...settings },
    request: request as never
  })

const told = ({ code, path }: Rejection): string => (path === undefined ? code : `${code} at ${path}`)

/** Every reason for which the user is rejected. */
export const faultsOf = (call: keyof typeof decoders, user: object): ReadonlyArray<string> => {
  const decoded = decode(call, user)
  return E.isLeft(decoded) ? decoded.left.map(told) : []
}

/** Returns the code and path of the first reason for which the user is rejected, or `accepted`. */
export const faultOf = (
  call: keyof typeof decoders,
  user: object,
  settings: Settings = {},
  request: object = {}
): string => {
  const decoded = decode(call, user, settings, request)
  return E.isRight(decoded) ? 'accepted' : told(decoded.left[0])
}

const decodedOf = (
  call: keyof typeof decoders,
  user: object,
  settings: Settings = {},
  request: object = {}
): Decoded => {
  const decoded = decode(call, user, settings, request)
  if (E.isLeft(decoded)) throw new Error(`the user is rejected: ${faultOf(call, user, settings)}`)
  return decoded.right
}

export const commandOf = (
  call: keyof typeof decoders,
  user: object,
  settings: Settings = {},
  request: object = {}
): Command => decodedOf(call, user, settings, request).command

/** Each warning as its code and path. */
export const warningsOf = (call: keyof typeof decoders, user: object, settings: Settings = {}): ReadonlyArray<string> =>
  decodedOf(call, user, settings).warnings.map(({ code, path }) => `${code} at ${path}`)

/** The identifiers that count of a user, the most decisive first. */
export const countedOf = (user: object, settings: Settings = {}): ReadonlyArray<string> => {
  const command = commandOf('upsert', { attributes: {}, ...user }, settings)
  if (command._tag !== 'UpsertUser') throw new Error('not an upsert')
  return command.identifiers.map(({ name, value }) => `${name}=${value}`)
}
