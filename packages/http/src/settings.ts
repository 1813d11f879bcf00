/** The options of a handler: datamarts, tokens, spool and limits. */
import type { Bounds, Policies, RuntimeOptions } from '@userpoint/core'
import type { RateLimiter } from './insider/access.ts'
import type { IdentitySettings } from '@userpoint/core/insider'
import type { Repository } from '@userpoint/core/repository'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Spool } from './spool.ts'

/** One datamart and its store. */
export interface DatamartSettings {
  /**
   * The datamart's store, or several handles on it for concurrent requests. The handler makes one call at a time on a handle,
   * and never closes it.
   */
  readonly repository: Repository | ReadonlyArray<Repository>
  /** Policies for documents; omitted ones default to core's `defaultPolicies`. */
  readonly policies?: Partial<Policies>
  /** Bounds on lines; omitted ones default to core's `defaultBounds`. */
  readonly bounds?: Partial<Bounds>
  /** The partner whose Insider requests use this datamart, in lower case. */
  readonly partner?: string
  /** Identity settings of Insider's dialect; omitted ones default to core's `defaultIdentitySettings`. */
  readonly identity?: Partial<IdentitySettings>
}

/** A token that opens one datamart. The settings hold only its digest. */
export interface TokenSettings {
  /** The token's SHA-256, as 64 hexadecimal digits. */
  readonly sha256: string
  /** The id of the datamart. */
  readonly datamart: string
}

/** Limits of requests. */
export interface Limits {
  /** The largest upload of an execution, in bytes; default 1 GiB. The vendor advises 100 MB. */
  readonly uploadBytes: number
  /** The largest body of any other mediarithmics request, in bytes; default 1 MiB, at most 5,000,000. */
  readonly bodyBytes: number
  /** The longest pause of a sender within a body, in milliseconds; default 30,000. */
  readonly idleMilliseconds: number
  /** The number of upserts and attribute deletions of a partner in one minute, together; default 25,000 (B-24). */
  readonly requestsPerMinute: number
}

export const defaultLimits: Limits = {
  uploadBytes: 1_073_741_824,
  bodyBytes: 1_048_576,
  idleMilliseconds: 30_000,
  requestsPerMinute: 25_000
}

export interface HandlerOptions extends Pick<RuntimeOptions, 'clock' | 'newId'> {
  /** The datamarts by their ids: 1 to 64 letters, digits, `_` and `-`. */
  readonly datamarts: Readonly<Record<string, DatamartSettings>>
  readonly tokens: ReadonlyArray<TokenSettings>
  /** Stores uploads, their records, and their error files. */
  readonly spool: Spool
  readonly limits?: Partial<Limits>
  /** Replaces the handler's own rate limiter, which counts within one process (B-24). */
  readonly rateLimiter?: RateLimiter
  /** Receives an event for each request and each execution, without personal data. */
  readonly log?: Log
  /** Counts requests and verdicts, and serves `/metrics`; without it `/metrics` is 404. */
  readonly metrics?: Metrics
  /**
   * The delay between a deletion and the purge of the store, in milliseconds; default 60,000. One purge covers all deletions
   * within the delay. A purge can take long, and some stores do nothing else meanwhile.
   */
  readonly purgeDelay?: number
}
