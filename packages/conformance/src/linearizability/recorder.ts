/** Records overlapping calls of several handles on one store, with their answers and times. */
import type { Reference, Stored, Write } from '@userpoint/core/repository'
import type { Handle } from '../trial.ts'
import { type Attempt, attempt } from '../writes.ts'
import type { Timed } from './checker.ts'

/** A recorded call with its answer. */
export type StoreCall =
  | {
      readonly _tag: 'Load'
      readonly by: string
      readonly references: ReadonlyArray<Reference>
      readonly answers: ReadonlyArray<Stored | undefined>
    }
  | {
      readonly _tag: 'Commit'
      readonly by: string
      readonly writes: ReadonlyArray<Write>
      /** A commit with an unknown outcome counts as one that landed at some time or never. */
      readonly result: 'Committed' | 'Conflict'
    }

/** A handle whose calls are recorded. */
export interface RecordedHandle {
  readonly load: Handle['load']
  /** Commits a batch and returns its outcome; does not throw. */
  readonly commit: (writes: ReadonlyArray<Write>) => Promise<Attempt>
}

export interface Recorder {
  /** Returns a recorded handle with a name. */
  readonly watch: (handle: Pick<Handle, 'load' | 'commit'>, name: string) => RecordedHandle
  /** Returns all answered calls, and the commits that may still land. */
  readonly history: () => ReadonlyArray<Timed<StoreCall>>
}

const wantsOf = (writes: ReadonlyArray<Write>): ReadonlyArray<string> =>
  writes.flatMap(({ kind, id, claim, release }) => [
    `${kind} ${id}`,
    ...[...claim, ...release].map((text) => `\0${text}`)
  ])

/** A commit with its outcome. */
interface Rival {
  readonly called: number
  readonly answered: number | undefined
  readonly wants: ReadonlyArray<string>
}

const isRival = (a: Rival, b: Rival): boolean =>
  a !== b &&
  a.called < (b.answered ?? Number.POSITIVE_INFINITY) &&
  b.called < (a.answered ?? Number.POSITIVE_INFINITY) &&
  a.wants.some((one) => b.wants.includes(one))

/**
 * Returns a recorder. The parent's clock is enough for several processes, because the parent sees each call start and end.
 *
 * If two concurrent commits want the same version or claim, both may lose, since PO-8 only requires that a retry lands one of
 * them. Such a conflict proves nothing about the store, and is omitted.
 */
export const createRecorder = (): Recorder => {
  const answered: Array<Timed<StoreCall>> = []
  const conflicts: Array<Timed<StoreCall> & { readonly rival: Rival }> = []
  const rivals: Array<Rival> = []
  let clock = 0
  const tick = (): number => (clock += 1)
  return {
    watch: (handle, by) => ({
      load: async (references) => {
        const called = tick()
        const answers = await handle.load(references)
        answered.push({ call: { _tag: 'Load', by, references, answers }, called, answered: tick() })
        return answers
      },
      commit: async (writes) => {
        const called = tick()
        const outcome = await attempt(handle, writes)
        const moments = { called, answered: outcome === 'Unknown' ? undefined : tick() }
        const rival = { ...moments, wants: wantsOf(writes) }
        rivals.push(rival)
        const result = outcome === 'Unknown' ? 'Committed' : outcome
        if (result === 'Committed') answered.push({ call: { _tag: 'Commit', by, writes, result }, ...moments })
        if (result === 'Conflict') conflicts.push({ call: { _tag: 'Commit', by, writes, result }, ...moments, rival })
        return outcome
      }
    }),
    history: () => [...answered, ...conflicts.filter(({ rival }) => !rivals.some((other) => isRival(rival, other)))]
  }
}
