import { createInsider, type IdentitySettings, type RequestBody } from '@userpoint/core/insider'
import fc from 'fast-check'
import { describe } from 'vitest'
import { json, jsonArray, key, mintedId } from '@userpoint/conformance/arbitraries'
import { law } from '../../../packages/core/test/laws/law.ts'
import { same } from '../../../packages/core/test/laws/predicates.ts'
import { right } from '../insider-stores.ts'
import { engineAt, identifiers, live, openers, past } from './past.ts'
import { documents } from './store.ts'

const settings: fc.Arbitrary<Partial<IdentitySettings>> = fc.record(
  {
    onConflict: fc.constantFrom('reject', 'priority'),
    emptiedArray: fc.constantFrom('keep', 'drop'),
    partialOnScalar: fc.constantFrom('warn', 'reject'),
    singleValue: fc.constantFrom('reject', 'wrap'),
    blockedValues: fc.constant(['u']),
    listAttribute: fc.constantFrom('list_id', 'static_segment_id')
  },
  { requiredKeys: [], noNullPrototype: true }
)

const name = fc.oneof(
  { weight: 6, arbitrary: key() },
  fc.constantFrom('list_id', 'static_segment_id', 'custom', 'email')
)
const plan = fc.record(
  {
    whole: fc.array(name, { maxLength: 2 }),
    partial: fc
      .array(fc.tuple(name, fc.oneof({ weight: 5, arbitrary: jsonArray() }, json())), { maxLength: 3 })
      .map((entries) => Object.fromEntries(entries))
  },
  { requiredKeys: [], noNullPrototype: true }
)
const identity = fc.oneof(
  { weight: 4, arbitrary: fc.record({ identifiers }) },
  fc.nat(6).map((n) => ({ insider_id: mintedId(n) })),
  fc.record({ identifiers, insider_id: fc.nat(6).map(mintedId) })
)
const deletion = fc.tuple(identity, plan, plan).map(([who, own, custom]) => ({ ...who, ...own, custom }))

interface Body {
  readonly profiles: ReadonlyArray<{ readonly properties: unknown }>
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Returns `true` if a value only lost parts: its keys are among the old keys, its elements among the old ones in order. */
const isPartOf = (part: unknown, whole: unknown, depth: number): boolean => {
  if (same(part, whole)) return true
  if (Array.isArray(part) && Array.isArray(whole)) {
    let from = 0
    return part.every((element) => {
      from = whole.findIndex((each, i) => i >= from && same(each, element)) + 1
      return from > 0
    })
  }
  if (depth === 0 || !isObject(part) || !isObject(whole)) return false
  return Object.keys(part).every((each) => Object.hasOwn(whole, each) && isPartOf(part[each], whole[each], depth - 1))
}

describe("Insider's deletion of attributes", () => {
  for (const { name: store, open, runs } of openers) {
    law(
      `[B-05, B-20] on ${store}: creates and merges no user, attaches no identifier, and changes at most one profile of one user`,
      fc.tuple(past, settings, fc.array(deletion, { minLength: 1, maxLength: 6 })),
      async ([lived, chosen, users]) => {
        const { repository, dump, close } = open()
        try {
          await live(repository, lived)
          const insider = createInsider({ engine: engineAt(repository, 700), settings: chosen })
          for (const user of users) {
            const [untouched, before] = [await dump(), await documents(repository)]
            const [verdict] = right(await insider.deleteAttributes({ value: { users: [user] } })).verdicts
            if (verdict?._tag !== 'Applied') {
              if (!same(await dump(), untouched)) return false
              continue
            }
            const after = await documents(repository)
            if (
              !same(
                after.map(({ id }) => id),
                before.map(({ id }) => id)
              )
            )
              return false
            const changed = after.filter((each, i) => !same(each.body, before[i]?.body))
            const [only] = changed
            const was = before.find(({ id }) => id === only?.id)
            if (changed.length !== 1 || only === undefined || was === undefined) return false
            const [now, then] = [only.body, was.body] as unknown as readonly [Body, Body]
            const profiles = now.profiles.filter((each, i) => !same(each, then.profiles[i]))
            if (!same({ ...now, profiles: [] }, { ...then, profiles: [] }) || profiles.length !== 1) return false
            if (now.profiles.length !== then.profiles.length) return false
            // Attributes and custom attributes; below them nothing is taken apart.
            if (!now.profiles.every((each, i) => isPartOf(each.properties, then.profiles[i]?.properties, 2)))
              return false
          }
          return true
        } finally {
          close()
        }
      },
      runs
    )

    law(
      `[B-17, B-20] on ${store}: a batch does what its users do one after the other`,
      fc.tuple(past, settings, fc.array(deletion, { maxLength: 6 })),
      async ([lived, chosen, users]) => {
        const outcome = async (batches: ReadonlyArray<ReadonlyArray<object>>) => {
          const { repository, close } = open()
          try {
            await live(repository, lived)
            const insider = createInsider({ engine: engineAt(repository, 700), settings: chosen })
            const verdicts = []
            for (const batch of batches) {
              verdicts.push(...right(await insider.deleteAttributes({ value: { users: batch } })).verdicts)
            }
            const stored = (await documents(repository)).map(({ id, body }) => ({ id, body }))
            return { verdicts, stored }
          } finally {
            close()
          }
        }
        return same(await outcome([users]), await outcome(users.map((each) => [each])))
      },
      runs
    )
  }
})

describe("the answers of Insider's calls", () => {
  const marker = 'Marked7'
  // Values of a person's, right ones and wrong ones; names of attributes are none.
  const value = fc.constantFrom<unknown>(
    marker,
    `${marker}@x.y`,
    `+${marker}`,
    [marker],
    { a: marker },
    [[marker]],
    `${marker}\ud800`,
    `${marker}\0`,
    marker.repeat(100),
    7
  )
  const some = fc.dictionary(fc.constantFrom('a', 'b', 'email', 'custom', 'list_id', '__proto__'), value, {
    maxKeys: 3,
    noNullPrototype: true
  })
  const who = fc.record(
    {
      email: value,
      phone_number: value,
      uuid: value,
      card: value,
      custom: fc.oneof(value, fc.dictionary(fc.constantFrom('card', 'a'), value, { noNullPrototype: true }))
    },
    { requiredKeys: [], noNullPrototype: true }
  )
  const names = fc.oneof(
    fc.array(fc.constantFrom('a', 'c_a', 'email', 'custom')),
    value.filter((each) => typeof each === 'string'),
    fc.constantFrom([{ a: marker }], [[marker]])
  )
  const anyUser = fc.record(
    {
      identifiers: fc.oneof({ weight: 5, arbitrary: who }, value),
      insider_id: value,
      whole: names,
      partial: fc.oneof({ weight: 5, arbitrary: some }, value),
      custom: fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({ whole: names, partial: some }, { requiredKeys: [], noNullPrototype: true })
        },
        value
      ),
      attributes: fc.oneof(
        { weight: 5, arbitrary: fc.tuple(some, some).map(([own, custom]) => ({ ...own, custom })) },
        value
      ),
      append: value,
      events: value,
      old_identifier: fc.oneof(who, value),
      new_identifier: fc.oneof(who, value)
    },
    { requiredKeys: [], noNullPrototype: true }
  )

  const identifying = [{ name: 'email', limit: 1 }, { name: 'uuid' }, { name: 'card', custom: true, limit: 1 }]
  const [memory] = openers

  law(
    'no value of a request stands in any key, path or message of an answer',
    fc.tuple(settings, fc.array(anyUser, { minLength: 1, maxLength: 6 })),
    async ([chosen, users]) => {
      if (memory === undefined) return false
      const { repository } = memory.open()
      const insider = createInsider({
        engine: engineAt(repository, 0),
        settings: { ...chosen, identifiers: identifying }
      })
      const batch: RequestBody = {
        value: { users: [{ identifiers: { uuid: marker }, attributes: { a: marker } }, ...users] }
      }
      const answers: unknown[] = [await insider.upsertUsers(batch), await insider.deleteAttributes(batch)]
      for (const each of users) {
        const one: RequestBody = { value: each }
        answers.push(await insider.updateIdentifier(one), await insider.deleteIdentifiers(one))
        answers.push(await insider.deleteUser(one))
        answers.push(await insider.anonymiseUser(one))
        const found = await insider.getUser({ value: { attributes: ['*'], ...each } })
        if (found._tag === 'Left') answers.push(found)
        const bytes = new TextEncoder().encode(`{"users":${JSON.stringify(each)}`)
        answers.push(await insider.deleteAttributes(bytes))
      }
      return !JSON.stringify(answers).includes(marker)
    },
    300
  )
})
