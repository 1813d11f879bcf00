/**
 * A sweep: a pass over a store that removes what the rules of retention say is too old (L-39), then collectable user points, and
 * device points without technical ids. It runs only when it is called.
 */
import type { ApplyRetention, CollectUserPoint } from '../../command/command.ts'
import type { Dialect } from '../../command/dialect.ts'
import type { Loaded } from '../../decide/workspace.ts'
import { forgottenBy, hasRules, type Retention } from '../../domain/retention.ts'
import { isCollectable, type UserPoint } from '../../domain/user-point.ts'
import { E } from '../../fp.ts'
import type { Awaitable, Repository } from '../../repository/repository.ts'
import { type ExplainedChange, explainWith } from '../import/explain.ts'
import { linesOf } from '../input/line.ts'
import { type EngineError, fromStore, type StoreFailed } from '../transaction/engine-error.ts'
import type { Judgement } from '../transaction/judgement.ts'
import { loadAndJudge, runTransaction, unitOf } from '../transaction/transaction.ts'
import { toLoaded, userPointKind } from '../transaction/load.ts'
import type { Runtime } from '../transaction/runtime.ts'

/** Counts what the rules of retention removed (L-39). */
export interface ForgottenCounts {
  /** Whole people. */
  readonly people: number
  /** Profiles, properties and memberships of people who stay. */
  readonly profiles: number
  readonly properties: number
  readonly memberships: number
}

export interface SweepReport {
  /** The number of user points that were read. */
  readonly seen: number
  /** User points that nothing keeps alive. */
  readonly userPointsDeleted: number
  readonly devicePointsDeleted: number
  /** The data that the rules of retention removed; absent: there are no rules. */
  readonly forgotten?: ForgottenCounts
  /** `false`: the caller's signal ended the sweep before the end of the store. */
  readonly completed: boolean
}

export interface SweepOptions {
  /** An `AbortSignal`; it ends the sweep after the unit of work that is in progress. */
  readonly signal?: { readonly aborted: boolean }
  /** Counts what a sweep would remove, and removes nothing. */
  readonly dryRun?: boolean
  /** Called with the changes of some people, place by place, in the fields of the dialect. The sweep waits for it. */
  readonly onExplained?: (changes: ReadonlyArray<ExplainedChange>) => Awaitable<void>
}

const pageSize = 1_000

const readPage = (
  repository: Repository,
  after: string | undefined
): Promise<E.Either<StoreFailed, ReadonlyArray<Loaded>>> =>
  fromStore('scan', async () => {
    const page: Loaded[] = []
    const options = { limit: pageSize, ...(after !== undefined && { after }) }
    for await (const stored of repository.scan(userPointKind, options)) page.push(toLoaded(stored))
    return page
  })

const hasEmptyDevicePoint = ({ devicePoints }: UserPoint): boolean =>
  devicePoints.some((device) => device.agents.length === 0)

/** Returns commands for a user point that may be too old or collectable. The verbs check it again. */
const commandsFor = (
  { id, point }: Loaded,
  rules: Retention,
  now: number
): ReadonlyArray<ApplyRetention | CollectUserPoint> => {
  const forgotten = forgottenBy(rules, point, now)
  const retention: ReadonlyArray<ApplyRetention> =
    forgotten === undefined ? [] : [{ _tag: 'ApplyRetention', id, rules }]
  const left = forgotten === undefined ? point : forgotten.point
  const isCollected = left !== undefined && (isCollectable(left, now) || hasEmptyDevicePoint(left))
  return isCollected ? [...retention, { _tag: 'CollectUserPoint', id }] : retention
}

type Sums = Required<Pick<SweepReport, 'userPointsDeleted' | 'devicePointsDeleted' | 'forgotten'>>

const nothing: Sums = {
  userPointsDeleted: 0,
  devicePointsDeleted: 0,
  forgotten: { people: 0, profiles: 0, properties: 0, memberships: 0 }
}

const withJudgement = (sums: Sums, { verdict }: Judgement): Sums => {
  if (verdict._tag !== 'Applied') return sums
  const { effect } = verdict
  switch (effect._tag) {
    case 'DevicePointsCollected':
      return { ...sums, devicePointsDeleted: sums.devicePointsDeleted + effect.devicePoints }
    case 'RetentionApplied': {
      const { people, profiles, properties, memberships } = sums.forgotten
      const forgotten = {
        people: people + (effect.userPointDeleted ? 1 : 0),
        profiles: profiles + effect.profiles,
        properties: properties + effect.properties,
        memberships: memberships + effect.memberships
      }
      return { ...sums, forgotten }
    }
    default:
      return { ...sums, userPointsDeleted: sums.userPointsDeleted + 1 }
  }
}

export interface SweepSettings extends Pick<SweepOptions, 'signal' | 'onExplained'> {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly rules: Retention
  /** For `onExplained`. */
  readonly encodeUserPoint: Dialect['encodeUserPoint'] | undefined
}

export const sweep = async ({
  repository,
  runtime,
  rules,
  encodeUserPoint,
  signal,
  onExplained
}: SweepSettings): Promise<E.Either<EngineError, SweepReport>> => {
  const explained = encodeUserPoint !== undefined && onExplained !== undefined && explainWith(encodeUserPoint)
  let seen = 0
  let sums = nothing
  let after: string | undefined
  let completed = false

  const sweepPage = async (): Promise<EngineError | undefined> => {
    const page = await readPage(repository, after)
    if (E.isLeft(page)) return page.left
    const now = runtime.clock()
    const unit = unitOf(linesOf(page.right.flatMap((loaded) => commandsFor(loaded, rules, now))))
    const observed = explained === false ? undefined : 'changes'
    const decider = loadAndJudge(unit, repository, { runtime, observed })
    const judgements = await runTransaction(unit, { repository, runtime, decider })
    if (E.isLeft(judgements)) return judgements.left
    sums = judgements.right.reduce(withJudgement, sums)
    if (explained !== false) await onExplained?.(judgements.right.flatMap((each) => explained(each).changes))
    seen += page.right.length
    after = page.right.at(-1)?.id
    completed = page.right.length < pageSize
    return undefined
  }

  let error: EngineError | undefined
  while (!completed && !signal?.aborted && error === undefined) error = await sweepPage()
  if (error !== undefined) return E.left(error)
  const { forgotten, ...collected } = sums
  return E.right({ seen, ...collected, ...(hasRules(rules) && { forgotten }), completed })
}
