import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultBounds } from '../../src/command/decode-line.ts'
import { defaultPolicies } from '../../src/command/policies.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { mediarithmics } from '../../src/dialects/mediarithmics/document.ts'
import type { Frame } from '../../src/engine/input/framing.ts'
import { decodeFrame, type Line } from '../../src/engine/input/line.ts'
import type { Unit } from '../../src/engine/transaction/transaction.ts'
import { stepsOf, unitsOf } from '../../src/engine/import/units.ts'
import type { Repository } from '../../src/repository/index.ts'
import { besideClock } from './beside-clock.ts'
import { countingRuntime, fakeRepository } from './fake-repository.ts'

const decoding = {
  kind: mediarithmics.documents.USER_PROFILE,
  policies: defaultPolicies,
  bounds: defaultBounds
}

/** Returns a line of this length on each of these people; a number below 0 is a fault. */
const linesOn = (people: ReadonlyArray<number>, length = 100): ReadonlyArray<Line> =>
  people.map((person, index) => {
    const value = { operation: 'UPSERT', email_hash: String(person), force_replace: true, user_profile: {} }
    const place = { index, line: index + 1, start: index * length, length }
    const frame: Frame =
      person < 0
        ? { ...place, _tag: 'Fault', code: 'SYNTAX_ERROR' }
        : { ...place, _tag: 'Value', value, isNormal: true }
    return decodeFrame(frame, decoding)
  })

async function* inChunks(lines: ReadonlyArray<Line>, size: number): AsyncGenerator<ReadonlyArray<Line>, void> {
  for (let at = 0; at < lines.length; at += size) yield lines.slice(at, at + size)
}

const collect = async (units: AsyncIterable<Unit>): Promise<ReadonlyArray<Unit>> => {
  const all: Unit[] = []
  for await (const unit of units) all.push(unit)
  return all
}

const linesPerUnit = 4

const lengths = async (all: ReadonlyArray<Line>, grows = true): Promise<ReadonlyArray<number>> =>
  (await collect(unitsOf(stepsOf(inChunks(all, linesPerUnit), linesPerUnit, () => grows)))).map(
    ({ lines }) => lines.length
  )

const onOne = (lines: number): ReadonlyArray<number> => Array.from({ length: lines }, () => 7)

describe('units of work', () => {
  it('have every line once, in order, and fewer people than three chunks have lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -2, max: 30 }), { maxLength: 200 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        async (people, size, chunk, grows) => {
          const all = linesOn(people)
          const units = await collect(unitsOf(stepsOf(inChunks(all, chunk), size, () => grows)))
          expect(units.flatMap(({ lines }) => lines)).toEqual(all)
          for (const { lines, references } of units) {
            const named = lines.flatMap(({ decoded }) =>
              decoded._tag === 'Command' && decoded.command._tag === 'UpsertProfile' ? [decoded.command.reference] : []
            )
            expect(references.size).toBe(new Set(named.map((reference) => JSON.stringify(reference))).size)
            expect(references.size).toBeLessThanOrEqual(3 * size)
            expect(lines.length).toBeLessThanOrEqual(grows ? 10 * size : size)
          }
        }
      )
    )
  })

  it('grow while their lines are on few people, up to ten times', async () => {
    expect(await lengths(linesOn(onOne(30)))).toEqual([30])
    expect(await lengths(linesOn(onOne(90)))).toEqual([40, 40, 10])
    expect(await lengths(linesOn([1, 2, 3, 4, 5, 6, 7, 8]))).toEqual([4, 4])
    expect(await lengths(linesOn([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8]))).toEqual([16])
    expect(await lengths(linesOn([1, 1, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7]))).toEqual([8, 4])
    expect(await lengths(linesOn([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 11]))).toEqual([16, 1])
  })

  it('do not grow where it is said how many lines they have, nor beyond so much text', async () => {
    expect(await lengths(linesOn(onOne(10)), false)).toEqual([4, 4, 2])
    expect(await lengths(linesOn(onOne(12), 200_000))).toEqual([8, 4])
  })

  it('are given before what ends their source is thrown', async () => {
    const chunks = async function* () {
      yield linesOn(onOne(4))
      throw new RangeError('gone')
    }
    const units: number[] = []
    const reading = async () => {
      const steps = stepsOf(chunks(), linesPerUnit, () => true)
      for await (const { lines } of unitsOf(steps)) units.push(lines.length)
    }
    await expect(reading()).rejects.toThrow('gone')
    expect(units).toEqual([4])
  })

  it('grow no more once another writer has changed the people in them', async () => {
    const fake = fakeRepository({ loads: [[], [], [], []] })
    let commits = 0
    const repository = besideClock(fake, { commit: () => ({ _tag: commits++ === 1 ? 'Conflict' : 'Committed' }) })
    const line = '{"operation":"UPSERT","email_hash":"a","force_replace":true,"user_profile":{}}\n'
    const engine = createEngine({ dialect: mediarithmics, repository, ...countingRuntime() })
    const units: number[] = []
    const onVerdicts = (verdicts: ReadonlyArray<unknown>): void => void units.push(verdicts.length)
    await engine.importDocument('USER_PROFILE', new TextEncoder().encode(line.repeat(17_000)), { onVerdicts })
    expect(units).toEqual([5_000, 5_000, 5_000, 500, 500, 500, 500])
  })

  it.each([
    ['that says nothing of units', {}, {}, [1_500]],
    ['whose store says how many lines are best', { linesPerUnit: 100 }, {}, [1_000, 500]],
    ['that says how many lines they have', { linesPerUnit: 100 }, { linesPerUnit: 600 }, [600, 600, 300]]
  ])('of an import %s', async (_, manifest, options, expected) => {
    const fake = fakeRepository()
    const repository: Repository = {
      ...fake,
      manifest: { ...fake.manifest, ...manifest },
      commit: () => ({ _tag: 'Committed' })
    }
    const line = '{"operation":"UPSERT","email_hash":"a","force_replace":true,"user_profile":{}}\n'
    const engine = createEngine({ dialect: mediarithmics, repository, ...countingRuntime() })
    const units: number[] = []
    const onVerdicts = (verdicts: ReadonlyArray<unknown>): void => void units.push(verdicts.length)
    await engine.importDocument('USER_PROFILE', new TextEncoder().encode(line.repeat(1_500)), {
      ...options,
      onVerdicts
    })
    expect(units).toEqual(expected)
  })
})
