/** What a request carries from one part of the handler to the next. */
export interface Env {
  readonly Variables: {
    requestId: string
    /** The datamart that the request is about, once that is known. */
    datamart?: string
  }
}
