/** The errors of reading the feed. */

/**
 * The reason why a consumer cannot go on.
 *
 * - `CHANGES_LOST`: changes that it had not read were dropped, because they were too old. Forget the consumer, and begin anew.
 * - `CONSUMER_TAKEN`: another reader continues in the name of this consumer, or the transaction in which it acknowledged was
 *   rolled back. Begin to read again.
 * - `WRITES_CONFLICT`: a document or a claim that is written beside an acknowledgement has changed. Nothing was written.
 */
export type FeedFaultCode = 'CHANGES_LOST' | 'CONSUMER_TAKEN' | 'WRITES_CONFLICT'

const messages: Readonly<Record<FeedFaultCode, string>> = {
  CHANGES_LOST: 'changes that the consumer had not read were dropped; forget the consumer, and begin anew',
  CONSUMER_TAKEN: 'another reader continues for this consumer, or its transaction was rolled back; read again',
  WRITES_CONFLICT: 'a document that is written beside the acknowledgement has changed; nothing was written'
}

/** A consumer of the feed cannot go on. The store itself did not fail. */
export class FeedFault extends Error {
  override readonly name = 'FeedFault'
  readonly code: FeedFaultCode

  constructor(code: FeedFaultCode) {
    super(messages[code])
    this.code = code
  }
}
