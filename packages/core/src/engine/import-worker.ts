/**
 * One worker of an execution: it does lines with a handle of the store of its own, in two steps, so that it is known what
 * all workers' lines lead to before any of them is decided. It may be anywhere: what goes to and fro is plain JSON.
 */
import type { Bounds } from '../command/decode-line.ts'
import type { DocumentKind } from '../command/dialect.ts'
import type { Policies } from '../command/policies.ts'
import type { Verdict } from '../decide/verdict.ts'
import type { Loaded } from '../decide/workspace.ts'
import { E } from '../fp.ts'
import type { Repository, Stored } from '../repository/repository.ts'
import type { Runtime } from './transaction/runtime.ts'
import { taskOf } from './input/screening.ts'
import { shareWrite } from './share.ts'
import type { Stamp } from './transaction/stamp.ts'
import { commit, judge, stamped, type Task, toLoaded, toWrite, wantedBy } from './transaction/unit-of-work.ts'

/** A line that a worker is given: a value of the input, and where it stands. */
export interface WorkerLine {
  /** Which command of the input, from 0. */
  readonly index: number
  readonly value: unknown
  /** Whether the value is known to be normalised JSON, but for its depth. */
  readonly isNormal: boolean
}

/** What a worker is asked. It gets one request after the other. */
export type WorkerRequest =
  /** To look at these lines, by groups that are numbered from 0 up to `groups`, and to change nothing. */
  | {
      readonly _tag: 'Prepare'
      readonly groups: ReadonlyArray<ReadonlyArray<WorkerLine>>
      /** The moment that it is for all of them, and a new id, from which theirs come. */
      readonly stamp: { readonly now: number; readonly seed: string }
    }
  /** To apply what it has prepared, but for some groups, and to say so in its share, all in one commit. */
  | {
      readonly _tag: 'Apply'
      readonly without: ReadonlyArray<number>
      readonly share: { readonly id: string; readonly version: number }
    }

/**
 * What a worker answers. `Prepared`: the documents that each group leads to. `Applied`: it is committed; the verdicts, by
 * the index of the command. `NotApplied`: nothing is, and nothing will be. `Unknown`: nobody knows.
 */
export type WorkerReply =
  | { readonly _tag: 'Prepared'; readonly touched: ReadonlyArray<ReadonlyArray<string>> }
  | { readonly _tag: 'Applied'; readonly verdicts: ReadonlyArray<readonly [index: number, verdict: Verdict]> }
  | { readonly _tag: 'NotApplied' }
  | { readonly _tag: 'Unknown' }

/**
 * A worker of an execution, as the run that it works for sees it. A promise that is rejected says that the worker is lost:
 * the run then does its lines without it.
 */
export type ImportWorker = (request: WorkerRequest) => Promise<WorkerReply>

export interface WorkerSettings {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly policies: Policies
  readonly bounds: Bounds
}

interface Prepared {
  readonly stamp: Stamp | undefined
  /** In the order of the input. */
  readonly tasks: ReadonlyArray<{ readonly index: number; readonly group: number; readonly task: Task }>
  readonly loaded: ReadonlyArray<Loaded>
}

export const createImportWorker = (
  kind: DocumentKind,
  { repository, runtime, policies, bounds }: WorkerSettings
): ImportWorker => {
  let prepared: Prepared = { stamp: undefined, tasks: [], loaded: [] }

  const prepare = async ({ groups, stamp }: Extract<WorkerRequest, { _tag: 'Prepare' }>): Promise<WorkerReply> => {
    const tasks = groups.map((lines) =>
      lines.map(({ index, value, isNormal }) => ({
        index,
        task: stamped(taskOf({ _tag: 'Value', index, line: 0, value, isNormal }, kind, policies, bounds), index, stamp)
      }))
    )
    // No two groups have a reference in common.
    const wanted = tasks.map((lines) => [...wantedBy(lines.map(({ task }) => task)).values()])
    const references = wanted.flat()
    let stored: ReadonlyArray<Stored | undefined>
    try {
      stored = references.length === 0 ? [] : await repository.load(references)
    } catch {
      return { _tag: 'NotApplied' }
    }
    let at = 0
    const touched = wanted.map(({ length }) => {
      const found = stored.slice(at, at + length)
      at += length
      return [...new Set(found.flatMap((each) => (each === undefined ? [] : [each.id])))]
    })
    const documents = new Map(stored.flatMap((each) => (each === undefined ? [] : [[each.id, each] as const])))
    prepared = {
      stamp,
      tasks: tasks
        .flatMap((lines, group) => lines.map((line) => ({ ...line, group })))
        .sort((a, b) => a.index - b.index),
      loaded: [...documents.values()].map(toLoaded)
    }
    return { _tag: 'Prepared', touched }
  }

  const apply = async ({ without, share }: Extract<WorkerRequest, { _tag: 'Apply' }>): Promise<WorkerReply> => {
    const left = new Set(without)
    const lines = prepared.tasks.filter(({ group }) => !left.has(group))
    const { judgements, pending } = judge(
      prepared.loaded,
      lines.map(({ task }) => task),
      runtime,
      false
    )
    const verdicts = new Map(judgements.map(({ verdict }, n) => [(lines[n] as { index: number }).index, verdict]))
    const done = { verdicts, stamp: prepared.stamp }
    const committed = await commit(repository, [...pending.map(toWrite), shareWrite(share.id, share.version, done)])
    if (E.isLeft(committed)) return { _tag: committed.left._tag === 'Indeterminate' ? 'Unknown' : 'NotApplied' }
    return committed.right._tag === 'Committed' ? { _tag: 'Applied', verdicts: [...verdicts] } : { _tag: 'NotApplied' }
  }

  return (request) => (request._tag === 'Prepare' ? prepare(request) : apply(request))
}
