import { createMemoryRepository } from '@userpoint/adapter-memory'
import { history, type HistoryStep } from '@userpoint/conformance/arbitraries'
import { createEngine, type JsonObject, type Verdict } from '@userpoint/core'
import { encodeUserPoint, mediarithmics } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import { v7 } from 'uuid'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createUserpoint, type Done, type Line, UserpointRejected, type Userpoint } from '../src/index.ts'

type Person = JsonObject

const runs = Math.ceil(100 * Number(process.env.USERPOINT_RUNS ?? 1))

// Two stores have other ids and moments, so that only their order is the same.
const withoutIds = (person: Person): unknown =>
  JSON.parse(
    JSON.stringify(person, (key, value: unknown) =>
      /^(user_point_id|device_point_id|\$?(creation|last_modified)_ts)$/.test(key) ||
      (typeof value === 'string' && value.startsWith('udp:'))
        ? undefined
        : value
    )
  )

const sorted = (people: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  people.map((each) => JSON.stringify(each)).sort()

const gistOf = (verdict: Verdict): string =>
  verdict._tag === 'Rejected' ? verdict.code : verdict._tag === 'NoOp' ? verdict.reason : verdict.effect._tag

const gistOfDone = async (call: Promise<Done>): Promise<string> => {
  try {
    const done = await call
    if (done.outcome === 'noop') return done.reason
    return done.outcome === 'applied' ? done.effect._tag : done.outcome
  } catch (error) {
    if (error instanceof UserpointRejected) return error.code
    throw error
  }
}

const openCore = () =>
  createEngine({ dialect: mediarithmics, repository: createMemoryRepository(), clock: Date.now, newId: v7 })

const rightOf = <A>(outcome: { readonly _tag: 'Left' } | { readonly _tag: 'Right'; readonly right: A }): A => {
  if (outcome._tag === 'Left') throw new Error('the store failed')
  return outcome.right
}

/** Does a step through core and through the door; returns what each said. */
const perform = async (
  engine: ReturnType<typeof openCore>,
  people: Userpoint,
  step: HistoryStep
): Promise<{ readonly core: ReadonlyArray<string>; readonly door: ReadonlyArray<string> }> => {
  switch (step._tag) {
    case 'Document': {
      const [core, door]: [string[], string[]] = [[], []]
      const bytes = new TextEncoder().encode(step.text)
      await engine.importDocument(step.type, bytes, {
        onVerdicts: (some) => void core.push(...some.map(({ verdict }) => gistOf(verdict)))
      })
      await people.import(step.type, bytes, {
        onVerdicts: (some) => void door.push(...some.map(({ verdict }) => gistOf(verdict)))
      })
      return { core, door }
    }
    case 'Line':
      return {
        core: [gistOf(rightOf(await engine.runOne(step.type, step.line)))],
        door: [await gistOfDone(people.run(step.type, step.line as Line))]
      }
    case 'Commands':
      return {
        core: rightOf(await engine.execute(step.commands)).map(gistOf),
        door: (await people.execute(step.commands)).map(gistOf)
      }
    case 'Sweep': {
      const { seen, userPointsDeleted } = rightOf(await engine.sweep())
      const swept = await people.sweep()
      return { core: [`${seen} ${userPointsDeleted}`], door: [`${swept.seen} ${swept.userPointsDeleted}`] }
    }
    case 'Request':
      return { core: [], door: [] }
  }
}

describe('the door', () => {
  // Both must see the same moments, since memberships end by them.
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => vi.useRealTimers())

  test('does what core does, for any history', async () => {
    const steps = history({ steps: ['Document', 'Line', 'Commands', 'Sweep'] })
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const engine = openCore()
        const people = createUserpoint({ repository: createMemoryRepository() })
        for (const [at, step] of all.entries()) {
          vi.setSystemTime(1_700_000_000_000 + at * 1_000)
          const { core, door } = await perform(engine, people, step)
          expect(door).toEqual(core)
        }
        const [inCore, behindDoor]: [unknown[], unknown[]] = [[], []]
        for await (const subject of engine.userPoints()) inCore.push(withoutIds(encodeUserPoint(subject)))
        for await (const person of people.export()) behindDoor.push(withoutIds(person))
        expect(sorted(behindDoor)).toEqual(sorted(inCore))
      }),
      { numRuns: runs }
    )
  })
})
