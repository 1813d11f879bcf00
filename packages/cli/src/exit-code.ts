/** The exit codes of the program. */
export const exitCode = {
  /** It ran to the end; lines or users may have been rejected. */
  done: 0,
  /** The store, the input or an output failed. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** A document or request was rejected as a whole and not applied, the execution id belongs to another import, or a restore met others. */
  refused: 3,
  /** The user point, receipt, suppression or consumer does not exist. */
  notFound: 4,
  /** Another server owns the spool. */
  taken: 5
} as const
