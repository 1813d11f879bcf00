/** Deciding whether a parsed line is a command: our decoder, which also makes the command, beside popular validators. */
import { defaultPolicies } from '@userpoint/core'
import { decodeLine, mediarithmics } from '@userpoint/core/mediarithmics'
import { Ajv } from 'ajv'
import * as v from 'valibot'
import { z } from 'zod'
import { inTurns } from './in-turns.mjs'
import { profileLine } from './workloads.mjs'

const withZod = z.object({
  operation: z.literal('UPSERT'),
  compartment_id: z.union([z.string().regex(/^[0-9]{1,40}$/), z.int().nonnegative()]).nullish(),
  user_account_id: z.string().min(1).max(512).nullish(),
  email_hash: z.string().min(1).max(512).nullish(),
  user_agent_id: z.string().min(1).max(512).nullish(),
  force_replace: z.boolean(),
  merge_objects: z.boolean().nullish(),
  user_profile: z.record(z.string(), z.unknown())
})

const text = v.nullish(v.pipe(v.string(), v.minLength(1), v.maxLength(512)))
const withValibot = v.object({
  operation: v.literal('UPSERT'),
  compartment_id: v.nullish(
    v.union([v.pipe(v.string(), v.regex(/^[0-9]{1,40}$/)), v.pipe(v.number(), v.safeInteger(), v.minValue(0))])
  ),
  user_account_id: text,
  email_hash: text,
  user_agent_id: text,
  force_replace: v.boolean(),
  merge_objects: v.nullish(v.boolean()),
  user_profile: v.record(v.string(), v.unknown())
})

const identifier = { type: 'string', minLength: 1, maxLength: 512, nullable: true }
const withAjv = new Ajv().compile({
  type: 'object',
  required: ['operation', 'force_replace', 'user_profile'],
  properties: {
    operation: { const: 'UPSERT' },
    compartment_id: {
      anyOf: [{ type: 'string', pattern: '^[0-9]{1,40}$' }, { type: 'integer', minimum: 0 }, { type: 'null' }]
    },
    user_account_id: identifier,
    email_hash: identifier,
    user_agent_id: identifier,
    force_replace: { type: 'boolean' },
    merge_objects: { type: 'boolean', nullable: true },
    user_profile: { type: 'object' }
  }
})

/** @param {{ rounds: number }} options */
export const compareDecoders = ({ rounds }) => {
  const right = profileLine(1, 0)
  const wrong = { ...right, email_hash: '' }
  return [
    { title: 'a line that is right', line: right },
    { title: 'a line that is wrong', line: wrong }
  ].flatMap(({ title, line }) =>
    inTurns(
      title,
      {
        'userpoint, as in an import': () => mediarithmics.documents.USER_PROFILE.decode(line, defaultPolicies),
        'userpoint, of any value': () => decodeLine('USER_PROFILE', line, defaultPolicies),
        zod: () => withZod.safeParse(line),
        valibot: () => v.safeParse(withValibot, line),
        ajv: () => withAjv(line)
      },
      rounds
    )
  )
}
