/**
 * Texts that make a careless pattern or validator slow. `npm run check patterns` proves the patterns linear; these tests
 * run each of them, and the decoders around them. The limits are far above what linear work takes, and far below what
 * quadratic work on 100,000 characters or cubic work on 512 does.
 */
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createEngine, type Json } from '@userpoint/core'
import { createInsider } from '@userpoint/core/insider'
import { documentTypes, mediarithmics } from '@userpoint/core/mediarithmics'
import { v7 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { patternsOfPackages } from '../../scripts/patterns.mjs'

// The length in the middle ends a cubic pattern before it would take hours.
const milliseconds = { 512: 3, 4_096: 20, 100_000: 400 } as const

/** Repeats a part to a length, and ends with what the pattern may not take. */
const texts = (parts: ReadonlyArray<string>, length: number): ReadonlyArray<string> =>
  parts.flatMap((part) => {
    const many = part.repeat(Math.ceil(length / part.length))
    return [many, `${many}!`, `${many}\n`, `a${many}`]
  })

const common = [
  'a',
  'A',
  '0',
  '1',
  '@',
  '.',
  '@.',
  'a@a.',
  '"',
  '\\',
  '"\\"',
  '-',
  '+',
  ' ',
  '\r',
  '\n',
  'é',
  '😀',
  '0.',
  'e1',
  ':',
  '/'
]

/** Demands that the work takes less than these milliseconds, in one of three times: other work on the machine does not count. */
const demandFast = async (limit: number, work: () => unknown): Promise<void> => {
  let shortest = Number.POSITIVE_INFINITY
  for (let time = 0; time < 3 && shortest >= limit; time++) {
    const startedAt = performance.now()
    await work()
    shortest = Math.min(shortest, performance.now() - startedAt)
  }
  expect(shortest).toBeLessThan(limit)
}

const lengths = [512, 4_096, 100_000] as const

describe('a pattern', () => {
  const patterns = new Map(
    patternsOfPackages().flatMap(({ source, flags, place }) =>
      source === undefined ? [] : [[`/${source}/${flags}`, { source, flags, place }] as const]
    )
  )

  it.each([...patterns].map(([text, pattern]) => [text, pattern.place, pattern] as const))(
    '%s of %s takes linear time',
    async (_, __, { source, flags }) => {
      const pattern = new RegExp(source, flags.includes('g') ? flags : `${flags}g`)
      // The letters and signs of the pattern itself lead deepest into it.
      const parts = [...common, ...new Set(source.replaceAll(/\\./g, '')), ...(source.match(/[\w @.'-]{2,}/g) ?? [])]
      for (const length of lengths)
        for (const text of texts(parts, length)) await demandFast(milliseconds[length], () => text.replace(pattern, ''))
    }
  )
})

describe('a decoder', () => {
  const engine = createEngine({
    repository: createMemoryRepository(),
    dialect: mediarithmics,
    clock: Date.now,
    newId: v7
  })
  const insider = createInsider({ engine })

  /** A line with the text in every field that a type may have. */
  const lineOf = (text: string): Json => ({
    operation: 'UPSERT',
    type: 'USER_ACCOUNT',
    compartment_id: text,
    user_account_id: text,
    user_profile: { $compartment_id: text, [text]: text },
    user_choice: { $processing_id: text, $choice_ts: text },
    segment_id: text,
    expiration_ts: text,
    identifiers: [{ type: 'USER_AGENT', user_agent_id: text }]
  })
  const identifiersOf = (text: string): Json => ({ email: text, phone_number: text, uuid: text })

  it.each(documentTypes)('of %s takes linear time', async (type) => {
    for (const length of lengths)
      for (const text of texts(common, length))
        await demandFast(milliseconds[length] * 50, () => engine.runOne(type, lineOf(text)))
  })

  it.each(['email', 'phone_number', 'uuid'])('of 1,000 users with a hostile %s takes linear time', async (name) => {
    for (const text of texts(['@', '@.', 'a@a.', '.', '+1'], 508)) {
      const users = Array.from({ length: 1_000 }, () => ({ identifiers: { [name]: text }, attributes: { city: text } }))
      const body = new TextEncoder().encode(JSON.stringify({ users }))
      await demandFast(2_000, () => insider.upsertUsers(body))
    }
  })

  it.each(lengths)('of one user with %i hostile characters takes linear time', async (length) => {
    for (const text of texts(common, length)) {
      const body = new TextEncoder().encode(
        JSON.stringify({ users: [{ identifiers: identifiersOf(text), attributes: { [text]: text } }] })
      )
      await demandFast(milliseconds[length] * 50, () => insider.upsertUsers(body))
    }
  })
})
