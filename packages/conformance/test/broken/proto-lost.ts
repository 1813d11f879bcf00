import type { JsonObject } from '@userpoint/core/repository'
import type { BrokenStore } from './small-store.ts'

const rebuilt = (_: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const out: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) out[key] = inner
  return out
}

/** Builds objects by assignment, so that a `__proto__` key becomes a prototype. */
export const protoLost: BrokenStore = {
  name: 'proto lost',
  breaks: 'PO-4.bodies',
  parts: { decode: (text) => JSON.parse(text, rebuilt) as JsonObject }
}
