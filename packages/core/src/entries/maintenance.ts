/**
 * `@userpoint/core/maintenance`: the options and results of sweeps and purges, which the calls of an engine take and give; whether a
 * datamart was ever used; and the transfer of a datamart from one store to another.
 *
 * @module
 */
export type { PropertyRule, Retention } from '../domain/retention.ts'
export type { PurgeOutcome } from '../engine/maintenance/background-purge.ts'
export type { PurgeOptions, PurgeOwed, PurgeReport } from '../engine/maintenance/purge.ts'
export { isUnused } from '../engine/maintenance/unused.ts'
export type { ForgottenCounts, SweepOptions, SweepReport } from '../engine/maintenance/sweep.ts'
export {
  createRestore,
  type Restore,
  type RestoreOptions,
  type RestoreVerdict,
  type Transferred,
  transferredFrom
} from '../engine/maintenance/transfer.ts'
