/** The options of a handler: datamarts, tokens, spool and limits. */
import type { RuntimeOptions } from '@userpoint/core'
import type { RateLimiter } from './insider/access.ts'
import {
  aFunction,
  milliseconds,
  type OptionNames,
  type OptionValues,
  type Repository
} from '@userpoint/core/repository'
import type { Limits, Settings } from '@userpoint/settings'
import type { DocsScript } from './docs-page.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Spool } from './spool.ts'

/** One datamart: its store, and its settings as a file has them. Omitted ones have their defaults. */
export interface DatamartSettings extends Settings {
  /**
   * The datamart's store, or several handles on it for concurrent requests. The handler makes one call at a time on a handle,
   * and never closes it.
   */
  readonly repository: Repository | ReadonlyArray<Repository>
  /** The key of the datamart: 32 random bytes or more. With it each erasure leaves a receipt (L-38) and may suppress (L-37). */
  readonly erasureKey?: Uint8Array
}

/** A token that opens one datamart. The settings hold only its digest. */
export interface TokenSettings {
  /** The token's SHA-256, as 64 hexadecimal digits. */
  readonly sha256: string
  /** The id of the datamart. */
  readonly datamart: string
}

export interface HandlerOptions extends Pick<RuntimeOptions, 'clock' | 'newId'> {
  /** The datamarts by their ids: 1 to 64 letters, digits, `_` and `-`. */
  readonly datamarts: Readonly<Record<string, DatamartSettings>>
  /** Tokens besides those that the datamarts list. */
  readonly tokens?: ReadonlyArray<TokenSettings>
  /**
   * Stores uploads, their records, and their error files. `store`: in the store of each datamart, so that several handlers on
   * it share them, and any of them finishes what another one has accepted.
   */
  readonly spool: Spool | 'store'
  /** Limits of datamarts that have none of their own. */
  readonly limits?: Partial<Limits>
  /** The number of requests that may be at work at once, in all; more are refused (503). Default: 512. */
  readonly requestsAtOnce?: number
  /** Replaces the handler's own rate limiter, which counts within one process (B-24). */
  readonly rateLimiter?: RateLimiter
  /**
   * Returns the script of the page `/docs`: `readDocsScript` of `@userpoint/http/node`. Without it the page names the
   * description alone.
   */
  readonly docsScript?: DocsScript
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

export const handlerOptions: OptionNames<HandlerOptions> = {
  clock: 'needed',
  newId: 'needed',
  datamarts: 'needed',
  tokens: 'optional',
  spool: 'needed',
  limits: 'optional',
  requestsAtOnce: 'optional',
  rateLimiter: 'optional',
  docsScript: 'optional',
  log: 'optional',
  metrics: 'optional',
  purgeDelay: 'optional'
}

/** A value that has these calls. */
const withCalls = (expected: string, ...names: ReadonlyArray<string>) => ({
  holds: (value: unknown) => names.every((name) => typeof Reflect.get(Object(value) as object, name) === 'function'),
  expected
})

const aSpool = withCalls('a spool, or store', 'claim', 'get', 'put')

export const handlerValues: OptionValues<HandlerOptions> = {
  datamarts: { holds: (value) => typeof value === 'object' && value !== null, expected: 'an object, by ids' },
  tokens: { holds: Array.isArray, expected: 'an array' },
  spool: { holds: (value) => value === 'store' || aSpool.holds(value), expected: aSpool.expected },
  limits: {
    holds: (value) => Object.prototype.toString.call(value) === '[object Object]',
    expected: 'an object with limits'
  },
  requestsAtOnce: { holds: (value) => Number.isInteger(value) && Number(value) > 0, expected: '1 or more' },
  rateLimiter: withCalls('an object with a function take', 'take'),
  docsScript: aFunction,
  log: aFunction,
  metrics: withCalls('such as createPrometheusMetrics() returns', 'request', 'verdicts'),
  purgeDelay: milliseconds
}
