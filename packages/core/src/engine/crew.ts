/**
 * The workers of one run of an execution. Of the lines in hand they do at the same time whatever has nothing to do with
 * each other; what is left is for the run itself to do, in order.
 *
 * Two groups of lines have to do with each other where they refer to one thing, or lead to one document. Everything that a
 * command looks at or changes is reached by its own references; so groups of which neither holds lead to the same whoever
 * is first, and lines on one person keep their order.
 */
import { E } from '../fp.ts'
import type { Repository } from '../repository/repository.ts'
import type { StoreFailed } from './transaction/engine-error.ts'
import type { Frame } from './input/framing.ts'
import type { ImportWorker, WorkerLine, WorkerReply } from './import-worker.ts'
import { deal, groupsOf, meetings } from './partition.ts'
import type { Runtime } from './transaction/runtime.ts'
import { type Done, doneFrom, type HeldShare, loadShares, nothingDone, shareWrite } from './share.ts'
import type { Stamp } from './transaction/stamp.ts'
import { type Task, wantedBy } from './transaction/unit-of-work.ts'

export interface CrewSettings {
  readonly repository: Repository
  readonly runtime: Runtime
  readonly workers: ReadonlyArray<ImportWorker>
  /** Is told which worker is lost, by its place among the workers. */
  readonly onLost: ((worker: number) => void) | undefined
}

export interface Crew {
  /** How many workers there are, lost ones among them. */
  readonly size: number
  /** The workers' shares, which are to be stored before they do anything. */
  readonly shares: () => ReadonlyArray<HeldShare>
  /** Holds from the moment that these shares are stored, each at version 1. */
  readonly open: () => void
  /**
   * Has the workers do what they can of these lines, and waits until it is known what they did.
   *
   * @param stamp That of all these lines, by whomever they are done.
   * @returns Right: what they did, all of it committed. Left: the store does not say.
   */
  readonly work: (
    frames: ReadonlyArray<Frame>,
    tasks: ReadonlyArray<Task>,
    stamp: Stamp
  ) => Promise<E.Either<StoreFailed, Done>>
}

interface Hand {
  readonly ask: ImportWorker
  readonly share: string
  version: number
  isLost: boolean
}

/** What one worker is given. */
interface Part {
  readonly hand: Hand
  readonly groups: ReadonlyArray<number>
  readonly lines: ReadonlyArray<ReadonlyArray<WorkerLine>>
}

const partition = (
  frames: ReadonlyArray<Frame>,
  tasks: ReadonlyArray<Task>,
  hands: ReadonlyArray<Hand>
): { readonly dealt: ReadonlyArray<number>; readonly parts: ReadonlyArray<Part> } => {
  const commands = frames.flatMap((frame, at) => {
    const task = tasks[at] as Task
    return frame._tag === 'Value' && task._tag === 'Command' ? [{ frame, keys: [...wantedBy([task]).keys()] }] : []
  })
  const groups = groupsOf(commands.map(({ keys }) => keys))
  const dealt = deal(groups, hands.length)
  const lines: WorkerLine[][] = dealt.map(() => [])
  commands.forEach(({ frame: { index, value, isNormal } }, at) => {
    lines[groups[at] as number]?.push({ index, value, isNormal })
  })
  const parts = hands.map((hand, worker) => {
    const own = dealt.flatMap((dealtTo, group) => (dealtTo === worker ? [group] : []))
    return { hand, groups: own, lines: own.map((group) => lines[group] ?? []) }
  })
  return { dealt, parts: parts.filter((part) => part.groups.length > 0) }
}

export const createCrew = ({ repository, runtime, workers, onLost }: CrewSettings): Crew => {
  const hands = workers.map((ask): Hand => ({ ask, share: runtime.newId(), version: 0, isLost: false }))

  const lose = (hand: Hand): void => {
    hand.isLost = true
    onLost?.(hands.indexOf(hand))
  }

  const ask = async (hand: Hand, request: Parameters<ImportWorker>[0]): Promise<WorkerReply> => {
    try {
      return await hand.ask(request)
    } catch {
      lose(hand)
      return { _tag: 'Unknown' }
    }
  }

  /** Writes the share in the worker's place, after which a commit of the worker's that is still on its way cannot land. */
  const take = async (hand: Hand): Promise<boolean> => {
    try {
      const written = await repository.commit([shareWrite(hand.share, hand.version, nothingDone)])
      if (written._tag === 'Conflict') return false
      hand.version++
      return true
    } catch {
      // Whatever became of it, the store is asked.
      return false
    }
  }

  /** Finds out what a worker did that did not say. */
  const settle = async (hand: Hand, from: number): Promise<E.Either<StoreFailed, Done>> => {
    for (let attempt = 1; ; attempt++) {
      const loaded = await loadShares(repository, [hand.share])
      if (E.isRight(loaded)) {
        const [share] = loaded.right
        // Another run of the execution has done away with it: the run will see that by itself.
        if (share === undefined) return E.right(nothingDone)
        if (share.version > hand.version) {
          hand.version = share.version
          return E.right(doneFrom([share.done], from))
        }
        if (await take(hand)) return E.right(nothingDone)
      }
      if (attempt >= runtime.attempts)
        return E.isLeft(loaded) ? loaded : E.left({ _tag: 'StoreFailed', operation: 'commit', cause: undefined })
      await runtime.backOff(attempt)
    }
  }

  const prepare = async (
    { hand, lines }: Part,
    stamp: Stamp
  ): Promise<ReadonlyArray<ReadonlyArray<string>> | undefined> => {
    const reply = await ask(hand, { _tag: 'Prepare', groups: lines, stamp })
    return reply._tag === 'Prepared' ? reply.touched : undefined
  }

  const apply = async ({ hand, groups }: Part, left: ReadonlySet<number>, stamp: Stamp): Promise<Done | 'Unknown'> => {
    const without = groups.flatMap((group, at) => (left.has(group) ? [at] : []))
    if (without.length === groups.length) return nothingDone
    const reply = await ask(hand, { _tag: 'Apply', without, share: { id: hand.share, version: hand.version } })
    if (reply._tag === 'NotApplied') return nothingDone
    if (reply._tag !== 'Applied') return 'Unknown'
    hand.version++
    return { verdicts: new Map(reply.verdicts), stamp }
  }

  return {
    size: workers.length,
    shares: () => hands.map(({ share: id, version }) => ({ id, version })),
    open: () => {
      for (const hand of hands) hand.version = 1
    },
    work: async (frames, tasks, stamp) => {
      const present = hands.filter(({ isLost }) => !isLost)
      if (present.length === 0) return E.right(nothingDone)
      const { dealt, parts } = partition(frames, tasks, present)
      const prepared = await Promise.all(parts.map((part) => prepare(part, stamp)))
      const touched: Array<ReadonlyArray<string>> = dealt.map(() => [])
      for (const [at, { groups }] of parts.entries()) {
        const found = prepared[at]
        // What these lines lead to is not known, so that any other line may have to do with them.
        if (found === undefined) return E.right(nothingDone)
        groups.forEach((group, n) => {
          touched[group] = found[n] ?? []
        })
      }
      const left = meetings(dealt, touched)
      const outcomes = await Promise.all(parts.map((part) => apply(part, left, stamp)))
      const from = frames[0]?.index ?? 0
      const done: Done[] = []
      for (const [at, { hand }] of parts.entries()) {
        const outcome = outcomes[at]
        const known = outcome === 'Unknown' ? await settle(hand, from) : E.right(outcome ?? nothingDone)
        if (E.isLeft(known)) return known
        done.push(known.right)
      }
      return E.right(doneFrom(done, from))
    }
  }
}
