/** One history over several stores gives one digest: the adapter under test is compared with the suite's own reference. */
import type { Json } from '@userpoint/core'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { codeOf, history, type HistoryStep } from '../arbitraries/history.ts'
import { print } from '../code.ts'
import { canonical, difference, fail } from '../compare.ts'
import type { Harness } from '../harness.ts'
import type { Requirement } from '../requirement.ts'
import { requirement } from '../trial.ts'
import { peopleOf, run, type Setting, setting } from './record.ts'
import { createReferenceRepository } from './reference.ts'

interface Told {
  readonly steps: ReadonlyArray<HistoryStep>
  readonly setting: Setting
}

const told: fc.Arbitrary<Told> = fc.record({ steps: history({ maxSteps: 16 }), setting: setting() })

const mask = (1n << 64n) - 1n

/** FNV-1a over UTF-16 code units, carried on from `state`. */
const hashed = (text: string, state: bigint): bigint => {
  let hash = state
  for (let at = 0; at < text.length; at++) hash = ((hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n) & mask
  return hash
}

/** The number of histories in a digest, and their seed. */
export interface DigestOptions {
  /** The number of histories; default: 60. */
  readonly runs?: number
  /** Default: 1. */
  readonly seed?: number
}

/**
 * Returns a digest of random histories over a store: of every verdict, every report and the final content. All stores that
 * conform have the same digest; others may have a different one. Other versions of this package have other histories, and so
 * other digests.
 *
 * @returns 16 hexadecimal digits.
 */
export const digestOf = async (harness: Harness, { runs = 60, seed = 1 }: DigestOptions = {}): Promise<string> => {
  let state = 0xcbf29ce484222325n
  for (const { steps, setting: chosen } of fc.sample(told, { numRuns: runs, seed })) {
    const store = await harness.open()
    try {
      state = hashed(canonical(await run(store.repository, steps, chosen)), state)
      state = hashed(canonical(await peopleOf(store.repository)), state)
    } finally {
      await store.dispose()
    }
  }
  return state.toString(16).padStart(16, '0')
}

const demandSame = (expected: Json | undefined, actual: Json | undefined, what: string): void => {
  const found = difference(expected, actual)
  if (found !== undefined) fail(`${what} ${found}`)
}

const demandReference = async (
  repository: Repository,
  { steps, setting: chosen }: Told,
  onStep: (step: HistoryStep) => void
): Promise<void> => {
  const reference = createReferenceRepository()
  const expected = await run(reference, steps, chosen)
  const actual = await run(repository, steps, chosen, onStep)
  for (const [index, outcome] of expected.entries()) {
    demandSame(outcome, actual[index], `step ${index + 1} answers otherwise than over the reference store,`)
  }
  demandSame(
    await peopleOf(reference),
    await peopleOf(repository),
    'what is stored is not what the reference store has,'
  )
}

/** The differential test of a store. */
export const differentialRequirements: ReadonlyArray<Requirement> = [
  requirement({
    key: 'differential.reference',
    sentence:
      'any history, right and wrong, under any policies, gives the same verdicts, reports and user points as over the reference store',
    check: async (trial) => {
      await trial.forAll(40, told, async (given) => {
        await trial.withStore(async (store) => {
          store.note(() => `const settings = ${print(given.setting.settings)}`)
          store.note(
            () =>
              `const engine = createEngine({ repository: store, clock: slowClock(), newId: mintIds(), purge: 'manual', policies: ${print(given.setting.policies)} })`
          )
          await demandReference(store.handle.repository, given, (step) => store.note(() => codeOf(step)))
        })
      })
    }
  })
]
