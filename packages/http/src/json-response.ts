/** Responses with a JSON body. */

/**
 * Returns a response with a value as its JSON body. It uses the constructor and not `Response.json`, because the faster
 * response classes of some servers support only the constructor.
 */
export const jsonResponse = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })
