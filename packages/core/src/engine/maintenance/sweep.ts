/**
 * A sweep: a pass over a store that removes collectable user points, and device points without technical ids. It
 * runs only when it is called.
 */
import type { CollectUserPoint } from '../../command/command.ts'
import type { Loaded } from '../../decide/workspace.ts'
import { isCollectable } from '../../domain/user-point.ts'
import { E } from '../../fp.ts'
import type { Repository } from '../../repository/repository.ts'
import { linesOf } from '../input/line.ts'
import { type EngineError, fromStore, type StoreFailed } from '../transaction/engine-error.ts'
import type { Judgement } from '../transaction/judgement.ts'
import { runTransaction, unitOf } from '../transaction/transaction.ts'
import { toLoaded, userPointKind } from '../transaction/load.ts'
import type { Runtime } from '../transaction/runtime.ts'

export interface SweepReport {
  /** The number of user points that were read. */
  readonly seen: number
  readonly userPointsDeleted: number
  readonly devicePointsDeleted: number
  /** `false`: the caller's signal ended the sweep before the end of the store. */
  readonly completed: boolean
}

export interface SweepOptions {
  /** An `AbortSignal`; it ends the sweep after the unit of work that is in progress. */
  readonly signal?: { readonly aborted: boolean }
  /** Counts what a sweep would remove, and removes nothing. */
  readonly dryRun?: boolean
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

const hasEmptyDevicePoint = ({ point }: Loaded): boolean =>
  point.devicePoints.some((device) => device.agents.length === 0)

/** Returns commands for the user points of a page that may be collectable. The verb checks each again. */
const commandsFor = (page: ReadonlyArray<Loaded>, now: number): ReadonlyArray<CollectUserPoint> =>
  page
    .filter((loaded) => isCollectable(loaded.point, now) || hasEmptyDevicePoint(loaded))
    .map(({ id }) => ({ _tag: 'CollectUserPoint', id }))

const collectedBy = ({ verdict }: Judgement): { readonly userPoints: number; readonly devicePoints: number } => {
  if (verdict._tag !== 'Applied') return { userPoints: 0, devicePoints: 0 }
  return verdict.effect._tag === 'DevicePointsCollected'
    ? { userPoints: 0, devicePoints: verdict.effect.devicePoints }
    : { userPoints: 1, devicePoints: 0 }
}

export interface SweepSettings {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly signal: SweepOptions['signal'] | undefined
}

export const sweep = async ({
  repository,
  runtime,
  signal
}: SweepSettings): Promise<E.Either<EngineError, SweepReport>> => {
  let [seen, userPointsDeleted, devicePointsDeleted] = [0, 0, 0]
  let after: string | undefined
  let completed = false

  const sweepPage = async (): Promise<EngineError | undefined> => {
    const page = await readPage(repository, after)
    if (E.isLeft(page)) return page.left
    const unit = unitOf(linesOf(commandsFor(page.right, runtime.clock())))
    const judgements = await runTransaction(unit, { repository, runtime })
    if (E.isLeft(judgements)) return judgements.left
    for (const collected of judgements.right.map(collectedBy)) {
      userPointsDeleted += collected.userPoints
      devicePointsDeleted += collected.devicePoints
    }
    seen += page.right.length
    after = page.right.at(-1)?.id
    completed = page.right.length < pageSize
    return undefined
  }

  let error: EngineError | undefined
  while (!completed && !signal?.aborted && error === undefined) error = await sweepPage()
  if (error !== undefined) return E.left(error)
  return E.right({ seen, userPointsDeleted, devicePointsDeleted, completed })
}
