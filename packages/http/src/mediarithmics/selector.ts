/** Parses the selectors in paths of the synchronous interface, and decodes them with core's own codecs. */
import type { Bounds, Policies, Verdict } from '@userpoint/core'
import type { Reference } from '@userpoint/core/command'
import { decodeLine } from '@userpoint/core/mediarithmics'
import { Problem } from './envelope.ts'

const fieldsOf = (text: string): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>()
  // The name ends at the first equals sign; a value may contain any character except a comma.
  for (const part of text.split(',')) {
    const at = part.indexOf('=')
    const name = part.slice(0, at)
    if (at < 1 || fields.has(name)) throw new Problem('BAD_SELECTOR')
    fields.set(name, part.slice(at + 1))
  }
  return fields
}

const lineOf = (fields: ReadonlyMap<string, string>): object => {
  const names = [...fields.keys()].sort().join()
  switch (names) {
    case 'user_point_id':
      return { type: 'USER_POINT', user_point_id: fields.get(names) }
    case 'user_agent_id':
      return { type: 'USER_AGENT', user_agent_id: fields.get(names) }
    case 'email_hash':
      return { type: 'USER_EMAIL', hash: fields.get(names) }
    case 'user_account_id':
    case 'compartment_id,user_account_id':
      return { type: 'USER_ACCOUNT', ...Object.fromEntries(fields) }
    default:
      throw new Problem('BAD_SELECTOR')
  }
}

/** Returns a rejection as text, without any value of the request. */
export const rejectionText = ({ code, path, message }: Extract<Verdict, { _tag: 'Rejected' }>): string =>
  `${code}: ${message}${path === undefined ? '' : ` (${path})`}`

/**
 * Returns the reference of a selector: an id alone, or `name=value` pairs separated by commas.
 *
 * @throws Problem if the selector is invalid.
 */
export const readSelector = (text: string, policies: Policies, bounds: Bounds): Reference => {
  const fields = text.includes('=') ? fieldsOf(text) : new Map([['user_point_id', text]])
  const decoded = decodeLine('USER_POINTS_DELETION', lineOf(fields), policies, bounds)
  if (decoded._tag === 'Left') throw new Problem('BAD_SELECTOR', rejectionText(decoded.left))
  const { command } = decoded.right
  if (command._tag !== 'DeleteUserPoint' || command.reference._tag === 'AnyOf') throw new Problem('BAD_SELECTOR')
  return command.reference
}

/** Returns the fields of a document's selector, such as `compartment_id=1/user_account_id=x`. @throws Problem for an unknown field. */
export const readFields = (
  parts: ReadonlyArray<string>,
  known: ReadonlyArray<string>
): Readonly<Record<string, string>> => {
  const fields = fieldsOf(parts.join(','))
  for (const name of fields.keys()) if (!known.includes(name)) throw new Problem('BAD_SELECTOR')
  return Object.fromEntries(fields)
}
