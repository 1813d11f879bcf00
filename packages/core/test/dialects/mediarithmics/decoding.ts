/** Decodes a line, in a short form for assertions. */
import type { Command } from '../../../src/command/command.ts'
import type { Decoded } from '../../../src/command/decoded.ts'
import { type Bounds, defaultBounds } from '../../../src/command/decode-line.ts'
import { type DocumentType, decodeLine } from '../../../src/dialects/mediarithmics/document.ts'
import { defaultPolicies, type Policies } from '../../../src/command/policies.ts'
import { type CompartmentId, parseCompartmentId } from '../../../src/domain/compartment.ts'
import { E } from '../../../src/fp.ts'

/** The policies that a test sets; the others are the defaults. */
export type Settings = Partial<Policies & Bounds>

const decode = (type: DocumentType, line: unknown, settings: Settings) => {
  const policies = { ...defaultPolicies, ...settings }
  return decodeLine(type, line, policies, { ...defaultBounds, ...settings })
}

/** Returns the code and path of the line's rejection, or `accepted`. */
export const faultOf = (type: DocumentType, line: unknown, settings: Settings = {}): string => {
  const decoded = decode(type, line, settings)
  if (E.isRight(decoded)) return 'accepted'
  const { code, path } = decoded.left
  return path === undefined ? code : `${code} at ${path}`
}

export const decodedOf = (type: DocumentType, line: unknown, settings: Settings = {}): Decoded => {
  const decoded = decode(type, line, settings)
  if (E.isLeft(decoded)) throw new Error(`the line is rejected: ${faultOf(type, line, settings)}`)
  return decoded.right
}

export const commandOf = (type: DocumentType, line: unknown, settings: Settings = {}): Command =>
  decodedOf(type, line, settings).command

/** Each warning as its code and path. */
export const warningsOf = (type: DocumentType, line: unknown, settings: Settings = {}): ReadonlyArray<string> =>
  decodedOf(type, line, settings).warnings.map(({ code, path }) => `${code} at ${path}`)

export const compartment = (id: string | number): CompartmentId => {
  const parsed = parseCompartmentId(id)
  if (parsed === undefined) throw new Error('not a compartment')
  return parsed
}

/** A value nested so deeply in arrays. */
export const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = [value]
  return value
}
