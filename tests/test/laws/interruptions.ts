/**
 * Runs that end at any moment. A run that dies is abandoned where it waits: what it was about to do never happens, as if
 * its process had been killed; what it left is what the store and the output of verdicts hold by then.
 */
import { createHash } from 'node:crypto'
import type { LineVerdict, VerdictSink } from '@userpoint/core'
import type { CommitResult, Repository, Write } from '@userpoint/core/repository'
import { besideClock } from '../../../packages/core/test/engine/beside-clock.ts'
import fc from 'fast-check'

/**
 * The interruption of a commit. `diesBefore`, `diesAfter`: the run dies before or after it lands. `refused`: it throws and
 * reports that nothing was written. `lost`, `unheard`, `late`: it throws with an unknown outcome, and does not land, lands, or
 * lands later. `conflict`: another writer causes a conflict. Of the verdict output: `torn`: the run dies halfway; `sink`: the
 * sink throws.
 */
export const troubles = [
  'none',
  'diesBefore',
  'diesAfter',
  'refused',
  'lost',
  'unheard',
  'late',
  'conflict',
  'torn',
  'sink',
  'stop'
] as const
export type Trouble = (typeof troubles)[number]

/** The interruptions of an execution's commits, over all runs; later commits are not interrupted. */
export const plans: fc.Arbitrary<ReadonlyArray<Trouble>> = fc.array(fc.constantFrom(...troubles), {
  maxLength: 16,
  size: 'max'
})

export const sha256 = () => {
  const hash = createHash('sha256')
  return { update: (bytes: Uint8Array) => hash.update(bytes), digest: () => hash.digest('hex') }
}

const encoder = new TextEncoder()

/** Verdicts as bytes, without what differs from run to run: ids. */
export const verdictBytes = (verdicts: ReadonlyArray<LineVerdict>): Uint8Array =>
  encoder.encode(
    verdicts
      .map(({ index, line, verdict: { _tag, warnings, ...rest } }) => {
        const { effect: _, ...shown } = { effect: undefined, ...rest }
        return `${JSON.stringify({ index, line, _tag, ...shown, warnings })}\n`
      })
      .join('')
  )

const never = new Promise<never>(() => undefined)

export interface Scene {
  readonly repository: Repository
  readonly sink: VerdictSink
  /** The signal of the next run. */
  readonly signal: { readonly aborted: boolean }
  /** Resolves where the run that is under way dies. */
  readonly death: () => Promise<'died'>
  readonly output: () => Uint8Array
}

/** A store and an output of verdicts, over which the troubles of a plan come. */
export const stage = (repository: Repository, plan: ReadonlyArray<Trouble>): Scene => {
  const ahead = [...plan]
  let output = new Uint8Array()
  let late: ReadonlyArray<Write> | undefined
  let die: (value: 'died') => void = () => undefined
  let aborted = false

  const land = async (writes: ReadonlyArray<Write>): Promise<CommitResult> => {
    const [earlier] = [late]
    late = undefined
    // The dead run no longer uses the outcome.
    if (earlier !== undefined) await repository.commit(earlier)
    return repository.commit(writes)
  }

  const dead = (): Promise<never> => {
    die('died')
    return never
  }

  const commit = async (writes: ReadonlyArray<Write>): Promise<CommitResult> => {
    const trouble = ahead.shift() ?? 'none'
    switch (trouble) {
      case 'diesBefore':
        return dead()
      case 'diesAfter':
        await land(writes)
        return dead()
      case 'refused':
        throw Object.assign(new Error('refused'), { applied: false })
      case 'lost':
        throw new Error('lost')
      case 'unheard':
        await land(writes)
        throw new Error('unheard')
      case 'late':
        late = writes
        throw new Error('late')
      case 'conflict':
        return { _tag: 'Conflict' }
      case 'stop':
        aborted = true
        return land(writes)
      default:
        return land(writes)
    }
  }

  return {
    repository: besideClock(repository, { commit }),
    sink: async (verdicts, from) => {
      if (output.length < from) throw new Error('verdicts are lost')
      const bytes = verdictBytes(verdicts)
      const trouble = bytes.length === 0 ? undefined : ahead[0]
      const kept = trouble === 'torn' ? bytes.subarray(0, bytes.length >> 1) : bytes
      output = new Uint8Array([...output.subarray(0, from), ...kept])
      if (trouble === 'torn' || trouble === 'sink') ahead.shift()
      if (trouble === 'torn') return dead()
      if (trouble === 'sink') throw new Error('no space')
      return output.length
    },
    get signal() {
      aborted = false
      return {
        get aborted() {
          return aborted
        }
      }
    },
    death: () =>
      new Promise((resolve) => {
        die = resolve
      }),
    output: () => output
  }
}
