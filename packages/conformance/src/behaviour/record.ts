/** The visible results of a history: the answer to each step, and the final content of the store. */
import type { Json, Policies } from '@userpoint/core'
import type { Repository, Stored } from '@userpoint/core/repository'
import fc from 'fast-check'
import { type HistoryOutcome, type HistoryStep, perform } from '../arbitraries/history.ts'
import { type CardSettings, identitySettings } from '../arbitraries/insider.ts'
import { policies } from '../arbitraries/policies.ts'
import { fail } from '../compare.ts'
import { userPoint } from '../writes.ts'
import { engineOver } from './engine.ts'

/** The policies of an engine and the settings of Insider's calls. */
export interface Setting {
  readonly policies: Partial<Policies>
  readonly settings: CardSettings
}

/** Generates policies and settings of every sort. */
export const setting = (): fc.Arbitrary<Setting> => fc.record({ policies: policies(), settings: identitySettings() })

const tagOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && '_tag' in value ? String(value._tag) : typeof value

/** An outcome as JSON; of a store's failure only its name, for what is in it is the store's own. */
const seenOf = ({ verdicts, answer }: HistoryOutcome): Json => {
  if (answer._tag === 'Right') return { verdicts, answer: answer.right ?? 'nothing' } as unknown as Json
  const tag = tagOf(answer.left)
  return { verdicts, failed: tag === 'Rejected' || tag === 'RequestRejected' ? answer.left : tag } as unknown as Json
}

/** Every user point's document, in the order of a scan. */
export const documentsOf = async (repository: Repository): Promise<ReadonlyArray<Stored>> => {
  const all: Array<Stored> = []
  for await (const stored of repository.scan(userPoint)) {
    all.push(stored)
    if (all.length > 100_000) fail('the scan does not end')
  }
  return all
}

/** Every user point, without versions: these count writes, which larger units of work save. */
export const peopleOf = async (repository: Repository): Promise<Json> =>
  (await documentsOf(repository)).map(({ id, body }) => ({ id, body }))

/** Runs a history through an engine of its own, and gives what each step answered. */
export const run = async (
  repository: Repository,
  steps: ReadonlyArray<HistoryStep>,
  { policies: chosen, settings }: Setting,
  onStep: (step: HistoryStep) => void = () => undefined
): Promise<ReadonlyArray<Json>> => {
  const engine = engineOver(repository, { policies: chosen })
  const outcomes: Array<Json> = []
  for (const step of steps) {
    onStep(step)
    outcomes.push(seenOf(await perform(engine, step, settings)))
  }
  return outcomes
}
