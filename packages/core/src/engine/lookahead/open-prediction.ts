import { type Loaded, Workspace } from '../../decide/workspace.ts'
import type { UserPointId } from '../../domain/identifier.ts'
import { E } from '../../fp.ts'
import type * as port from '../../repository/repository.ts'
import type { Line } from '../input/line.ts'
import type { StoreFailed } from '../transaction/engine-error.ts'
import type { References } from '../transaction/load.ts'
import { Judge } from '../transaction/transaction.ts'
import {
  predicted,
  type Prediction,
  proven,
  type Replay,
  replayOf,
  type Sources,
  take,
  type Taken
} from './prediction.ts'

/**
 * The decision on a unit that is still being read. Each step is loaded and decided before the next one is read, while its objects
 * are in the processor's cache, and most of them die young.
 */
export class OpenPrediction {
  readonly #sources: Sources
  readonly #replay: Replay
  readonly #cacheGeneration: number
  readonly #workspace = new Workspace()
  readonly #cached = new Map<UserPointId, Loaded>()
  readonly #judge: Judge
  #failed: E.Left<StoreFailed> | undefined
  /** `false`: another writer came between two loads, so the unit is decided as a whole. */
  #isKnown = true

  constructor(sources: Sources) {
    this.#sources = sources
    this.#replay = replayOf(sources.runtime)
    this.#cacheGeneration = sources.cache.generation
    this.#judge = new Judge(this.#workspace, { runtime: this.#replay.runtime })
  }

  /** @param references Those that no step before had. */
  async add(lines: ReadonlyArray<Line>, references: References): Promise<void> {
    if (this.#failed !== undefined || !this.#isKnown) return
    const taken = await take(this.#unread(references), this.#sources)
    if (E.isLeft(taken)) this.#failed = taken
    else if (!this.#join(taken.right)) this.#isKnown = false
    else this.#judge.judge(lines)
  }

  /** Returns the prediction of the whole unit; nothing can be added after it. */
  close(): Prediction {
    const replay = this.#replay
    if (this.#failed !== undefined) return { decided: this.#failed, replay }
    const { cache } = this.#sources
    const decided = this.#isKnown
      ? proven(this.#judge.decided(), { workspace: this.#workspace, cached: this.#cached }, cache)
      : undefined
    return predicted(decided, { replay, cache, cacheGeneration: this.#cacheGeneration })
  }

  *#unread(references: References): Generator<port.Reference> {
    for (const reference of references.values()) {
      const isRead =
        reference._tag === 'ByClaim'
          ? this.#workspace.holds(reference.claim)
          : this.#workspace.read(reference.id as UserPointId) !== undefined
      if (!isRead) yield reference
    }
  }

  /** Adds what was read. Returns `false` if it contradicts what was read before. */
  #join({ people, suppressions, cached }: Taken): boolean {
    const workspace = this.#workspace
    workspace.addSuppressions(suppressions)
    for (const each of people) if (!workspace.join(each)) return false
    for (const each of cached.values()) {
      if (!workspace.join(each)) return false
      if (workspace.read(each.id) === each) this.#cached.set(each.id, each)
    }
    return true
  }
}
