/**
 * `@userpoint/core/feed`: the changes that an engine's feed tells, and the options of reading them.
 *
 * @module
 */
export type { ChangedPath } from '../domain/changed-paths.ts'
export type { Absorbed, ChangeOrigin } from '../engine/transaction/feed-entry.ts'
export type { Acknowledging } from '../engine/feed/acknowledgements.ts'
export type { Change, ChangesOptions, Present } from '../engine/feed/changes.ts'
export { FeedFault, type FeedFaultCode } from '../engine/feed/feed-fault.ts'
export type { ForgetReport } from '../engine/feed/forget.ts'
