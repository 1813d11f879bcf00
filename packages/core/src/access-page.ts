/** The page of an access file. It is outside the domain, which knows no HTML. */
import type { Json, JsonObject } from './domain/json.ts'

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => escapes[sign] ?? '')

const shownDepth = 64

/** Returns a value as nested lists; what is too deep to read is JSON. */
const shown = (value: Json, depth: number): string => {
  if (typeof value !== 'object' || value === null)
    return escaped(typeof value === 'string' ? value : JSON.stringify(value))
  if (depth > shownDepth) return `<code>${escaped(JSON.stringify(value))}</code>`
  if (Array.isArray(value)) {
    const items = value.map((each: Json) => `<li>${shown(each, depth + 1)}</li>`)
    return items.length === 0 ? 'none' : `<ul>${items.join('')}</ul>`
  }
  const rows = Object.entries(value as JsonObject).map(
    ([name, each]) => `<dt>${escaped(name)}</dt><dd>${shown(each, depth + 1)}</dd>`
  )
  return rows.length === 0 ? 'none' : `<dl>${rows.join('')}</dl>`
}

const style =
  'body{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}dt{font-weight:bold}dd{margin:0 0 .5rem 1.5rem}' +
  'ul{padding-left:1.5rem}'

/**
 * Returns an access file as a page for people to read: HTML without scripts, links or anything from elsewhere. Every text of the file
 * is escaped.
 *
 * @param file A result of `accessFileOf`.
 */
export const accessPageOf = (file: JsonObject): string => {
  const { format: _format, version: _version, made, ...parts } = file
  const sections = Object.entries(parts).map(
    ([name, each]) => `<h2>${escaped(name[0]?.toUpperCase() ?? '')}${escaped(name.slice(1))}</h2>${shown(each, 0)}`
  )
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">' +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` +
    `<title>Your data</title><style>${style}</style></head><body><h1>Your data</h1>` +
    `<p>Everything that is kept about you, as of ${escaped(typeof made === 'string' ? made : '')}.</p>${sections.join('')}</body></html>\n`
  )
}
