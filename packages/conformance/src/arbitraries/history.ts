/** Histories: sequences of requests to a service, to run against an engine or against the service itself. */
import type { Engine, JsonObject, Verdict } from '@userpoint/core'
import type { Command } from '@userpoint/core/command'
import { createInsider, type IdentitySettings, type Insider } from '@userpoint/core/insider'
import { type DocumentType, documentTypes } from '@userpoint/core/mediarithmics'
import fc from 'fast-check'
import { print, quoted } from '../code.ts'
import { command } from './command.ts'
import { type DocumentShape, documentText, type Faults, line, wrongLine } from './document.ts'
import { cardSettings, insiderRequest, type InsiderRequest } from './insider.ts'
import type { People } from './people.ts'

/** One request. */
export type HistoryStep =
  | { readonly _tag: 'Document'; readonly type: DocumentType; readonly text: string; readonly linesPerUnit: number }
  | { readonly _tag: 'Line'; readonly type: DocumentType; readonly line: JsonObject }
  | { readonly _tag: 'Commands'; readonly commands: ReadonlyArray<Command> }
  | ({ readonly _tag: 'Request' } & InsiderRequest)
  | { readonly _tag: 'Sweep' }

/** The options of a generated history. */
export interface HistoryShape extends DocumentShape {
  /** The maximum number of steps; default 20. */
  readonly maxSteps?: number
  /** The kinds of steps; default all. */
  readonly steps?: ReadonlyArray<HistoryStep['_tag']>
}

// Creating documents come first, so that later ones can delete something.
const types = [...documentTypes, 'USER_PROFILE', 'USER_IDENTIFIERS_ASSOCIATION_DECLARATIONS'] as const

const lineAmong = (type: DocumentType, faults: Faults, people: People): fc.Arbitrary<JsonObject> => {
  const [right, wrong] = [line(type, people), wrongLine(type, people)]
  if (faults === 'some')
    return fc.oneof({ withCrossShrink: true }, { weight: 6, arbitrary: right }, { weight: 1, arbitrary: wrong })
  return faults === 'none' ? right : wrong
}

/**
 * Generates histories of documents, single lines, commands, Insider's requests and sweeps. They shrink to few steps.
 *
 * @example
 * ```ts
 * import { createMemoryRepository } from '@userpoint/adapter-memory'
 * import { history, mintIds, perform, slowClock } from '@userpoint/conformance/arbitraries'
 * import { createEngine } from '@userpoint/core'
 * import { mediarithmics } from '@userpoint/core/mediarithmics'
 * import fc from 'fast-check'
 *
 * const everyPersonHasAnId = fc.asyncProperty(history(), async (steps) => {
 *   const repository = createMemoryRepository()
 *   const engine = createEngine({ repository, dialect: mediarithmics, clock: slowClock(), newId: mintIds() })
 *   for (const step of steps) await perform(engine, step)
 *   for await (const { id } of engine.userPoints()) if (id === '') return false
 *   return true
 * })
 * await fc.assert(everyPersonHasAnId, { seed: 1, numRuns: 20 })
 * console.log('it holds') // => it holds
 * ```
 */
export const history = ({
  maxSteps = 20,
  maxLength = 6,
  faults = 'some',
  people = 'few',
  steps
}: HistoryShape = {}): fc.Arbitrary<ReadonlyArray<HistoryStep>> => {
  const type = fc.constantFrom(...types)
  const all: { readonly [Tag in HistoryStep['_tag']]: { weight: number; arbitrary: fc.Arbitrary<HistoryStep> } } = {
    Document: {
      weight: 4,
      arbitrary: fc
        .tuple(
          type.chain((each) => fc.tuple(fc.constant(each), documentText(each, { maxLength, faults, people }))),
          fc.constantFrom(1_000, 1, 2)
        )
        .map(([[each, text], linesPerUnit]) => ({ _tag: 'Document', type: each, text, linesPerUnit }))
    },
    Line: {
      weight: 6,
      arbitrary: type.chain((each) =>
        lineAmong(each, faults, people).map((value) => ({ _tag: 'Line', type: each, line: value }))
      )
    },
    Commands: {
      weight: 2,
      arbitrary: fc.array(command(people), { maxLength: 4 }).map((commands) => ({ _tag: 'Commands', commands }))
    },
    Request: {
      weight: 4,
      arbitrary: insiderRequest({ faults: faults === 'none' ? 'none' : 'some', people }).map((request) => ({
        _tag: 'Request',
        ...request
      }))
    },
    Sweep: { weight: 1, arbitrary: fc.constant({ _tag: 'Sweep' }) }
  }
  const chosen = steps ?? (Object.keys(all) as ReadonlyArray<HistoryStep['_tag']>)
  return fc.array(fc.oneof(...chosen.map((tag) => all[tag])), { maxLength: maxSteps, size: 'max' })
}

interface Encoder {
  encode(text: string): Uint8Array
}

declare const TextEncoder: new () => Encoder

/** Returns a document's bytes. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The outcome of a step. */
export interface HistoryOutcome {
  /** A verdict for each line, command or user, in order; empty if the step was rejected or failed as a whole, or has no verdicts. */
  readonly verdicts: ReadonlyArray<Verdict>
  /** The answer of the call: a report, a user, an error. */
  readonly answer:
    | { readonly _tag: 'Left'; readonly left: unknown }
    | { readonly _tag: 'Right'; readonly right: unknown }
}

/**
 * Performs one step with an engine.
 *
 * @param settings The settings of Insider's calls; default {@link cardSettings}, which accept all identifiers of a history.
 */
export const perform = async (
  engine: Engine<DocumentType>,
  step: HistoryStep,
  settings: Partial<IdentitySettings> = cardSettings
): Promise<HistoryOutcome> => {
  switch (step._tag) {
    case 'Document': {
      const verdicts: Verdict[] = []
      const answer = await engine.importDocument(step.type, bytesOf(step.text), {
        linesPerUnit: step.linesPerUnit,
        onVerdicts: (some) => {
          verdicts.push(...some.map(({ verdict }) => verdict))
        }
      })
      return { verdicts, answer }
    }
    case 'Line': {
      const answer = await engine.runOne(step.type, step.line)
      return { verdicts: answer._tag === 'Left' ? [] : [answer.right], answer }
    }
    case 'Commands': {
      const answer = await engine.execute(step.commands)
      return { verdicts: answer._tag === 'Left' ? [] : answer.right, answer }
    }
    case 'Request':
      return await request(createInsider({ engine, settings }), step)
    case 'Sweep':
      return { verdicts: [], answer: await engine.sweep() }
  }
}

const request = async (insider: Insider, { call, body }: InsiderRequest): Promise<HistoryOutcome> => {
  switch (call) {
    case 'upsertUsers':
    case 'deleteAttributes': {
      const answer = await insider[call]({ value: body })
      return { verdicts: answer._tag === 'Left' ? [] : answer.right.verdicts, answer }
    }
    case 'deleteIdentifiers':
    case 'updateIdentifier':
    case 'deleteUser':
    case 'anonymiseUser': {
      const answer = await insider[call]({ value: body })
      return { verdicts: answer._tag === 'Left' ? [] : [answer.right], answer }
    }
    case 'getUser':
      return { verdicts: [], answer: await insider.getUser({ value: body }) }
  }
}

/**
 * Returns a step as code, to paste into a test.
 *
 * @param engine The name of the engine's variable; default `engine`.
 * @example
 * ```ts
 * import { codeOf } from '@userpoint/conformance/arbitraries'
 *
 * console.log(codeOf({ _tag: 'Line', type: 'USER_POINTS_DELETION', line: { type: 'USER_EMAIL', hash: 'h' } }))
 * // => await engine.runOne('USER_POINTS_DELETION', { type: 'USER_EMAIL', hash: 'h' })
 * ```
 */
export const codeOf = (step: HistoryStep, engine = 'engine'): string => {
  switch (step._tag) {
    case 'Document': {
      const lines = step.text.split('\n').map(quoted)
      const [only = "''", ...rest] = lines
      const text = rest.length === 0 ? only : `[${lines.join(', ')}].join('\\n')`
      const options = step.linesPerUnit === 1_000 ? '' : `, { linesPerUnit: ${step.linesPerUnit} }`
      return `await ${engine}.importDocument(${print(step.type)}, bytesOf(${text})${options})`
    }
    case 'Line':
      return `await ${engine}.runOne(${print(step.type)}, ${print(step.line)})`
    case 'Commands':
      return `await ${engine}.execute(${print(step.commands)})`
    case 'Request':
      return `await createInsider({ engine: ${engine}, settings }).${step.call}({ value: ${print(step.body)} })`
    case 'Sweep':
      return `await ${engine}.sweep()`
  }
}
