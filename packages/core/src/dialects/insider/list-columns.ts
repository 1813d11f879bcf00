/** Insider's list of attributes, from which clients fill their menus (B-37). */
import { type Rejection, rejection } from '../../command/rejection.ts'
import { getKey, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts'
import type { ProfileKey } from '../../domain/profile.ts'
import { findProfile, type Subject } from '../../domain/user-point.ts'
import { E } from '../../fp.ts'
import type { IdentitySettings } from './settings.ts'

type ColumnType = 'string' | 'number' | 'boolean' | 'datetime' | 'array' | 'object'

/** One attribute. */
export interface Column {
  /** The name on the read side: custom attributes have the prefix `c_`. */
  readonly key: string
  readonly display_name: string
  readonly type: ColumnType
}

/** The attributes of a datamart. */
export interface Columns {
  readonly columns: ReadonlyArray<Column>
  /** `false`: there are more user points than were read, and custom attributes of theirs may be missing. */
  readonly complete: boolean
}

// The vendor's default attributes.
const defaults: ReadonlyArray<Column> = [
  { key: 'email', display_name: 'Email', type: 'string' },
  { key: 'phone_number', display_name: 'Phone Number', type: 'string' },
  { key: 'uuid', display_name: 'UUID', type: 'string' },
  { key: 'name', display_name: 'Name', type: 'string' },
  { key: 'surname', display_name: 'Surname', type: 'string' },
  { key: 'birthday', display_name: 'Birthday', type: 'datetime' },
  { key: 'gender', display_name: 'Gender', type: 'string' },
  { key: 'age', display_name: 'Age', type: 'number' },
  { key: 'language', display_name: 'Language', type: 'string' },
  { key: 'lo', display_name: 'Locale', type: 'string' },
  { key: 'country', display_name: 'Country', type: 'string' },
  { key: 'city', display_name: 'City', type: 'string' },
  { key: 'gdpr', display_name: 'GDPR Opt-In', type: 'boolean' },
  { key: 'email_optin', display_name: 'Email Opt-In', type: 'boolean' },
  { key: 'sms_optin', display_name: 'SMS Opt-In', type: 'boolean' },
  { key: 'whatsapp_optin', display_name: 'WhatsApp Opt-In', type: 'boolean' }
]

/** Decodes whether a body asks for attributes (`contacts`) or for events, which are not kept. */
export const decodeTable = (body: JsonObject): E.Either<Rejection, 'contacts' | 'events'> => {
  const table = getKey(body, 'table')
  return table === 'contacts' || table === 'events' ? E.right(table) : E.left(rejection('BAD_FIELD', ['table']))
}

const typeOf = (value: Json): ColumnType | undefined => {
  if (value === null) return undefined
  if (isJsonArray(value)) return 'array'
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'boolean' ? type : 'object'
}

const customOf = ({ point }: Subject, key: ProfileKey): JsonObject => {
  const custom = getKey(findProfile(point, key)?.properties ?? {}, 'custom')
  return isJsonObject(custom) ? custom : {}
}

/**
 * Returns the default attributes, the custom identifiers, and the custom attributes in use. A custom attribute has the type
 * of its first value, or `array` if any value is an array.
 *
 * @param limit The largest number of user points to read.
 */
export const listColumns = async (
  subjects: AsyncIterable<Subject>,
  key: ProfileKey,
  { settings, limit }: { readonly settings: IdentitySettings; readonly limit: number }
): Promise<Columns> => {
  const types = new Map<string, ColumnType>()
  for (const { name, custom } of settings.identifiers) if (custom === true) types.set(name, 'string')
  let read = 0
  let complete = true
  for await (const subject of subjects) {
    if (++read > limit) {
      complete = false
      break
    }
    for (const [name, value] of Object.entries(customOf(subject, key))) {
      const type = typeOf(value)
      if (type !== undefined && (type === 'array' || !types.has(name))) types.set(name, type)
    }
  }
  const custom = [...types]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, type]): Column => ({ key: `c_${name}`, display_name: name, type }))
  const list: Column = { key: settings.listAttribute, display_name: 'Static Segment', type: 'array' }
  return { columns: [...defaults, list, ...custom], complete }
}
