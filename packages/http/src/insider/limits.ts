/** Limits of Insider's requests that belong to HTTP (B-19). */

/** The largest body of a request, in bytes. */
export const maxRequestBytes = 5_000_000
