/** Answers of JSON. */

/**
 * A response with a value as its body. Its text and headers are given to the constructor, and not made by `Response.json`:
 * servers have faster responses of their own, which know no other way.
 */
export const jsonResponse = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })
