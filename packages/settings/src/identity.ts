/** The schema of identity settings: those of Insider's dialect, as JSON. */
import type { IdentitySettings } from '@userpoint/core/insider'
import type { z } from 'zod'
import { flag, listOf, objectOf, someText, wholeNumber, word } from './field.ts'
import { refuseRepeated } from './repeated.ts'

const named = { name: someText, custom: flag.optional().describe('Whether it stands under custom.') }

const identifiers = refuseRepeated(
  listOf(
    objectOf({ ...named, limit: wholeNumber(1).optional().describe('How many values one person may have.') }),
    'identifiers'
  ),
  ({ name, custom = false }) => `${custom} ${name}`
)

const emailHash = objectOf({
  algorithm: word('sha256', 'sha512', 'sha1', 'md5'),
  trim: flag.default(false).describe('Whether white space around the address is removed first.'),
  lowerCase: flag.default(false).describe('Whether the address is put in lower case first.')
})

const fields = {
  identifiers: identifiers.optional().describe('What identifies, the most decisive first (B-03).'),
  blockedValues: listOf(someText, 'texts')
    .optional()
    .describe('Values that are never identifiers (B-25). Default: none.'),
  onConflict: word('reject', 'priority')
    .optional()
    .describe('What becomes of identifiers that lead to different people (B-01). Default: "reject".'),
  emptiedArray: word('keep', 'drop')
    .optional()
    .describe('What becomes of an array whose last element is removed (B-10). Default: "keep".'),
  partialOnScalar: word('warn', 'reject')
    .optional()
    .describe('What removing values from an attribute that is no array does (B-09). Default: "warn".'),
  singleValue: word('reject', 'wrap')
    .optional()
    .describe('What becomes of a value where an array of values should be (B-12). Default: "reject".'),
  numericIdentifiers: word('reject', 'text')
    .optional()
    .describe('What becomes of a number as an identifier (B-28). Default: "reject".'),
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
  personal: listOf(objectOf(named), 'attributes').optional().describe('What anonymising deletes (B-35).')
} satisfies Record<keyof IdentitySettings, z.ZodType>

export const identity = objectOf(fields)
