import type { Engine, ExplainedLine, ImportReport, Policies, UserPointId } from '@userpoint/core'
import { fromStored, type StoredUserPoint, suggestedHyperPointLimits } from '@userpoint/core/user-point'
import { type DocumentType, encodeUserPoint } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { law } from '../../../packages/core/test/laws/law.ts'
import { same } from '../../../packages/core/test/laws/predicates.ts'
import { document, engineAt, live, openers, past } from './past.ts'
import { documents, importText } from './store.ts'

type Path = ReadonlyArray<string | number>
type State = Map<string, unknown>

/** The stored documents, expired memberships included: an explanation covers these too. */
const stateOf = async (repository: Repository): Promise<State> => {
  const state: State = new Map()
  for (const { id, body } of await documents(repository)) {
    state.set(id, encodeUserPoint({ id: id as UserPointId, point: fromStored(body as StoredUserPoint) }))
  }
  return state
}

const ownValue = (value: unknown, key: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined

const at = (value: unknown, path: Path): unknown => path.reduce(ownValue, value)

/** The value with another one, or nothing, at a place; no code of core has a part in it. */
const withAt = (value: unknown, [key, ...rest]: Path, fresh: unknown): unknown => {
  if (key === undefined) return fresh
  const inner = withAt(ownValue(value, key), rest, fresh)
  if (Array.isArray(value)) return value.map((each, i) => (i === key ? inner : each))
  const others = Object.entries(value as object).filter(([each]) => each !== key)
  return Object.fromEntries(inner === undefined ? others : [...others, [key, inner]])
}

/** Returns the state after an explained line; throws if the explanation is wrong. */
const foretold = (state: State, { changes, verdict }: ExplainedLine): State => {
  const next = new Map(state)
  if (verdict._tag !== 'Applied' && changes.length > 0) throw new Error('a line that is not applied changes something')
  for (const { userPoint, kind, differences } of changes) {
    const had = state.has(userPoint)
    if (had !== (kind !== 'Created')) throw new Error(`it is not true that it is ${kind}`)
    let value = state.get(userPoint)
    for (const { path, before, after } of differences) {
      if (!same(at(value, path), before)) throw new Error(`it was not so before at ${JSON.stringify(path)}`)
      if (same(before, after)) throw new Error('a difference between equal values')
      value = withAt(value, path, after)
    }
    if ((value === undefined) !== (kind === 'Deleted')) throw new Error(`it is not ${kind}`)
    if (value === undefined) next.delete(userPoint)
    else next.set(userPoint, value)
  }
  return next
}

const explain = async (engine: Engine<DocumentType>, type: DocumentType, text: string, linesPerUnit = 1_000) => {
  const lines: ExplainedLine[] = []
  const outcome = await engine.explainDocument(type, new TextEncoder().encode(text), {
    linesPerUnit,
    onExplained: (some) => {
      lines.push(...some)
    }
  })
  if (outcome._tag === 'Left') throw new Error(outcome.left.error._tag, { cause: outcome.left.error })
  const report: ImportReport = outcome.right
  return { lines, report }
}

const policies: fc.Arbitrary<Partial<Policies>> = fc.record(
  {
    arrays: fc.constantFrom('concat', 'union'),
    profileDeleteScope: fc.constantFrom('key', 'all'),
    quarantine: fc.constant({ segments: 1 }),
    hyperPoint: fc.constant({ ...suggestedHyperPointLimits, identifiers: 2 }),
    limits: fc.constant({ identifiers: 4, attachments: 3, profileBytes: 80, arrayLength: 2 }),
    systemVersion: fc.constantFrom('v201709', 'v202205')
  },
  { requiredKeys: [], noNullPrototype: true }
)

describe('explain', () => {
  for (const { name, open, runs } of openers) {
    law(
      `[L-25] on ${name}: says exactly what the import then does, and leaves the store as it is`,
      fc.tuple(past, document(25), policies, fc.constantFrom(1, 2, 1_000), fc.constantFrom(1, 3, 1_000)),
      async ([before, { type, text }, chosen, some, others]) => {
        const { repository, dump, close } = open()
        try {
          await live(repository, before)
          const untouched = await dump()
          const start = await stateOf(repository)
          const told = await explain(engineAt(repository, 500, chosen), type, text, some)
          if (!same(await dump(), untouched)) throw new Error('it wrote')
          const done = await importText(engineAt(repository, 500, chosen), type, text, { linesPerUnit: others })
          const end = await stateOf(repository)
          return (
            same(
              told.lines.map(({ index, line, verdict }) => ({ index, line, verdict })),
              done.verdicts
            ) &&
            same(told.report, done.report) &&
            same(told.lines.reduce(foretold, start), end)
          )
        } finally {
          close()
        }
      },
      runs
    )

    it(`on ${name}: shows each place of a change, before and after`, async () => {
      const { repository, close } = open()
      const upsert = (fields: object) => JSON.stringify({ operation: 'UPSERT', email_hash: 'h', ...fields })
      await importText(
        engineAt(repository, 0),
        'USER_PROFILE',
        upsert({ force_replace: true, user_profile: { city: 'Lund', tags: ['a'], n: 1 } })
      )
      const text = [
        upsert({ force_replace: false, user_profile: { city: 'Oslo', tags: ['b'] } }),
        upsert({ update_strategy: 'PARTIAL_DELETE', user_profile: { n: 0, tags: ['b'] } }),
        upsert({ force_replace: 'yes', user_profile: {} }),
        JSON.stringify({ operation: 'UPSERT', email_hash: 'new', force_replace: true, user_profile: {} })
      ].join('\n')
      const { lines } = await explain(engineAt(repository, 10), 'USER_PROFILE', text)
      const [first, second, third, fourth] = lines
      const profile = ['profiles', 0]
      expect(first?.changes).toMatchObject([
        {
          kind: 'Changed',
          differences: [
            { path: [...profile, '$last_modified_ts'] },
            { path: [...profile, 'city'], before: 'Lund', after: 'Oslo' },
            { path: [...profile, 'tags', 0], before: 'a', after: 'b' }
          ]
        }
      ])
      expect(second?.changes[0]?.differences).toEqual([
        { path: [...profile, 'tags'], before: ['b'], after: [] },
        { path: [...profile, 'n'], before: 1 }
      ])
      expect(third).toMatchObject({ verdict: { _tag: 'Rejected' }, changes: [] })
      expect(fourth?.changes).toMatchObject([
        { kind: 'Created', differences: [{ path: [], after: { profiles: [{}] } }] }
      ])
      const { lines: gone } = await explain(
        engineAt(repository, 10),
        'USER_POINTS_DELETION',
        '{"type":"USER_EMAIL","hash":"h"}{"type":"USER_EMAIL","hash":"h"}'
      )
      expect(gone.map(({ verdict, changes }) => [verdict._tag, changes.map(({ kind }) => kind)])).toEqual([
        ['Applied', ['Deleted']],
        ['NoOp', []]
      ])
      expect(gone[0]?.changes[0]?.differences).toMatchObject([{ path: [], before: { profiles: [{ city: 'Lund' }] } }])
      close()
    })

    it(`[L-25] on ${name}: a later unit of work sees what an earlier one would have done, by id and by identifier`, async () => {
      const { repository, close } = open()
      await importText(
        engineAt(repository, 0),
        'USER_PROFILE',
        '{"operation":"UPSERT","email_hash":"h","force_replace":true,"user_profile":{}}'
      )
      const id = [...(await stateOf(repository)).keys()][0]
      const byId = JSON.stringify({ type: 'USER_POINT', user_point_id: id })
      const text = [byId, byId, '{"type":"USER_EMAIL","hash":"h"}'].join('\n')
      const { lines } = await explain(engineAt(repository, 10), 'USER_POINTS_DELETION', text, 1)
      expect(lines.map(({ verdict, changes }) => [verdict._tag, changes.length])).toEqual([
        ['Applied', 1],
        ['NoOp', 0],
        ['NoOp', 0]
      ])
      close()
    })

    it(`on ${name}: a job rejection changes nothing, and says so of every line`, async () => {
      const { repository, close } = open()
      await importText(
        engineAt(repository, 0),
        'USER_SEGMENT',
        '{"operation":"UPDATE","email_hash":"h","segment_id":1,"expiration_duration":0}'
      )
      const text = '{"type":"USER_EMAIL","hash":"h"}\n{"type":"USER_AGENT","user_agent_id":"udp:1"}'
      const { lines, report } = await explain(engineAt(repository, 10), 'USER_IDENTIFIERS_DELETION', text)
      expect(report).toMatchObject({ status: 'JobRejected', rejected: 2 })
      expect(lines.flatMap(({ changes }) => changes)).toEqual([])
      close()
    })
  }
})
