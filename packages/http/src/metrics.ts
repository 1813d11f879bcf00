/** What a handler counts. Labels have few values, and none of them is anybody's. */

/** A port for counters. */
export interface Metrics {
  /** @param seconds How long it took. */
  readonly request: (method: string, route: string, status: number, seconds: number) => void
  /** Lines of executions, or users of Insider's requests, by what became of them. */
  readonly verdicts: (dialect: 'mediarithmics' | 'insider', verdict: string, count: number) => void
  /** An execution that came to its end, by its status. */
  readonly execution: (status: string) => void
  /** The page for a collector. */
  readonly page: () => Promise<{ readonly contentType: string; readonly text: string }>
}
