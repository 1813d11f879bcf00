/**
 * A store's failure. `applied` says what became of the batch: `false`: nothing was written, for certain; `undefined`:
 * nobody knows. `cause` is the driver's own error; its text may hold personal data, so core never prints it.
 *
 * Stores may throw any object instead; core looks at `applied` alone.
 */
export class StoreFault extends Error {
  override readonly name = 'StoreFault'
  readonly applied: false | undefined

  constructor(message: string, options?: { readonly applied?: false; readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.applied = options?.applied
  }
}
