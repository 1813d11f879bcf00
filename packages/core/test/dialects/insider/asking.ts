/** Decodes one user of a request, in a short form for assertions. */
import type { Command } from '../../../src/command/command.ts'
import type { Decoded } from '../../../src/command/decoded.ts'
import { decodeDeleteAttributes } from '../../../src/dialects/insider/delete-attributes.ts'
import { defaultIdentitySettings, type IdentitySettings } from '../../../src/dialects/insider/settings.ts'
import { decodeUpsertUser } from '../../../src/dialects/insider/upsert-users.ts'
import { E } from '../../../src/fp.ts'
import { key } from '../../decide/given.ts'

type Settings = Partial<IdentitySettings>

const decoders = { delete: decodeDeleteAttributes, upsert: decodeUpsertUser }

const decode = (call: keyof typeof decoders, user: object, settings: Settings = {}) =>
  decoders[call](user as never, key('0'), { ...defaultIdentitySettings, ...settings })

/** Returns the code and path of the user's rejection, or `accepted`. */
export const faultOf = (call: keyof typeof decoders, user: object, settings: Settings = {}): string => {
  const decoded = decode(call, user, settings)
  if (E.isRight(decoded)) return 'accepted'
  const { code, path } = decoded.left
  return path === undefined ? code : `${code} at ${path}`
}

const decodedOf = (call: keyof typeof decoders, user: object, settings: Settings = {}): Decoded => {
  const decoded = decode(call, user, settings)
  if (E.isLeft(decoded)) throw new Error(`the user is rejected: ${faultOf(call, user, settings)}`)
  return decoded.right
}

export const commandOf = (call: keyof typeof decoders, user: object, settings: Settings = {}): Command =>
  decodedOf(call, user, settings).command

/** Each warning as its code and path. */
export const warningsOf = (call: keyof typeof decoders, user: object, settings: Settings = {}): ReadonlyArray<string> =>
  decodedOf(call, user, settings).warnings.map(({ code, path }) => `${code} at ${path}`)

/** The identifiers that count of a user, the most decisive first. */
export const countedOf = (user: object, settings: Settings = {}): ReadonlyArray<string> => {
  const command = commandOf('upsert', { attributes: {}, ...user }, settings)
  if (command._tag !== 'UpsertUser') throw new Error('not an upsert')
  return command.identifiers.map(({ name, value }) => `${name}=${value}`)
}
