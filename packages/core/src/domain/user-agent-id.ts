/**
 * User agent ids: `scheme:rest`, compared as a whole, exactly. `udp:` names a device point, which a store mints; every
 * other scheme names a technical id. No full table of schemes is public, so schemes stay open.
 */
import { isIdentifierText } from './text.ts'

/** A device's technical id, such as `vec:123` or `net:9:12345`. */
export type TechnicalId = string & { readonly TechnicalId: unique symbol }

/** A device point's id: `udp:` and a text, digits where this library minted it. */
export type DevicePointId = string & { readonly DevicePointId: unique symbol }

/**
 * The accepted ids. `open`: any scheme is an opaque technical id, and `vec:` accepts any text. `strict`: only the schemes of
 * public pages (`vec`, `mum`, `net`, `ins`, `mob`, `udp`), and `vec:` accepts digits.
 */
export type UserAgentGrammar = 'open' | 'strict'

export type UserAgentId =
  | { readonly _tag: 'Technical'; readonly id: TechnicalId; readonly registry: string | undefined }
  | { readonly _tag: 'DevicePoint'; readonly id: DevicePointId }

const shape = /^([a-z][a-z0-9]{1,7}):(.+)$/s
const registryForm = /^([0-9]+):.+$/s
const mobileForm = /^[A-Za-z]+:[A-Za-z]+:.+$/s
const digits = /^[0-9]+$/

/** Parses a user agent id; `undefined` if the text does not match the grammar (the public page *User identifiers*). */
export const parseUserAgentId = (text: string, grammar: UserAgentGrammar): UserAgentId | undefined => {
  if (!isIdentifierText(text)) return undefined
  const [, scheme, rest] = shape.exec(text) ?? []
  if (scheme === undefined || rest === undefined) return undefined
  const technical = (registry?: string): UserAgentId => ({ _tag: 'Technical', id: text as TechnicalId, registry })
  switch (scheme) {
    case 'udp':
      return { _tag: 'DevicePoint', id: text as DevicePointId }
    case 'net':
    case 'ins': {
      const registry = registryForm.exec(rest)?.[1]
      return registry === undefined ? undefined : technical(registry)
    }
    case 'mob':
      return mobileForm.test(rest) ? technical() : undefined
    case 'vec':
      return grammar === 'open' || digits.test(rest) ? technical() : undefined
    case 'mum':
      return technical()
    default:
      return grammar === 'open' ? technical() : undefined
  }
}

const prefix = /^(?:(?:net|ins):[0-9]+|mob:[A-Za-z]+:[A-Za-z]+|[a-z][a-z0-9]{1,7}):/

/** Returns the value of a user agent id, without its scheme, registry and encoding. */
export const valueOfUserAgentId = (id: string): string => id.replace(prefix, '')
