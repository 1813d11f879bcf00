/** The variables of a request, shared between middleware and routes. */
export interface Env {
  readonly Variables: {
    requestId: string
    /** The datamart of the request, once known. */
    datamart?: string
  }
}
