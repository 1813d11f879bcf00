import { DatabaseSync } from '@photostructure/sqlite'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import { createSqliteRepository } from '@userpoint/adapter-sqlite'
import {
  createEngine,
  type DocumentInput,
  type Engine,
  type ExecutionId,
  type ExecutionReport,
  type ImportReport,
  type UserPoint,
  type LineVerdict,
  parseExecutionId
} from '@userpoint/core'
import { type DocumentType, documentTypes, mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { documentText } from '@userpoint/conformance/arbitraries'
import { law } from '../../../packages/core/test/laws/law.ts'
import { withMomentsInOrder } from '../../../packages/core/test/laws/moments.ts'
import { importText } from './store.ts'
import { plans, type Scene, sha256, stage, type Trouble, verdictBytes } from './interruptions.ts'

const id = parseExecutionId('nightly') as ExecutionId

interface Given {
  /** The documents that are imported first, so that there is data to change and to delete, with several identifiers. */
  readonly past: string
  readonly joined: string
  readonly type: DocumentType
  readonly text: string
  readonly framing: 'lenient' | 'strict'
  readonly plan: ReadonlyArray<Trouble>
  /** The lines per unit and the bytes per piece of each run. */
  readonly units: ReadonlyArray<number>
  readonly pieces: ReadonlyArray<number>
}

const three = <A>(values: fc.Arbitrary<A>): fc.Arbitrary<ReadonlyArray<A>> =>
  fc.array(values, { minLength: 3, maxLength: 3 })

const given: fc.Arbitrary<Given> = fc.constantFrom(...documentTypes, 'USER_PROFILE' as const).chain((type) =>
  fc.record({
    past: documentText('USER_PROFILE', { maxLength: 10 }),
    joined: documentText('USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', { maxLength: 6 }),
    type: fc.constant(type),
    text: documentText(type, { maxLength: 25 }),
    framing: fc.constantFrom('lenient', 'lenient', 'strict'),
    plan: plans,
    units: three(fc.integer({ min: 1, max: 6 })),
    pieces: three(fc.constantFrom(1, 7, 100, 100_000))
  })
)

// Ids that no line of these documents names, in order of time: a try that did not land has used some up.
const unnamedIds = () => {
  let n = 1_000_000
  return () => `01${(n++).toString(16).padStart(6, '0')}-0000-7000-8000-000000000000`
}

const engineOf = (repository: Repository, newId: () => string) =>
  createEngine({
    dialect: mediarithmics,
    repository,
    newId,
    clock: () => 1_700_000_000_000,
    attempts: 4,
    // A purge in the background would outlive the run that dies, as no process outlives itself.
    purge: 'manual'
  })

/** The user points in the order in which they were made, each device point and each former id as the number of its place. */
const peopleOf = async (repository: Repository): Promise<ReadonlyArray<unknown>> => {
  const numbers = new Map<string, number>()
  const numbered = <Id extends string>(of: Id): Id => {
    const number = numbers.get(of) ?? numbers.size
    numbers.set(of, number)
    return number as unknown as Id
  }
  const people: UserPoint[] = []
  for await (const { point } of engineOf(repository, unnamedIds()).userPoints()) {
    people.push({
      ...point,
      devicePoints: point.devicePoints.map((device) => ({
        ...device,
        id: numbered(device.id),
        ...(device.formerIds !== undefined && { formerIds: device.formerIds.map(numbered) })
      })),
      formerIds: point.formerIds.map(numbered)
    })
  }
  return withMomentsInOrder(people)
}

const cut = (text: string, size: number): DocumentInput => {
  const bytes = new TextEncoder().encode(text)
  return () =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

const countsOf = ({
  type,
  lines,
  applied,
  noOp,
  rejected,
  rejections,
  warned,
  lastLine,
  jobRejection
}: ImportReport) => ({
  type,
  lines,
  applied,
  noOp,
  rejected,
  rejections,
  warned,
  lastLine,
  jobRejection
})

interface Outcome {
  readonly people: ReadonlyArray<unknown>
  readonly counts: object
  readonly verdicts: string
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const live = async (engine: Engine<DocumentType>, { past, joined }: Given): Promise<void> => {
  await importText(engine, 'USER_PROFILE', past)
  await importText(engine, 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS', joined)
}

/** Returns the result of a single import without an execution. */
const clean = async (repository: Repository, wanted: Given): Promise<Outcome> => {
  const { type, text, framing } = wanted
  const engine = engineOf(repository, unnamedIds())
  await live(engine, wanted)
  const verdicts: LineVerdict[] = []
  const outcome = await engine.importDocument(type, new TextEncoder().encode(text), {
    framing,
    onVerdicts: (some) => {
      verdicts.push(...some)
    }
  })
  if (outcome._tag === 'Left') throw new Error(outcome.left.error._tag)
  return {
    people: await peopleOf(repository),
    counts: countsOf(outcome.right),
    verdicts: textOf(verdictBytes(verdicts))
  }
}

/** One run; `undefined`: it came to no end. */
const runOnce = async (
  { repository, sink, signal, death }: Scene,
  newId: () => string,
  { type, text, framing, units, pieces }: Given,
  n: number
): Promise<ExecutionReport | undefined> => {
  const engine = engineOf(repository, newId)
  const died = death()
  const run = engine.runExecution(id, type, cut(text, pieces[n % 3] as number), {
    framing,
    linesPerUnit: units[n % 3] as number,
    signal,
    createHash: sha256,
    verdictSink: sink
  })
  try {
    const outcome = await Promise.race([run, died])
    if (outcome === 'died') return undefined
    if (outcome._tag === 'Left') {
      expect(['StoreFailed', 'Contention', 'Indeterminate', 'ExecutionSuperseded']).toContain(outcome.left.error._tag)
      return undefined
    }
    return outcome.right.status === 'Stopped' ? undefined : outcome.right
  } catch (error) {
    expect(error).toMatchObject({ message: 'no space' })
    return undefined
  }
}

/** Runs until the execution has finished. */
const interrupted = async (repository: Repository, wanted: Given): Promise<Outcome> => {
  const newId = unnamedIds()
  await live(engineOf(repository, newId), wanted)
  const scene = stage(repository, wanted.plan)
  let report: ExecutionReport | undefined
  let runs = 0
  for (; report === undefined; runs++) {
    if (runs > wanted.plan.length + 1) throw new Error('it never ends')
    report = await runOnce(scene, newId, wanted, runs)
  }
  // Once more: there is nothing left to do, and the same to say.
  const again = await runOnce(scene, newId, wanted, runs)
  expect(again?.wasFinal).toBe(true)
  expect(again?.execution).toEqual(report.execution)
  expect(countsOf(again as ExecutionReport)).toEqual(countsOf(report))
  expect(report.execution?.verdictsLength).toBe(scene.output().length)
  return {
    people: await peopleOf(repository),
    counts: countsOf(report),
    verdicts: textOf(scene.output())
  }
}

const isAsImportedAtOnce = async (wanted: Given, repository: Repository): Promise<void> => {
  expect(await interrupted(repository, wanted)).toEqual(await clean(createMemoryRepository(), wanted))
}

describe('an execution that is interrupted at random, and run again until it ends', () => {
  law(
    '[L-30, L-31] on memory, is as if it had been imported at once',
    given,
    (wanted) => isAsImportedAtOnce(wanted, createMemoryRepository()),
    200
  )

  law(
    '[L-30, L-31] on SQLite, is as if it had been imported at once',
    given,
    async (wanted) => {
      const database = new DatabaseSync(':memory:')
      await isAsImportedAtOnce(wanted, createSqliteRepository(database))
      database.close()
    },
    40
  )
})
