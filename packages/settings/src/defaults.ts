/** Complete settings, and those of a datamart that has none of its own. No schema is needed to know them. */
import { type Bounds, defaultBounds, defaultPolicies, type Policies, type RejectionLimit } from '@userpoint/core'
import { defaultIdentitySettings, type IdentitySettings } from '@userpoint/core/insider'
import type { Retention } from '@userpoint/core/maintenance'

/** Limits of a datamart's documents and requests. */
export interface Limits {
  /** Rejects a document as a whole, before any line is applied, if more of its lines are wrong; `undefined`: no limit. */
  readonly maxRejected: RejectionLimit | undefined
  /** The largest upload of an execution to a server, in bytes; default 1 GiB. The vendor advises 100 MB. */
  readonly uploadBytes: number
  /** The largest body of any other mediarithmics request, in bytes; default 1 MiB, at most 5,000,000. */
  readonly bodyBytes: number
  /** The longest pause of a sender within a body, in milliseconds; default 30,000. */
  readonly idleMilliseconds: number
  /** The time that a sender has for a body other than an upload, in milliseconds; default 120,000. */
  readonly bodyMilliseconds: number
  /** The least rate of a sender within a body, after its first 10 seconds, in bytes a second; default 2,048. */
  readonly bytesPerSecond: number
  /** The number of requests of a datamart that may be at work at once; more are refused; default 64. */
  readonly requestsAtOnce: number
  /** The number of executions of a datamart that are applied at once; more wait; default 2. */
  readonly executionsAtOnce: number
  /** The age at which a finished execution of a server is removed with its files, in hours; default 720, at least 24. */
  readonly executionsKeptHours: number
  /** The number of upserts and attribute deletions of a partner in one minute, together; default 25,000 (B-24). */
  readonly requestsPerMinute: number
}

/** The settings for receipts and suppressions, which need a key. */
export interface ErasureSettings {
  /** The file of the key, for the command line and the server; a program gives the key itself. `undefined`: no file. */
  readonly keyFile: string | undefined
  /** The environment variable that holds the key, for the command line and the server. `undefined`: none. */
  readonly keyVariable: string | undefined
  /** The key file of an encrypted store (`@userpoint/keys`), for the command line and the server. `undefined`: it is not encrypted. */
  readonly documentKeys: string | undefined
  /** `keyed` (the default): the store keeps keyed digests in place of claims, so that identifiers can be suppressed. */
  readonly claims: 'keyed' | 'plain'
}

/** The limits of a datamart whose settings have none. */
export const defaultLimits: Limits = {
  maxRejected: undefined,
  uploadBytes: 1_073_741_824,
  bodyBytes: 1_048_576,
  idleMilliseconds: 30_000,
  bodyMilliseconds: 120_000,
  bytesPerSecond: 2_048,
  requestsAtOnce: 64,
  executionsAtOnce: 2,
  executionsKeptHours: 720,
  requestsPerMinute: 25_000
}

/** The feed of changes. */
export interface Feed {
  /** `on`: each batch that changes people also stores an entry that tells of it. */
  readonly state: 'on' | 'off'
  /** The age at which entries are dropped although a consumer lacks them, in hours; default 168. */
  readonly keptHours: number
}

/** Settings that are checked, with every default filled in. They are settings too: completing them again changes nothing. */
export interface CompleteSettings {
  readonly datamart: string | undefined
  readonly partner: string | undefined
  readonly policies: Policies
  readonly identity: IdentitySettings
  readonly bounds: Bounds
  readonly limits: Limits
  readonly erasure: ErasureSettings
  readonly retention: Retention
  readonly feed: Feed
  readonly tokens: ReadonlyArray<{ readonly sha256: string }>
}

/** The settings of a datamart that has none of its own: what `completeSettings` returns for no settings. */
export const defaultSettings: CompleteSettings = {
  datamart: undefined,
  partner: undefined,
  policies: defaultPolicies,
  identity: defaultIdentitySettings,
  bounds: defaultBounds,
  limits: defaultLimits,
  erasure: { keyFile: undefined, keyVariable: undefined, documentKeys: undefined, claims: 'keyed' },
  retention: { properties: [], profiles: undefined, memberships: undefined, people: undefined },
  feed: { state: 'off', keptHours: 168 },
  tokens: []
}
