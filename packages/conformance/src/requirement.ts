/**
 * A requirement is data: a law of the port in a form that can be run, independent of a test runner. A failure is thrown as a
 * `RequirementViolated`.
 */
import type { Harness } from './harness.ts'

/**
 * A capability that a requirement needs: of the manifest (a store for several processes also supports several handles), an
 * optional method of the repository (`check`), or one of the harness (`refuse`, `hinder`, `endpoint`; `erasure`: `dump`; `plain`: `dump` of texts
 * as they are).
 */
export type Need =
  | 'durable'
  | 'handles'
  | 'processes'
  | 'overlapping'
  | 'check'
  | 'refuse'
  | 'hinder'
  | 'endpoint'
  | 'erasure'
  | 'plain'

/** A part of the suite: what a watch loop runs, or everything. */
export type Extent = 'quick' | 'whole'

/** The number of random cases, and where they start. */
export interface Budget {
  /** `quick`: only requirements of the port that take no time, for a watch loop. The others are not run. Default: `whole`. */
  readonly extent?: Extent
  /** Multiplies the number of random cases of every property; below 1 there are fewer, but at least one of each. */
  readonly runs: number
  readonly seed: number
  /** `true`: shrink failing cases. `false` is faster, for runs that only detect a failure. */
  readonly shrink: boolean
  /** The time for shrinking a failing case, in milliseconds; then the best case so far counts. Default: 15,000. */
  readonly shrinkTime?: number
  /**
   * The time for one requirement, in milliseconds; then it fails, with the best failing case so far or with the call that has no
   * answer. Default: 120,000, and as often as there are runs.
   */
  readonly timeout?: number
  /** The failing case to run again, and its requirement. */
  readonly replay?: { readonly key: string; readonly path: string }
}

/** Returns the time for shrinking. */
export const shrinkTimeOf = ({ shrinkTime = 15_000 }: Partial<Budget>): number => shrinkTime

/** No timer can be longer. */
export const longestTimer = 2 ** 31 - 1

/** Returns the time for one requirement. */
export const timeoutOf = ({ runs = 1, timeout }: Partial<Budget>): number =>
  timeout ?? Math.min(longestTimer, 120_000 * Math.max(1, runs))

export interface Requirement {
  /** The stable key, cited by known gaps: the law, a dot, a name. */
  readonly key: string
  /** The law of the port, or the rule or law of the documented behaviour, that it checks; or `harness`. */
  readonly law: string
  readonly sentence: string
  readonly needs: ReadonlyArray<Need>
  /** The least part of the suite to which it belongs. */
  readonly extent: Extent
  /** Rejects with a `RequirementViolated` if the store violates the law, with a `HarnessFailed` if the harness fails. */
  readonly run: (harness: Harness, budget: Budget) => Promise<void>
}

/** Thrown if the path to replay has no case: it belongs to another seed, or to another version of the suite. */
export class ReplayWrong extends Error {
  override readonly name = 'ReplayWrong'

  constructor({ key, path }: NonNullable<Budget['replay']>, options?: ErrorOptions) {
    super(`the path ${path} leads to no case of ${key}: it is of another seed, or of another version`, options)
  }
}

/** The details of a violation. */
export interface Violation {
  readonly requirement: Pick<Requirement, 'key' | 'law' | 'sentence'>
  readonly harness: string
  /** The observation in words, without any body. */
  readonly what: string
  readonly seed: number
  /** The path of the shrunk case, if a property failed. */
  readonly path?: string
  /** A remark, such as that shrinking took too long. */
  readonly note?: string
  /** The calls that led to the failure, to paste into a test. */
  readonly code: string
  readonly cause?: unknown
}

const messageOf = ({ requirement, seed, path, note, code }: Violation, seen: string): string => {
  const replay = path === undefined ? `${seed}` : `${seed}/${requirement.key}/${path}`
  return [
    seen,
    `  replay: USERPOINT_SEED='${replay}'`,
    ...(note === undefined ? [] : [`  note:   ${note}`]),
    '',
    code
  ].join('\n')
}

/** Thrown if a store violates a law; the message has the law, the replay, and the calls that led to the failure. */
export class RequirementViolated extends Error {
  override readonly name = 'RequirementViolated'
  readonly violation: Violation

  constructor(violation: Violation) {
    const { requirement, harness, what, cause } = violation
    const seen = `${requirement.sentence} (${requirement.key}, ${harness})\n\n  seen:   ${what}`
    super(messageOf(violation, seen), cause === undefined ? undefined : { cause })
    this.violation = violation
  }
}

/**
 * Thrown if a function of the harness fails, so that nothing can be said of the store. The message has the function and its
 * error; of a process, the exit code and the end of its standard error.
 */
export class HarnessFailed extends Error {
  override readonly name = 'HarnessFailed'
  readonly failure: Violation

  constructor(failure: Violation) {
    const { requirement, harness, what, cause } = failure
    const seen = `the harness ${harness} failed, not the store, in ${requirement.key}\n\n  seen:   ${what}`
    super(messageOf(failure, seen), cause === undefined ? undefined : { cause })
    this.failure = failure
  }
}
