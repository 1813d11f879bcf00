/**
 * A store's failure. `applied` is `false` if certainly nothing was written, and `undefined` if the outcome is unknown. `cause`
 * is the driver's own error; its text may hold personal data, so core never prints it.
 *
 * Stores may throw any object instead; core reads only `applied`.
 */
export class StoreFault extends Error {
  override readonly name = 'StoreFault'
  readonly applied: false | undefined

  constructor(message: string, options?: { readonly applied?: false; readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.applied = options?.applied
  }
}
