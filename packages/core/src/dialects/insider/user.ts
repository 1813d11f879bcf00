/** A user as Insider's read side shows them: attributes by name, custom ones with `c_`, identifiers among them. */
import { defineKey, getKey, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { findProfile, type Subject } from '../../domain/user-point.ts'

const customPrefix = 'custom.'

/** The attribute that an identifier is shown as; the latest value of a name is the one shown (SPEC 6.2). */
const shownName = (name: string): string =>
  name.startsWith(customPrefix) ? `c_${name.slice(customPrefix.length)}` : name

/** `insider_id` and `attributes` of a user point, as seen through the profile at a key. */
export const encodeUser = ({ id, point }: Subject, key: ProfileKey): JsonObject => {
  const properties = findProfile(point, key)?.properties ?? {}
  const custom = getKey(properties, 'custom')
  const attributes: Record<string, Json> = {}
  for (const [name, value] of Object.entries(properties)) {
    if (name !== 'custom' || !isJsonObject(value)) defineKey(attributes, name, value)
  }
  if (isJsonObject(custom)) {
    for (const [name, value] of Object.entries(custom)) defineKey(attributes, `c_${name}`, value)
  }
  // A user point that absorbed another has identifiers of both, and then they do not stand in the order they came.
  const byArrival = [...point.named].sort((a, b) => a.createdAt - b.createdAt)
  for (const { name, value } of byArrival) defineKey(attributes, shownName(name), value)
  return { insider_id: id, attributes }
}
