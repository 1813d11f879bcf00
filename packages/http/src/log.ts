/** The log events of a handler; none contains personal data. */

/** One event. It names the route and not the path, which may contain identifiers. */
export type LogEvent =
  | {
      readonly _tag: 'Request'
      readonly requestId: string
      readonly method: string
      /** The route, such as `/v1/datamarts/:datamart/document_imports`; `*` for an unknown path. */
      readonly route: string
      readonly status: number
      readonly milliseconds: number
      readonly datamart: string | undefined
    }
  | {
      readonly _tag: 'RequestFailed'
      readonly requestId: string
      readonly route: string
      /** The name of the thrown error, with its code: `Error ENOSPC`. */
      readonly error: string
    }
  | {
      readonly _tag: 'Execution'
      readonly datamart: string
      readonly documentImport: string
      readonly execution: string
      readonly status: string
      readonly lines: number
      readonly error: string | undefined
    }
  | { readonly _tag: 'PurgeFailed'; readonly datamart: string; readonly error: string }
  | {
      /** A call of a store failed. It may be repeated with success; what fails because of it is another event. */
      readonly _tag: 'StoreFault'
      readonly datamart: string
      readonly call: 'load' | 'commit' | 'scan' | 'purge'
      /** The name of the thrown error, with its code: `StoreFault 55P03`. */
      readonly error: string
    }
  | {
      /** Finished executions that were removed with their files because of their age. */
      readonly _tag: 'Expired'
      readonly datamart: string
      readonly executions: number
    }
  | {
      /** Something in the spool that no handler wrote, or that is damaged; it was set aside. */
      readonly _tag: 'SetAside'
      /** The name within the spool. */
      readonly name: string
    }

/** Receives events. It must not throw; the handler does not wait for it. */
export type Log = (event: LogEvent) => void

/** Returns the name of a thrown error, and the code of a system or a database such as `ENOSPC` or `55P03`; its message may hold personal data. */
export const errorName = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error
  const code = 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z0-9][A-Z0-9_]{0,49}$/.test(code) ? `${error.name} ${code}` : error.name
}
