/** The schema of a datamart's settings. What it takes is JSON; what it gives has core's own types. */
import { defaultBounds, type RejectionLimit } from '@userpoint/core'
import * as z from 'zod'
import { listOf, objectOf, someText, text, wholeNumber, word } from './field.ts'
import { identity } from './identity.ts'
import { policies } from './policies.ts'
import { refuseRepeated } from './repeated.ts'

const partner = z
  .string({ error: 'a name in lower case' })
  .refine((name) => name !== '' && name === name.toLowerCase(), { error: 'a name in lower case' })
  .meta({ pattern: '^[^A-Z]+$' })

const rejectionLimitExpected = 'a number of lines, or a percentage such as "5%"'

const maxRejected = z
  .union([wholeNumber(0), text(/^(100(\.0{1,9})?|[0-9]{1,2}(\.[0-9]{1,9})?)%$/, rejectionLimitExpected)], {
    error: rejectionLimitExpected
  })
  .nullable()
  .transform((limit) => (limit ?? undefined) as RejectionLimit | undefined)

const bounds = objectOf({
  maxDepth: wholeNumber(1, 1_000)
    .optional()
    .describe(`The levels of arrays and objects of a line. Default: ${defaultBounds.maxDepth}.`),
  maxLineLength: wholeNumber(1)
    .optional()
    .describe(`The length of a line, in UTF-16 code units. Default: ${defaultBounds.maxLineLength}.`)
})

/** The largest number of bytes of a call's body that a server may allow. */
const mostBodyBytes = 5_000_000

const limits = objectOf({
  maxRejected: maxRejected
    .optional()
    .describe(
      'A document with more wrong lines than this is rejected as a whole: 100 or "5%". null, the default: no limit.'
    ),
  uploadBytes: wholeNumber(1).optional().describe('The largest upload to the server. Default: 1073741824.'),
  bodyBytes: wholeNumber(1, mostBodyBytes)
    .optional()
    .describe('The largest body of any other call of mediarithmics. Default: 1048576.'),
  idleMilliseconds: wholeNumber(1).optional().describe('The longest pause of a sender within a body. Default: 30000.'),
  bodyMilliseconds: wholeNumber(1)
    .optional()
    .describe('The time that a sender has for a body other than an upload. Default: 120000.'),
  bytesPerSecond: wholeNumber(0)
    .optional()
    .describe('The least rate of a sender within a body, after its first 10 seconds. Default: 2048.'),
  requestsAtOnce: wholeNumber(1)
    .optional()
    .describe('Requests that may be at work at once; more are refused (429). Default: 64.'),
  executionsAtOnce: wholeNumber(1).optional().describe('Executions that are applied at once; more wait. Default: 2.'),
  // Not below the life of an idempotency key: the repeated upload would be applied again.
  executionsKeptHours: wholeNumber(24)
    .optional()
    .describe(
      'The age at which a finished execution is removed with its error and verdict files, in hours. Default: 720.'
    ),
  requestsPerMinute: wholeNumber(1)
    .optional()
    .describe('Upserts and attribute deletions of the partner, together (B-24). Default: 25000.')
})

const textOrNone = someText
  .nullable()
  .transform((given) => given ?? undefined)
  .optional()

const erasure = objectOf({
  keyFile: textOrNone.describe(
    'The file of the key for receipts and suppressions (L-37, L-38): 64 or more hexadecimal digits. The command line and the server read it. null, the default: no key.'
  ),
  keyVariable: textOrNone.describe(
    'The environment variable that holds the key, instead of a file. null, the default: none.'
  ),
  documentKeys: textOrNone.describe(
    'The key file of an encrypted store (@userpoint/keys), as --keys names it. null, the default: the store is not encrypted.'
  ),
  claims: word('keyed', 'plain')
    .optional()
    .describe(
      'What a store with a key keeps for identifiers: keyed digests, so that they can be suppressed, or plain claims. Default: "keyed".'
    )
}).check(({ value: { keyFile, keyVariable }, issues }) => {
  // Of two keys a program could only guess which one is meant.
  if (keyFile !== undefined && keyVariable !== undefined)
    issues.push({
      code: 'custom',
      input: undefined,
      path: ['keyVariable'],
      message: 'no variable beside keyFile: one of them is enough'
    })
})

const days = wholeNumber(1, 36_500)
const daysOrNone = days
  .nullable()
  .transform((given) => given ?? undefined)
  .optional()

const retention = objectOf({
  properties: refuseRepeated(
    listOf(objectOf({ name: someText, days }), 'properties, each with a name and days'),
    ({ name }) => name
  )
    .optional()
    .describe('Top-level properties of profiles that are removed some days after their last write.'),
  profiles: daysOrNone.describe(
    'The days after its last change at which a profile is removed. null, the default: never.'
  ),
  memberships: daysOrNone.describe(
    'The days after its last change at which a membership of a segment is removed. null, the default: never.'
  ),
  people: daysOrNone.describe(
    'The days after the last change of anything of a person at which the person is removed. null, the default: never.'
  )
})

const feed = objectOf({
  state: word('on', 'off')
    .optional()
    .describe('"on": each batch that changes people also stores an entry that tells of it (L-42). Default: "off".'),
  keptHours: wholeNumber(1)
    .optional()
    .describe('The age at which entries are dropped although a consumer lacks them, in hours. Default: 168.')
})

const tokens = refuseRepeated(
  listOf(objectOf({ sha256: text(/^[0-9a-fA-F]{64}$/, 'the SHA-256 of a token: 64 hexadecimal digits') }), 'tokens'),
  ({ sha256 }) => sha256.toLowerCase()
)

export const schema = objectOf({
  $schema: z.string({ error: 'text' }).optional().describe('The place of this JSON Schema, for editors.'),
  datamart: text(/^[\w-]{1,64}$/, '1 to 64 letters, digits, _ or -')
    .optional()
    .describe('The id of the datamart in its store and in the paths of the server. Default: "default".'),
  partner: partner.optional().describe('The partner whose Insider calls use the datamart, in lower case (B-23).'),
  policies: policies.optional().describe('Settings for questions that the documents leave open.'),
  identity: identity.optional().describe('The identity settings of Insider’s calls.'),
  bounds: bounds.optional().describe('Bounds of a line.'),
  limits: limits.optional().describe('Limits of documents and of requests.'),
  erasure: erasure.optional().describe('The proof of erasures: receipts and suppressions.'),
  retention: retention.optional().describe('What a sweep removes because it is too old (L-39).'),
  feed: feed.optional().describe('The feed of changes. All programs on a store need the same.'),
  tokens: tokens.optional().describe('The tokens of the server: only digests.')
})
