/** The counters of a handler. Labels have few values, and none is personal data. */

/** Receives counts; a port for a metrics library. */
export interface Metrics {
  /** @param seconds The duration of the request. */
  readonly request: (method: string, route: string, status: number, seconds: number) => void
  /** Counts lines of executions, or users of Insider's requests, by verdict. */
  readonly verdicts: (dialect: 'mediarithmics' | 'insider', verdict: string, count: number) => void
  /** Counts a finished execution by its status. */
  readonly execution: (status: string) => void
  /** Returns the page that a collector scrapes. */
  readonly page: () => Promise<{ readonly contentType: string; readonly text: string }>
}
