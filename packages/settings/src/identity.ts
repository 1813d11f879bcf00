/** The schema of identity settings: those of Insider's dialect, as JSON. */
import type { IdentitySettings } from '@userpoint/core/insider'
import type { z } from 'zod'
import { flag, listOf, objectOf, someText, wholeNumber, word } from './field.ts'
import { refuseRepeated } from './repeated.ts'

const named = { name: someText, custom: flag.optional().describe('It is a custom identifier.') }

const identifiers = refuseRepeated(
  listOf(
    objectOf({ ...named, limit: wholeNumber(1).optional().describe('The greatest number of values of one person.') }),
    'identifiers'
  ),
  ({ name, custom = false }) => `${custom} ${name}`
)

const emailHash = objectOf({
  algorithm: word('sha256', 'sha512', 'sha1', 'md5'),
  trim: flag.default(false).describe('Removes white space around the address first.'),
  lowerCase: flag.default(false).describe('Converts the address to lower case first.')
})

const fields = {
  identifiers: identifiers.optional().describe('The identifiers, the most decisive first (B-03).'),
  blockedValues: listOf(someText, 'texts')
    .optional()
    .describe('Values that are never identifiers (B-25). Default: none.'),
  onConflict: word('reject', 'priority')
    .optional()
    .describe(
      'Identifiers that lead to different people (B-01): reject the user, or select one by priority. Default: "reject".'
    ),
  emptiedArray: word('keep', 'drop')
    .optional()
    .describe('An array whose last element is removed (B-10): keep it, or drop the attribute. Default: "keep".'),
  partialOnScalar: word('warn', 'reject')
    .optional()
    .describe(
      'Values to remove from an attribute that is not an array (B-09): warn, or reject the user. Default: "warn".'
    ),
  singleValue: word('reject', 'wrap')
    .optional()
    .describe('A single value instead of an array (B-12): reject the user, or wrap it. Default: "reject".'),
  numericIdentifiers: word('reject', 'text')
    .optional()
    .describe('A number as an identifier (B-28): reject the user, or use its text. Default: "reject".'),
  listAttribute: word('list_id', 'static_segment_id')
    .optional()
    .describe('The name under which the list attribute is stored (B-16). Default: "list_id".'),
  emailHash: emailHash
    .nullable()
    .transform((value) => value ?? undefined)
    .optional()
    .describe(
      'How documents hash e-mail addresses: an address and its hash are then one identifier (A-48). null, the default: they are two.'
    ),
  personal: listOf(objectOf(named), 'attributes')
    .optional()
    .describe('The attributes and identifiers that anonymising deletes (B-35).')
} satisfies Record<keyof IdentitySettings, z.ZodType>

export const identity = objectOf(fields)
