/**
 * The parts of a request's text: the members of its object, and the elements of `users`. They are found without parsing them,
 * so that each user can be parsed alone, with its own faults and bounds.
 */
import {
  closeArray,
  closeObject,
  colon,
  comma,
  isWhitespace,
  openArray,
  openObject,
  quote
} from '../../domain/characters.ts'
import { endOfText } from '../../domain/json-bounds.ts'

/** A member of the request's object: its key, and the text of its value. */
interface Member {
  readonly key: string
  readonly value: string
}

/** The parts of a request. Each is a text of JSON if the whole text is. */
export interface RequestText {
  /** The members but the arrays of users. */
  readonly members: ReadonlyArray<Member>
  /** The elements of each array of users. */
  readonly users: ReadonlyArray<ReadonlyArray<string>>
}

/** The greatest number of parts that are told apart. */
export interface MostParts {
  readonly members: number
  readonly users: number
}

/** The reason that a request has no parts. */
export type NoParts = 'NOT_AN_OBJECT' | 'TOO_MANY_MEMBERS' | 'TOO_MANY_USERS'

class Refused extends Error {
  readonly code: NoParts

  constructor(code: NoParts) {
    super(code)
    this.code = code
  }
}

const noObject = (): Refused => new Refused('NOT_AN_OBJECT')

/** Returns a key as it is meant. */
const keyOf = (written: string): string => {
  if (written.charCodeAt(0) !== quote) throw noObject()
  try {
    return JSON.parse(written) as string
  } catch {
    throw noObject()
  }
}

class Reader {
  #at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** Returns the next character that is not white space, without taking it; NaN at the end. */
  next(): number {
    while (isWhitespace(this.#text.charCodeAt(this.#at))) this.#at++
    return this.#text.charCodeAt(this.#at)
  }

  /** Takes this character if it is the next one. */
  takes(c: number): boolean {
    if (this.next() !== c) return false
    this.#at++
    return true
  }

  expect(c: number): void {
    if (!this.takes(c)) throw noObject()
  }

  /** Takes a value, up to its last bracket or quote, or to what ends a scalar. Returns its text. */
  value(): string {
    const first = this.next()
    const start = this.#at
    if (first === quote) this.#at = endOfText(this.#text, start) + 1
    else if (first === openObject || first === openArray) this.#passNested()
    else this.#passScalar()
    if (this.#at === start) throw noObject()
    return this.#text.slice(start, this.#at)
  }

  /** Calls `read` for each item up to `close`, with commas between them. */
  items(close: number, read: () => void): void {
    if (this.takes(close)) return
    do read()
    while (this.takes(comma))
    this.expect(close)
  }

  #passNested(): void {
    // In variables of this call, because a sender may write five megabytes here.
    const text = this.#text
    let at = this.#at
    let depth = 0
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at)
      if (c === quote) at = endOfText(text, at)
      else if (c === openObject || c === openArray) depth++
      else if (c === closeObject || c === closeArray) depth--
      if (depth === 0) {
        at++
        break
      }
    }
    this.#at = at
  }

  #passScalar(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text.charCodeAt(this.#at)
      if (c === comma || c === closeObject || c === closeArray || isWhitespace(c)) return
    }
  }
}

/** Returns the parts of a request's text, or why it has none. */
export const partsOfRequest = (text: string, most: MostParts): RequestText | NoParts => {
  const reader = new Reader(text)
  const members: Member[] = []
  const users: Array<ReadonlyArray<string>> = []
  const readUsers = (): void => {
    const elements: string[] = []
    reader.expect(openArray)
    reader.items(closeArray, () => {
      if (elements.length === most.users) throw new Refused('TOO_MANY_USERS')
      elements.push(reader.value())
    })
    users.push(elements)
  }
  const readMember = (): void => {
    if (members.length + users.length === most.members) throw new Refused('TOO_MANY_MEMBERS')
    const key = keyOf(reader.value())
    reader.expect(colon)
    if (key === 'users' && reader.next() === openArray) readUsers()
    else members.push({ key, value: reader.value() })
  }
  try {
    reader.expect(openObject)
    reader.items(closeObject, readMember)
    return Number.isNaN(reader.next()) ? { members, users } : 'NOT_AN_OBJECT'
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
}
