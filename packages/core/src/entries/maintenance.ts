/**
 * `@userpoint/core/maintenance`: the options and results of sweeps and purges, which the calls of an engine take and give; and
 * whether a datamart was ever used.
 *
 * @module
 */
export type { PurgeOutcome } from '../engine/maintenance/background-purge.ts'
export type { PurgeOptions, PurgeOwed, PurgeReport } from '../engine/maintenance/purge.ts'
export { isUnused } from '../engine/maintenance/unused.ts'
export type { SweepOptions, SweepReport } from '../engine/maintenance/sweep.ts'
