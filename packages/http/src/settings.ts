/** What a handler is given: datamarts, tokens, a place for uploads, and bounds. */
import type { Bounds, IdentitySettings, Policies, RateLimiter, RuntimeOptions } from '@userpoint/core'
import type { Repository } from '@userpoint/core/repository'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Spool } from './spool.ts'

/** One datamart, and the store that it is kept in. */
export interface DatamartSettings {
  /**
   * The datamart's store, or several handles on it, which are used at the same time. The handler uses a handle for one call
   * at a time, and never closes it.
   */
  readonly repository: Repository | ReadonlyArray<Repository>
  /** What documents leave open; core's `defaultPolicies` where it says nothing. */
  readonly policies?: Partial<Policies>
  /** What a line may hold; core's `defaultBounds` where it says nothing. */
  readonly bounds?: Partial<Bounds>
  /** The name of the partner whose requests in Insider's dialect are about this datamart, in lower case. */
  readonly partner?: string
  /** What identifies in Insider's dialect; core's `defaultIdentitySettings` where it says nothing. */
  readonly identity?: Partial<IdentitySettings>
}

/** A token that opens one datamart. The token itself is nowhere in the settings. */
export interface TokenSettings {
  /** The token's SHA-256, as 64 hexadecimal digits. */
  readonly sha256: string
  /** The id of the datamart. */
  readonly datamart: string
}

/** Bounds on what one request may ask for. */
export interface Limits {
  /** Longest upload of an execution, in bytes; 1 GiB unless given. The vendor advises 100 MB. */
  readonly uploadBytes: number
  /** Longest body of any other request in mediarithmics' dialect, in bytes; 1 MiB unless given, at most 5,000,000. */
  readonly bodyBytes: number
  /** How long a request may send nothing while its body is read, in milliseconds; 30,000 unless given. */
  readonly idleMilliseconds: number
  /** How many requests a partner may send within a minute, upserts and deletions of attributes together; 25,000 (B-24). */
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
  /** Keeps uploads, what is known of them, and their error files. */
  readonly spool: Spool
  readonly limits?: Partial<Limits>
  /** Counts requests of partners in the place of the handler's own counter, which knows one process (B-24). */
  readonly rateLimiter?: RateLimiter
  /** Is told of every request and of executions; nothing in it is personal. */
  readonly log?: Log
  /** Counts requests and verdicts, and serves `/metrics`; without it there is no such page. */
  readonly metrics?: Metrics
  /**
   * How long after work that deleted something the store is purged, in milliseconds; 60,000 unless given. Deletions that
   * come meanwhile are purged with it. A purge may take long, and a store may do nothing else meanwhile.
   */
  readonly purgeDelay?: number
}
