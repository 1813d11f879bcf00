/** How the program ends, as the shell sees it. */
export const exitCode = {
  /** It ran to its end; lines or users may have been rejected. */
  done: 0,
  /** The store, the input or an output failed. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** A document or a request was rejected as a whole, and nothing of it was applied; or an execution is another import's. */
  refused: 3,
  /** There is no such user point. */
  notFound: 4
} as const
