/** The methods that a path has, for `Allow` and `OPTIONS` (RFC 9110). */
import type { Hono } from 'hono'
import type { Env } from './env.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Returns the methods of a path as `Allow` lists them, or `undefined` for a path that has none. */
export const allowOf = ({ router }: Hono<Env>, path: string): string | undefined => {
  // Middleware matches every path, with `ALL` as its method.
  const has = (method: string): boolean => router.match(method, path)[0].some(([[, route]]) => route.method === method)
  const found = methods.filter(has)
  if (found.length === 0) return undefined
  return [...found.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'].join(', ')
}

/** Returns the answer to `OPTIONS`. */
export const optionsAnswer = (allow: string): Response => new Response(null, { status: 204, headers: { allow } })
