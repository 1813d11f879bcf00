/**
 * The page `/docs`: the description of the interface, rendered by Redoc. The page and its script come from this handler, so
 * it works without another network.
 */
import type { Context as HonoContext, Hono } from 'hono'
import type { Env } from './env.ts'
import { Problem } from './mediarithmics/envelope.ts'

/** Returns the text of Redoc's bundle, or `undefined` if it is not installed. */
export type DocsScript = () => Promise<string | undefined>

const style =
  'body{margin:0;font:16px/1.5 system-ui,sans-serif}main{max-width:40rem;margin:2rem auto;padding:0 1rem}' +
  'code{overflow-wrap:anywhere}'

const pageOf = (content: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>userpoint</title><meta name="viewport" content="width=device-width,initial-scale=1"><style>${style}</style></head><body>${content}</body></html>\n`

const rendered = pageOf('<redoc spec-url="openapi.json"></redoc><script src="docs/redoc.js"></script>')

const missing = pageOf(
  '<main><h1>userpoint</h1><p><a href="openapi.json">openapi.json</a> describes every call. ' +
    'To read it here, install the package <code>redoc</code> and give the handler <code>readDocsScript</code> ' +
    'of <code>@userpoint/http/node</code> as its option <code>docsScript</code>.</p></main>'
)

// Redoc puts its styles into the page, and searches in a worker of its own.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; " +
  "font-src 'self' data:; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Adds the page and its script to a handler. */
export const addDocs = (app: Hono<Env>, read: DocsScript = async () => undefined): void => {
  let script: Promise<string | undefined> | undefined
  const load = (): Promise<string | undefined> => (script ??= read())
  app.get('/docs', async (call: HonoContext<Env>) => {
    call.header('content-security-policy', policy)
    return call.html((await load()) === undefined ? missing : rendered)
  })
  app.get('/docs/redoc.js', async () => {
    const text = await load()
    if (text === undefined) throw new Problem('NOT_FOUND')
    return new Response(text, { headers: { 'content-type': 'text/javascript; charset=utf-8' } })
  })
}
