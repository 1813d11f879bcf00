/** The story of each campaign: documents about a few people, and what there must be once all of them are applied, each line once. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createMemoryRepository } from '@userpoint/adapter-memory'
import {
  createEngine,
  type Engine,
  type ExecutionFailure,
  type ExecutionReport,
  parseExecutionId
} from '@userpoint/core'
import { type DocumentType, mediarithmics } from '@userpoint/core/mediarithmics'
import type { Repository } from '@userpoint/core/repository'
import { v7 } from 'uuid'
import { type Chance, pause, within } from './chance.ts'
import { openVerdictFile } from './verdict-file.ts'

export interface Document {
  readonly type: DocumentType
  readonly bytes: Uint8Array
}

/** People as text, the counts of the reports, and the bytes of the verdict files. */
export interface Result {
  readonly people: string
  readonly counts: string
  readonly verdicts: string
}

const document = (type: DocumentType, lines: ReadonlyArray<object | string>): Document => ({
  type,
  bytes: new TextEncoder().encode(
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')
  )
})

/** Appends, so that a line that is applied twice, or never, is seen. Some lines are wrong. */
export const appends = (lines: number, people: number, chance: Chance, from = 0): Document =>
  document(
    'USER_PROFILE',
    Array.from({ length: lines }, (_, n) =>
      n % 97 === 13
        ? '{"operation":"UPSERT"'
        : {
            operation: 'UPSERT',
            email_hash: `hash-${chance.below(people)}`,
            force_replace: false,
            merge_objects: true,
            user_profile: { seen: [from + n], note: 'neutral '.repeat(4) }
          }
    )
  )

export const erasures = (people: number): Document =>
  document(
    'USER_POINTS_DELETION',
    Array.from({ length: people }, (_, n) => ({ type: 'USER_EMAIL', hash: `hash-${n * 3}` }))
  )

export const engineOver = (repository: Repository, clock: () => number = Date.now): Engine<DocumentType> =>
  createEngine({
    dialect: mediarithmics,
    repository,
    purge: 'manual',
    clock,
    newId: v7,
    random: Math.random,
    sleep: (milliseconds) => pause(Math.min(milliseconds, 50))
  })

const sha256 = () => {
  const hash = createHash('sha256')
  return { update: (bytes: Uint8Array) => hash.update(bytes), digest: () => hash.digest('hex') }
}

export interface Run {
  readonly id: string
  readonly document: Document
  readonly verdicts: string
  readonly input?: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly linesPerUnit?: number
}

/** The longest that one run may take, in milliseconds: far longer than on a slow machine, since only what hangs must be found. */
export const bound = 120_000

/** Runs an execution once, and never longer than the bound. */
export const runOnce = async (
  engine: Engine<DocumentType>,
  { id, document: { type, bytes }, verdicts, input = () => [bytes], linesPerUnit = 10 }: Run
): Promise<ExecutionReport | ExecutionFailure | { readonly thrown: unknown }> => {
  const name = parseExecutionId(id)
  if (name === undefined) throw new TypeError('no execution id')
  const file = openVerdictFile(verdicts)
  try {
    const running = engine.runExecution(name, type, input, { createHash: sha256, linesPerUnit, verdictSink: file.sink })
    const outcome = await within(bound, running)
    return outcome._tag === 'Right' ? outcome.right : outcome.left
  } catch (thrown) {
    return { thrown }
  } finally {
    await file.close().catch(() => undefined)
  }
}

/** Runs an execution until it is complete, at most so many times. `onFailed` is called between two runs. */
export const runToEnd = async (
  open: () => Promise<Engine<DocumentType>>,
  run: Run,
  onFailed: (failed: unknown) => Promise<void> | void = () => undefined
): Promise<ExecutionReport> => {
  for (let runs = 1; runs <= 1_000; runs++) {
    let ended: Awaited<ReturnType<typeof runOnce>>
    try {
      ended = await runOnce(await within(bound, open()), run)
    } catch (thrown) {
      ended = { thrown }
    }
    if ('status' in ended && ended.status === 'Completed') return ended
    if ('thrown' in ended && ended.thrown instanceof RangeError) throw ended.thrown
    await onFailed(ended)
  }
  throw new Error('an execution is not complete after 1,000 runs')
}

/** Returns people as text; ids and times differ from run to run. Arrays are sorted where writers took turns. */
export const peopleIn = async (engine: Engine<DocumentType>): Promise<string> => {
  const people: string[] = []
  for await (const { point } of engine.userPoints()) {
    const { emailHashes, profiles } = point
    const bodies = profiles.map(({ compartment, properties }) => [
      compartment,
      Object.entries(properties).map(([key, value]) => [
        key,
        Array.isArray(value) ? value.map((each) => JSON.stringify(each)).toSorted() : value
      ])
    ])
    people.push(JSON.stringify([emailHashes.map(({ hash }) => hash).sort(), bodies]))
  }
  return people.sort().join('\n')
}

export const countsOf = ({ lines, applied, noOp, rejected, rejections }: ExecutionReport): string =>
  JSON.stringify({ lines, applied, noOp, rejected, rejections })

/** Returns the result of documents that were applied in order. */
export const resultOf = async (
  engine: Engine<DocumentType>,
  reports: ReadonlyArray<ExecutionReport>,
  files: ReadonlyArray<string>
): Promise<Result> => ({
  people: await peopleIn(engine),
  counts: reports.map(countsOf).join('\n'),
  verdicts: files.map((file) => readFileSync(file, 'utf8')).join('\n')
})

/** The clean run, in memory. */
export const cleanRun = async (documents: ReadonlyArray<Document>, folder: string): Promise<Result> => {
  const engine = engineOver(createMemoryRepository())
  const reports: ExecutionReport[] = []
  const files = documents.map((_, n) => `${folder}/clean-${n}-${v7()}.ndjson`)
  for (const [n, each] of documents.entries()) {
    reports.push(await runToEnd(async () => engine, { id: `clean-${n}`, document: each, verdicts: files[n] ?? '' }))
  }
  return resultOf(engine, reports, files)
}

/** @throws Error if anything is lost, doubled or otherwise different. */
export const demandSame = (found: Result, clean: Result, what: string): void => {
  for (const part of ['people', 'counts', 'verdicts'] as const) {
    if (found[part] !== clean[part]) throw new Error(`${what}: the ${part} differ from those of the clean run`)
  }
}
