/**
 * Activities: what one says about identifiers is applied, as the vendor's page on user points says that activities create and
 * merge them. The activity itself is not kept.
 */
import type { JsonObject } from '@userpoint/core'

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns the fields of an object without the `$` that begins their names in activities. */
const undollared = (object: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name.startsWith('$') ? name.slice(1) : name, value])
  )

/** Returns a typed identifier without what is not given. */
const typed = (type: string, fields: JsonObject): JsonObject => ({
  type,
  ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
})

/** Returns the line of USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS that an activity stands for. */
export const associationOf = (activity: JsonObject): JsonObject => {
  const { $user_agent_id, $user_account_id, $compartment_id, $email_hash, $user_identifiers } = activity
  const hash = isObject($email_hash) ? $email_hash.$hash : $email_hash
  const listed = Array.isArray($user_identifiers) ? $user_identifiers : []
  return {
    identifiers: [
      ...($user_account_id === undefined
        ? []
        : [typed('USER_ACCOUNT', { user_account_id: $user_account_id, compartment_id: $compartment_id ?? null })]),
      ...(hash === undefined ? [] : [typed('USER_EMAIL', { hash })]),
      ...($user_agent_id === undefined ? [] : [typed('USER_AGENT', { user_agent_id: $user_agent_id })]),
      ...listed.map((each) => (isObject(each) ? undollared(each) : each))
    ]
  }
}

/** The warning of every answer to an activity. */
export const notKept = {
  code: 'ACTIVITY_NOT_KEPT',
  message: 'the identifiers are applied; the activity and its events are not kept'
} as const
