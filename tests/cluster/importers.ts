/** Services that import through a node, and go on through another one where that fails. */
import { createMysqlRepository } from '@userpoint/adapter-mysql'
import type { Engine, ExecutionReport } from '@userpoint/core'
import type { DocumentType } from '@userpoint/core/mediarithmics'
import mysql from 'mysql2/promise'
import { bound, type Document, engineOver, runToEnd } from '../faults/story.ts'
import { pause, within } from '../faults/chance.ts'

const database = 'userpoint_cluster'

export interface Service {
  /** An engine on the node of the moment. */
  readonly engine: () => Promise<Engine<DocumentType>>
  /** Goes on to the next node. */
  readonly leave: () => void
  readonly close: () => Promise<void>
}

export interface ServiceOptions {
  readonly urls: ReadonlyArray<string>
  /** The number of its first node. */
  readonly first: number
  readonly datamart: string
  /** The longest wait for an answer, in milliseconds. */
  readonly answerTimeout: number
}

export const openService = ({ urls, first, datamart, answerTimeout }: ServiceOptions): Service => {
  const pools = urls.map((uri) => mysql.createPool({ uri, connectionLimit: 3, connectTimeout: 1_500 }))
  let turn = first
  return {
    engine: async () => {
      const pool = pools[turn % pools.length]
      if (pool === undefined) throw new RangeError('a service needs a node')
      return engineOver(await createMysqlRepository(pool, { database, datamart, answerTimeout }))
    },
    leave: () => {
      turn += 1
    },
    close: async () => {
      // A pool does not end while a node that was frozen owes it answers.
      for (const pool of pools) await within(5_000, pool.end()).catch(() => undefined)
    }
  }
}

/** Runs an execution, on one node after the other, until it is complete. */
export const runOnNodes = (
  service: Service,
  run: { readonly id: string; readonly document: Document; readonly verdicts: string },
  onFailed: () => void
): Promise<ExecutionReport> =>
  runToEnd(service.engine, run, async () => {
    onFailed()
    service.leave()
    await pause(100)
  })

/** The words of an import: the commands whose verdicts it told, and how many after them it is not certain of. */
export interface Said {
  readonly datamart: string
  readonly told: ReadonlyArray<number>
  readonly uncertain: number
  readonly isComplete: boolean
}

/** Imports a document once, without an execution; `undefined`: the node took no calls at all. */
export const importOnce = async (
  service: Service,
  datamart: string,
  { type, bytes }: Document
): Promise<Said | undefined> => {
  let engine: Engine<DocumentType>
  try {
    engine = await within(bound, service.engine())
  } catch (error) {
    if (error instanceof RangeError) throw error
    return undefined
  }
  const told: number[] = []
  const importing = engine.importDocument(type, () => [bytes], {
    linesPerUnit: 10,
    onVerdicts: (verdicts) => {
      for (const { index } of verdicts) told.push(index)
    }
  })
  const outcome = await within(bound, importing)
  const { report, uncertain } = outcome._tag === 'Right' ? { report: outcome.right, uncertain: 0 } : outcome.left
  if (report.lines !== told.length) throw new Error(`a report of ${report.lines} lines, and ${told.length} were told`)
  const isComplete = outcome._tag === 'Right' && report.status === 'Completed'
  if (outcome._tag === 'Right' && !isComplete) throw new Error(`an import ended as ${report.status}`)
  return { datamart, told, uncertain, isComplete }
}
