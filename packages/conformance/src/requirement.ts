/**
 * A requirement is data: a law of the port made into something that can be run. Nothing here knows a test runner; what
 * fails is thrown as a `RequirementViolated`.
 */
import type { Harness } from './harness.ts'

/** What of the manifest must hold for a requirement to apply; a store for several processes has several handles too. */
export type Need = 'durable' | 'handles' | 'processes' | 'overlapping'

/** The number of random cases, and where they start. */
export interface Budget {
  /** Multiplies the number of random cases of every property; below 1 there are fewer, but at least one of each. */
  readonly runs: number
  readonly seed: number
  /** Whether a failing case is made as small as can be; without it a run that only asks whether there is one ends sooner. */
  readonly shrink: boolean
  /** The one failing case to run again, and the requirement it belongs to. */
  readonly replay?: { readonly key: string; readonly path: string }
}

export interface Requirement {
  /** Stable, cited by known gaps: the law, a dot, a name. */
  readonly key: string
  /** The law of the port, the rule or the law of the documented behaviour that it holds; or `harness`. */
  readonly law: string
  readonly sentence: string
  readonly needs: ReadonlyArray<Need>
  /** Rejects with a `RequirementViolated` where the store does not keep the law. */
  readonly run: (harness: Harness, budget: Budget) => Promise<void>
}

/** The path that is to be replayed leads to no case: it is of another seed, or of another version of the suite. */
export class ReplayWrong extends Error {
  override readonly name = 'ReplayWrong'

  constructor({ key, path }: NonNullable<Budget['replay']>, options?: ErrorOptions) {
    super(`the path ${path} leads to no case of ${key}: it is of another seed, or of another version`, options)
  }
}

/** Where and how a requirement was broken. */
export interface Violation {
  readonly requirement: Pick<Requirement, 'key' | 'law' | 'sentence'>
  readonly harness: string
  /** What was seen, in words: never a body. */
  readonly what: string
  readonly seed: number
  /** The shrunk case's path, where a property failed. */
  readonly path?: string
  /** The calls that led there, to be pasted into a test. */
  readonly code: string
  readonly cause?: unknown
}

/** A store does not keep a law; the message says which, how to replay it, and the calls that led there. */
export class RequirementViolated extends Error {
  override readonly name = 'RequirementViolated'
  readonly violation: Violation

  constructor(violation: Violation) {
    const { requirement, harness, what, seed, path, code, cause } = violation
    const replay = path === undefined ? `${seed}` : `${seed}/${requirement.key}/${path}`
    super(
      [
        `${requirement.sentence} (${requirement.key}, ${harness})`,
        '',
        `  seen:   ${what}`,
        `  replay: USERPOINT_SEED='${replay}'`,
        '',
        code
      ].join('\n'),
      cause === undefined ? undefined : { cause }
    )
    this.violation = violation
  }
}
