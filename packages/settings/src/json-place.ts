/** Finds where a text is no JSON any more. Parsers do not agree on whether they tell. */

const space = /[ \t\n\r]*/y
const text = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const plain = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const comma = /,/y
const colon = /:/y
const object = { open: /\{/y, close: /\}/y }
const array = { open: /\[/y, close: /\]/y }

// Settings are nested a few levels deep.
const deepest = 200

/** Returns the number of the line, from 1, where a text that is not JSON breaks. */
export const brokenLine = (source: string): number => {
  let at = 0
  let depth = 0
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.exec(source)
    if (found === null) return false
    at = pattern.lastIndex
    return true
  }
  const after = (pattern: RegExp): boolean => {
    const before = at
    take(space)
    if (take(pattern)) return true
    at = before
    return false
  }
  const listed = (close: RegExp, each: () => boolean): boolean => {
    if (after(close)) return true
    do {
      if (!each()) return false
    } while (after(comma))
    return after(close)
  }
  const nested = (close: RegExp, each: () => boolean): boolean => {
    depth++
    const isWhole = depth <= deepest && listed(close, each)
    depth--
    return isWhole
  }
  const value = (): boolean => {
    if (after(object.open)) return nested(object.close, member)
    return after(array.open) ? nested(array.close, value) : after(text) || after(plain)
  }
  const member = (): boolean => after(text) && after(colon) && value()
  value()
  // The next token is the wrong one; at the end, the last one was.
  const end = at
  take(space)
  return source.slice(0, at === source.length ? end : at).split('\n').length
}
