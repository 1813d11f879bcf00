/** What a handler tells of its work: who came when, what became of it, and nothing of anybody's data. */

/** One thing that happened. Paths are those of routes, so that no identifier is in them. */
export type LogEvent =
  | {
      readonly _tag: 'Request'
      readonly requestId: string
      readonly method: string
      /** The route, such as `/v1/datamarts/:datamart/document_imports`; `*` where there is none. */
      readonly route: string
      readonly status: number
      readonly milliseconds: number
      readonly datamart: string | undefined
    }
  | {
      readonly _tag: 'RequestFailed'
      readonly requestId: string
      readonly route: string
      /** The name of what was thrown, or of the engine's error. */
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
  | { readonly _tag: 'PurgeFailed'; readonly datamart: string }

/** Must not throw, and is not waited for. */
export type Log = (event: LogEvent) => void

/** The name of what was thrown. Messages may hold anything. */
export const errorName = (error: unknown): string => (error instanceof Error ? error.name : typeof error)
