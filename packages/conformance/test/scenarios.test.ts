/** Tests that the scenarios cover the table of rules, hold on a correct store, and have no useless expectation. */
import { readFileSync } from 'node:fs'
import { env } from 'node:process'
import { budgetFrom, RequirementViolated } from '@userpoint/conformance'
import type { Json, JsonObject, Stored } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { obligationRequirements } from '../src/behaviour/obligations.ts'
import { type Scenario, scenarioRequirement } from '../src/behaviour/scenario.ts'
import type { Step, Story } from '../src/behaviour/story.ts'
import { scenarioRequirements, scenarios } from '../src/behaviour/scenarios/index.ts'
import { byHash, people, profiles, stored, upsert } from '../src/behaviour/scenarios/steps.ts'
import { type BrokenStore, harnessOf } from './broken/small-store.ts'

const small = harnessOf({ name: 'small' })
const budget = { runs: 1, seed: 1, shrink: true }

const violationOf = async (scenario: Scenario, harness = small): Promise<RequirementViolated | undefined> => {
  try {
    await scenarioRequirement(scenario).run(harness, budget)
    return undefined
  } catch (error) {
    if (error instanceof RequirementViolated) return error
    throw error
  }
}

describe('the table of rules', () => {
  const table = readFileSync(new URL('../../../docs/semantics/rules.md', import.meta.url), 'utf8')
  const rules = [...table.matchAll(/^\| \[([AB]-\d\d)\]/gm)].map(([, rule]) => rule)
  // Tokens, partners and limits of rate are the server's, and no scenario lists attributes: their packages test them.
  const overHttp: ReadonlySet<string> = new Set(['B-22', 'B-23', 'B-24', 'B-37'])
  const laws = new Set([...scenarioRequirements, ...obligationRequirements].map(({ law }) => law))

  test('has the rules of both vendors', () => {
    expect(rules.filter((rule) => rule?.startsWith('A')).length).toBeGreaterThanOrEqual(40)
    expect(rules.filter((rule) => rule?.startsWith('B')).length).toBeGreaterThanOrEqual(37)
  })

  test('has a scenario for each rule, and for each rule without an id', () => {
    expect(laws).toEqual(
      new Set([...rules.filter((rule) => !overHttp.has(rule ?? '')), 'segments', 'choices', 'scenarios'])
    )
  })

  test('has scenarios with unique keys and sentences', () => {
    expect(new Set(scenarios.map(({ key }) => key)).size).toBe(scenarios.length)
    for (const { key, sentence } of scenarios) {
      expect(key).toMatch(/^[A-Za-z0-9-]+\.[a-z-]+$/)
      expect(sentence, key).toMatch(/^[^A-Z].*[^.]$/)
    }
  })
})

describe('on a correct store', () => {
  test.each(scenarioRequirements)('[$law] $sentence ($key)', async ({ run }) => {
    await run(small, budget)
  })
})

/** The optional fields of an expectation. */
const optional = new Set(['id', 'insider_id', 'createdAt', 'times', 'line', 'effect', 'errors'])

/** The mandatory fields of an expectation. */
const required = new Set(['verdict', 'verdicts', 'refused', 'agents', 'attributes', 'code', 'lines', 'indices'])

const isEmptyList = (value: Json | undefined): boolean => Array.isArray(value) && value.length === 0

/** The first, the last and the middle of long lists are enough. */
const placesOf = (list: ReadonlyArray<unknown>): ReadonlyArray<number> =>
  list.length <= 20 ? [...list.keys()] : [0, list.length >> 1, list.length - 1]

/** Returns variants of a value, with one change each. */
function* alterations(value: Json, within = ''): Generator<Json> {
  if (typeof value === 'string') {
    if (/^(Rejected|NoOp) /.test(value)) yield 'Applied'
    else yield value === 'Applied' ? 'NoOp UNCHANGED' : `${value}x`
  } else if (typeof value === 'number') yield value === 0 ? 1 : 0
  else if (typeof value === 'boolean') yield !value
  else if (value === null) yield 0
  else if (Array.isArray(value)) {
    const list: ReadonlyArray<Json> = value
    for (const place of placesOf(list)) {
      yield list.toSpliced(place, 1)
      for (const other of alterations(list[place] ?? null)) yield list.with(place, other)
    }
  } else {
    const object = value as JsonObject
    for (const [key, inner] of Object.entries(object)) {
      const rest = Object.entries(object).filter(([name]) => name !== key)
      const isOptional = optional.has(key) || optional.has(within) || isEmptyList(inner)
      if (!isOptional && !required.has(key)) yield Object.fromEntries(rest)
      for (const other of alterations(inner, key)) yield Object.fromEntries([...rest, [key, other]])
    }
  }
}

const somebodyElse = { emailHashes: ['somebody else'] }

/** Returns variants of a story, each with one altered expectation. */
function* alteredStories(story: Story): Generator<Story> {
  for (const [place, step] of story.steps.entries()) {
    for (const expected of step.expect === null ? [{ attributes: {} }] : alterations(step.expect as unknown as Json)) {
      yield { ...story, steps: story.steps.with(place, { ...step, expect: expected } as unknown as Step) }
    }
  }
  for (const expected of alterations(story.people as unknown as Json)) {
    yield { ...story, people: expected as unknown as Story['people'] }
  }
  yield { ...story, people: [...story.people, somebodyElse] }
  for (const [place, person] of story.people.slice(0, 3).entries()) {
    const { emailHashes = [], profiles: known = {} } = person
    for (const more of [{ emailHashes: [...emailHashes, 'another'] }, { profiles: { ...known, another: {} } }]) {
      yield { ...story, people: story.people.with(place, { ...person, ...more }) }
    }
    if (emailHashes[0] !== undefined) yield { ...story, nowhere: [byHash(emailHashes[0])] }
  }
}

const storyOf = (scenario: Scenario): Story => {
  if (scenario.steps !== undefined) return scenario
  const [story] = fc.sample(scenario.stories, { seed: 1, numRuns: 1 })
  if (story === undefined) throw new Error('there is no story')
  return story
}

/** Returns an even sample of this size. */
const someOf = <A>(all: ReadonlyArray<A>, count: number): ReadonlyArray<A> =>
  all.filter((_, index) => Math.floor((index * count) / all.length) !== Math.floor(((index - 1) * count) / all.length))

// All of them, some 6,600, hold too: set USERPOINT_RUNS to look at more.
const looks = 6 * (budgetFrom(env).runs ?? 1)

describe('a scenario fails if one of its expectations is altered', () => {
  test.each(scenarios)('$key', async (scenario) => {
    const { key, sentence } = scenario
    const all = [...alteredStories(storyOf(scenario))]
    expect(all.length).toBeGreaterThan(1)
    for (const story of someOf(all, looks)) {
      const violation = await violationOf({ key, sentence, ...story })
      expect(violation?.violation.what, `alteration ${all.indexOf(story)}`).toMatch(/^by (?!.*was thrown)/)
    }
  })
})

describe('a failure', () => {
  const secret = 'a value of the line'
  const scenario: Scenario = {
    key: 'A-31.broken',
    sentence: 'what is said here does not hold',
    steps: [
      stored(upsert({ email_hash: secret }, { city: secret })),
      profiles([upsert({ email_hash: secret }, { city: secret }), { operation: secret }], ['Applied', 'Applied'])
    ],
    people: []
  }

  test('names the step, the command and both verdicts, and prints the calls', async () => {
    const violation = await violationOf(scenario)
    expect(violation?.violation.what).toBe(
      "by one engine, step 2 (Import USER_PROFILE): command 2: 'Rejected UNSUPPORTED_OPERATION at operation' instead of 'Applied'"
    )
    expect(violation?.violation.code).toContain('await store.commit([{')
  })

  test.each([
    { people: [{ emailHashes: ['other'], profiles: { '0': { city: 'x' } } }] },
    { people: [{ emailHashes: [secret], profiles: { '0': { city: 'x' } } }] },
    { people: [] },
    { people: [{ emailHashes: [secret], profiles: { '0': { city: secret } } }], nowhere: [byHash(secret)] }
  ])('does not print a value, %#', async (story) => {
    const violation = await violationOf({ ...scenario, steps: scenario.steps?.slice(0, 1) ?? [], ...story })
    expect(violation?.violation.what).toMatch(/^by one engine, in the end: /)
    expect(violation?.violation.what).not.toContain(secret)
  })
})

/** Copies an object by assigning keys, a common mistake. */
const assigned = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as ReadonlyArray<Json>).map(assigned)
  const copy: Record<string, Json> = {}
  for (const [key, inner] of Object.entries(value)) copy[key] = assigned(inner)
  return copy
}

const revived = (revive: (value: unknown) => unknown) => (text: string) =>
  JSON.parse(text, (_, value: unknown) => revive(value)) as JsonObject

const brokenStores: ReadonlyArray<Omit<BrokenStore, 'breaks'> & { readonly caughtBy: string }> = [
  { name: 'folds the case of claims', caughtBy: 'A-30.twins', parts: { claimKey: (claim) => claim.toLowerCase() } },
  { name: 'composes claims', caughtBy: 'B-18.patterns', parts: { claimKey: (claim) => claim.normalize('NFC') } },
  { name: 'trims claims', caughtBy: 'A-30.twins', parts: { claimKey: (claim) => claim.trim() } },
  { name: 'cuts claims', caughtBy: 'A-01.beyond-numbers', parts: { claimKey: (claim) => claim.slice(0, 45) } },
  { name: 'loses keys', caughtBy: 'B-29.names', parts: { encode: (body) => JSON.stringify(assigned(body)) } },
  {
    name: 'rounds numbers',
    caughtBy: 'A-47.numbers',
    parts: { decode: revived((value) => (typeof value === 'number' ? Number(value.toPrecision(15)) : value)) }
  },
  {
    name: 'composes text',
    caughtBy: 'B-11.equal',
    parts: { decode: revived((value) => (typeof value === 'string' ? value.normalize('NFC') : value)) }
  },
  {
    name: 'keeps no null',
    caughtBy: 'A-21.overrides',
    parts: { decode: revived((value) => value ?? undefined) }
  },
  {
    name: 'forgets releases',
    caughtBy: 'A-16.released',
    wrap: (correct) => ({
      ...correct,
      commit: (writes) =>
        correct.commit(writes.map((write) => (write.body === undefined ? write : { ...write, release: [] })))
    })
  },
  {
    name: 'releases nothing of the deleted',
    caughtBy: 'A-19.by-any',
    wrap: (correct) => ({
      ...correct,
      commit: (writes) =>
        correct.commit(writes.map((write) => (write.body === undefined ? { ...write, release: [] } : write)))
    })
  },
  {
    name: 'writes the first of a batch',
    caughtBy: 'A-38.oldest',
    wrap: (correct) => ({ ...correct, commit: (writes) => correct.commit(writes.slice(0, 1)) })
  },
  {
    name: 'scans without the last',
    caughtBy: 'A-16.swept',
    wrap: (correct) => ({
      ...correct,
      scan: async function* (kind, options) {
        const all: Array<Stored> = []
        for await (const one of correct.scan(kind, options)) all.push(one)
        yield* all.slice(0, Math.max(1, all.length - 1))
      }
    })
  }
]

describe('a broken store is caught if it', () => {
  test.each(brokenStores)('$name', async ({ caughtBy, ...store }) => {
    const scenario = scenarios.find(({ key }) => key === caughtBy)
    expect(scenario && (await violationOf(scenario, harnessOf(store)))).toBeInstanceOf(RequirementViolated)
  })
})

test('a story may check people between its steps', async () => {
  const steps = [
    stored(upsert({ email_hash: 'a' })),
    people([{ emailHashes: ['a'], profiles: { '0': {} } }], [byHash('b')])
  ]
  const about = { key: 'A-31.between', sentence: 'people are there' }
  expect(
    await violationOf({ ...about, steps, people: [{ emailHashes: ['a'], profiles: { '0': {} } }] })
  ).toBeUndefined()
})
