/** The schema of policies: every policy of core, as JSON. */
import { isSystemVersion, type Policies, recommendedBlockedValues } from '@userpoint/core'
import { type CompartmentId, parseCompartmentId } from '@userpoint/core/command'
import * as z from 'zod'
import { listOf, objectOf, text, wholeNumber, word } from './field.ts'

const compartmentExpected = 'a compartment: 1 to 40 digits'

const compartment = z
  .union([text(/^[0-9]{1,40}$/, compartmentExpected), wholeNumber(0)], { error: compartmentExpected })
  .transform((value) => parseCompartmentId(value) as CompartmentId)

const registryExpected = 'a registry: 1 to 40 digits'

const registry = z
  .union([text(/^[0-9]{1,40}$/, registryExpected), wholeNumber(0)], { error: registryExpected })
  .transform(String)

const blockedExpected = '"recommended" or a list of texts'

const placeholders = z
  .union([z.literal('recommended'), z.array(z.string()).readonly()], { error: blockedExpected })
  .transform((value): ReadonlyArray<string> => (value === 'recommended' ? recommendedBlockedValues : value))

const rate = objectOf({
  count: wholeNumber(0),
  days: z.number({ error: 'a number of days above 0' }).positive({ error: 'a number of days above 0' })
})

/** Returns a field that may be `null`, which stands for its absence. */
const orNone = <A extends z.ZodType>(field: A, none: string) =>
  field
    .nullable()
    .transform((value) => value ?? undefined)
    .optional()
    .describe(none)

const fields = {
  arrays: word('concat', 'union').optional().describe('The join of arrays in a deep merge (A-11). Default: "concat".'),
  defaultCompartment: orNone(
    compartment,
    'The compartment of accounts and profiles that name none (A-02). null: such lines are rejected. Default: "0".'
  ),
  profileDeleteScope: word('key', 'all')
    .optional()
    .describe('The scope of a profile DELETE: the profile at its key, or all of the person (A-12). Default: "key".'),
  profileMerge: word('byProperty', 'newestWhole')
    .optional()
    .describe('The join of two profiles at one key in a merge of people (A-38). Default: "byProperty".'),
  userAgentIds: word('open', 'strict').optional().describe('The accepted user agent ids. Default: "open".'),
  userPointIds: word('any', 'uuid').optional().describe('The shape of a user point’s own id (A-30). Default: "any".'),
  knownCompartments: orNone(
    listOf(compartment, 'compartments'),
    'Lines that would create in another compartment are rejected (A-07). null, the default: any compartment.'
  ),
  knownRegistries: orNone(
    listOf(registry, 'registries, each 1 to 40 digits'),
    'Lines that would create in another registry are rejected (A-07). null, the default: any registry.'
  ),
  blockedValues: placeholders
    .optional()
    .describe('Placeholders, which are not identifiers (A-46): "recommended", or a list of texts. Default: none.'),
  defaultStrategy: orNone(
    word('replace', 'shallow', 'deep'),
    'What a profile UPSERT does that does not say how to merge (A-22). null, the default: it is rejected.'
  ),
  systemVersion: orNone(
    z
      .string({ error: 'v and six digits, such as v202205' })
      .refine(isSystemVersion, { error: 'v and six digits, such as v202205' })
      .meta({ pattern: '^v[0-9]{6}$' }),
    'The version of the datamart: documents that need a newer one are rejected as a whole (A-36). null, the default: no check.'
  ),
  quarantine: orNone(
    objectOf({ segments: wholeNumber(0).describe('A person with more current segments rejects additions.') }),
    'When a person is in quarantine (A-39). null, the default: never.'
  ),
  hyperPoint: orNone(
    objectOf({
      technicalIds: rate.describe('New technical ids of one registry.'),
      accounts: rate.describe('New accounts.'),
      emailHashes: rate.describe('New e-mail hashes.'),
      merges: rate.describe('People merged into this one.'),
      identifiers: wholeNumber(0).describe('Identifiers, however old.')
    }),
    'When a person is a hyper point: more than count within days (A-39). null, the default: never.'
  ),
  limits: orNone(
    objectOf({
      identifiers: wholeNumber(0).describe('The greatest number of identifiers.'),
      attachments: wholeNumber(0).describe(
        'The greatest number of profiles, segments, scenarios and choices together.'
      ),
      profileBytes: wholeNumber(0).describe('The greatest number of bytes of the properties of one profile.'),
      arrayLength: wholeNumber(0).describe('The greatest number of elements of one array in a profile.')
    }),
    'The limits beyond which a line that makes a person larger is rejected (A-50). null, the default: no limits.'
  ),
  suppression: word('none', 'people', 'all')
    .optional()
    .describe(
      'The deletions after which no line brings the deleted identifiers back (L-37): none, those of people, or all. It needs the key of the datamart. Default: "none".'
    )
} satisfies Record<keyof Policies, z.ZodType>

export const policies = objectOf(fields)
