/** The counters of a handler. Labels have few values, and none is personal data. */

/** A server as it is at a moment. */
export interface ServerState {
  /** The reasons that it takes no requests, as `/readyz` answers; empty: it takes them. */
  readonly notReady: ReadonlyArray<string>
  /** The executions that run here, by datamart. */
  readonly running: ReadonlyMap<string, number>
  /** Those that are accepted and wait; on a shared spool those of all servers. */
  readonly waiting: ReadonlyMap<string, number>
  /** The queues of a shared spool that this server has the lease of; 0 on a spool of its own. */
  readonly leases: number
  /** The purges that deletions owe, by datamart, with the age of the oldest in seconds; absent: the store did not say. */
  readonly purgeOwed: ReadonlyMap<string, { readonly batches: number; readonly seconds: number }>
}

/** Receives counts; a port for a metrics library. */
export interface Metrics {
  /** @param seconds The duration of the request. */
  readonly request: (method: string, route: string, status: number, seconds: number) => void
  /** Counts lines of executions, or users of Insider's requests, by verdict. */
  readonly verdicts: (dialect: 'mediarithmics' | 'insider', verdict: string, count: number) => void
  /** Counts a finished execution by its status. */
  readonly execution: (status: string) => void
  /** Counts finished executions that were removed because of their age. */
  readonly expired?: (count: number) => void
  /** Counts a failed call of a store, of one that is repeated with success too. */
  readonly storeFault?: (call: 'load' | 'commit' | 'scan' | 'purge') => void
  /** Returns the page that a collector scrapes. @param state What the server looks like now. */
  readonly page: (state: ServerState) => Promise<{ readonly contentType: string; readonly text: string }>
}
