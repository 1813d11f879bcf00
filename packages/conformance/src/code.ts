/** Prints calls as source code, to paste a failing history into a test. Long values are truncated. */
import type { Json } from '@userpoint/core/repository'

const longestText = 120
const longestBody = 300

/** The length of a list before it is truncated; one item is always shown. */
export type Room = 'wide' | 'narrow'

const longestList: Readonly<Record<Room, number>> = { wide: 1_500, narrow: 150 }

/** Returns a text as a JavaScript literal, of any length. */
export const quoted = (value: string): string => {
  const escaped = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${escaped.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`
}

const text = (value: string): string => {
  if (value.length <= longestText) return quoted(value)
  const first = value.charAt(0)
  if (value === first.repeat(value.length)) return `${quoted(first)}.repeat(${value.length})`
  return `${quoted(value.slice(0, longestText))} /* cut: ${value.length} units */`
}

const key = (name: string): string => {
  if (name === '__proto__' || name.length > longestText) return `[${text(name)}]`
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : quoted(name)
}

const list = (values: ReadonlyArray<Json>, room: Room): string => {
  const items: Array<string> = []
  let length = 0
  for (const value of values) {
    const item = print(value, room)
    length += item.length
    if (items.length > 0 && length > longestList[room]) return `[${items.join(', ')} /* cut: ${values.length} items */]`
    items.push(item)
  }
  return `[${items.join(', ')}]`
}

const entry = ([name, value]: [string, Json], room: Room): string => {
  const literal = print(value, room)
  if (name === 'body' && literal.length > longestBody) return `body: {} /* cut: ${literal.length} characters */`
  return `${key(name)}: ${literal}`
}

/** Returns a JSON value, `undefined`, or a `Map` of them as a JavaScript literal. */
export const print = (value: unknown, room: Room = 'wide'): string => {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return list(value, room)
  if (value === null || typeof value !== 'object') return String(value)
  if (value instanceof Map) return `new Map(${list([...value], room)})`
  const entries = Object.entries(value).map((one) => entry(one, room))
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}
