/**
 * A push-down automaton that finds the end of JSON values and the first character that is not JSON. It takes one character at
 * a time, so that the text may come in any pieces. It builds no values: `JSON.parse` does that, on the text of a complete value.
 */
import {
  backslash,
  closeArray,
  closeObject,
  colon,
  comma,
  isDigit,
  isWhitespace,
  lowerE,
  lowerU,
  minus,
  openArray,
  openObject,
  plus,
  point,
  quote,
  space,
  upperE,
  zero
} from '../../domain/characters.ts'

/** The result of a character: the value needs `more`, is `complete` with it, was `completeBefore` it, or has an `error`. */
export type Scanned = 'more' | 'complete' | 'completeBefore' | 'error'

type State =
  | 'value'
  | 'firstElement'
  | 'firstKey'
  | 'key'
  | 'colon'
  | 'afterValue'
  | 'string'
  | 'escape'
  | 'hex'
  | 'literal'
  | 'minus'
  | 'zero'
  | 'integer'
  | 'point'
  | 'fraction'
  | 'exponent'
  | 'exponentSign'
  | 'exponentDigits'

const code = (character: string): number => character.charCodeAt(0)
const escapes = new Set(['"', '\\', '/', 'b', 'f', 'n', 'r', 't'].map(code))
const literals = new Map(['true', 'false', 'null'].map((word) => [code(word), word]))
const numberEnds: ReadonlySet<State> = new Set(['zero', 'integer', 'fraction', 'exponentDigits'])

/** The states of a number that need a digit, and the state after it. */
const needsDigit: ReadonlyMap<State, State> = new Map([
  ['minus', 'integer'],
  ['point', 'fraction'],
  ['exponent', 'exponentDigits'],
  ['exponentSign', 'exponentDigits']
])

const isHexDigit = (c: number): boolean => isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66)

export interface JsonScanner {
  /** Takes the next character. After every result but `more` the scanner starts again. */
  readonly push: (c: number) => Scanned
  /** Ends the text: `completeBefore` if it ends a number, else `error`. */
  readonly end: () => Scanned
}

class Scanner implements JsonScanner {
  readonly #deepest: number
  #state: State = 'value'
  /** One character for each level: `{` or `[`. */
  #open: number[] = []
  #isKey = false
  #hexDigits = 0
  #literal = ''
  #literalAt = 0

  constructor(deepest: number) {
    this.#deepest = deepest
  }

  push(c: number): Scanned {
    switch (this.#state) {
      case 'string':
        return this.#inString(c)
      case 'escape':
        if (c !== lowerU) return escapes.has(c) ? this.#to('string') : this.#reset('error')
        this.#hexDigits = 0
        return this.#to('hex')
      case 'hex':
        if (!isHexDigit(c)) return this.#reset('error')
        this.#hexDigits++
        return this.#hexDigits === 4 ? this.#to('string') : 'more'
      case 'literal':
        if (c !== this.#literal.charCodeAt(this.#literalAt)) return this.#reset('error')
        this.#literalAt++
        return this.#literalAt === this.#literal.length ? this.#endValue() : 'more'
      case 'value':
      case 'firstElement':
      case 'firstKey':
      case 'key':
      case 'colon':
      case 'afterValue':
        return isWhitespace(c) ? 'more' : this.#between(c)
      default:
        return this.#inNumber(c)
    }
  }

  end(): Scanned {
    return this.#reset(this.#open.length === 0 && numberEnds.has(this.#state) ? 'completeBefore' : 'error')
  }

  #reset(result: Scanned): Scanned {
    this.#state = 'value'
    this.#open = []
    return result
  }

  #to(next: State): Scanned {
    this.#state = next
    return 'more'
  }

  #endValue(): Scanned {
    return this.#open.length === 0 ? this.#reset('complete') : this.#to('afterValue')
  }

  #openLevel(c: number): Scanned {
    if (this.#open.length === this.#deepest) return this.#reset('error')
    this.#open.push(c)
    return this.#to(c === openObject ? 'firstKey' : 'firstElement')
  }

  #closeLevel(c: number): Scanned {
    if (this.#open.at(-1) !== (c === closeObject ? openObject : openArray)) return this.#reset('error')
    this.#open.pop()
    return this.#endValue()
  }

  #startKey(c: number): Scanned {
    this.#isKey = true
    return c === quote ? this.#to('string') : this.#reset('error')
  }

  #startValue(c: number): Scanned {
    if (c === openObject || c === openArray) return this.#openLevel(c)
    if (c === quote) {
      this.#isKey = false
      return this.#to('string')
    }
    if (c === minus) return this.#to('minus')
    if (isDigit(c)) return this.#to(c === zero ? 'zero' : 'integer')
    const word = literals.get(c)
    if (word === undefined) return this.#reset('error')
    this.#literal = word
    this.#literalAt = 1
    return this.#to('literal')
  }

  #inString(c: number): Scanned {
    if (c === quote) return this.#isKey ? this.#to('colon') : this.#endValue()
    if (c === backslash) return this.#to('escape')
    return c < space ? this.#reset('error') : 'more'
  }

  #inNumber(c: number): Scanned {
    const state = this.#state
    const afterDigit = needsDigit.get(state)
    if (afterDigit !== undefined) {
      if (isDigit(c)) return this.#to(state === 'minus' && c === zero ? 'zero' : afterDigit)
      return state === 'exponent' && (c === plus || c === minus) ? this.#to('exponentSign') : this.#reset('error')
    }
    if (isDigit(c) && state !== 'zero') return 'more'
    if (c === point && (state === 'zero' || state === 'integer')) return this.#to('point')
    if ((c === lowerE || c === upperE) && state !== 'exponentDigits') return this.#to('exponent')
    // `01` and `1.2.3` are not numbers.
    return isDigit(c) || c === point || c === lowerE || c === upperE ? this.#reset('error') : this.#afterNumber(c)
  }

  /** Takes the character that ends a number, which belongs to the value around it. */
  #afterNumber(c: number): Scanned {
    if (this.#open.length === 0) return this.#reset('completeBefore')
    return isWhitespace(c) ? this.#to('afterValue') : this.#afterValue(c)
  }

  #afterValue(c: number): Scanned {
    if (c === comma) return this.#to(this.#open.at(-1) === openObject ? 'key' : 'value')
    return c === closeObject || c === closeArray ? this.#closeLevel(c) : this.#reset('error')
  }

  #between(c: number): Scanned {
    switch (this.#state) {
      case 'firstElement':
        return c === closeArray ? this.#closeLevel(c) : this.#startValue(c)
      case 'firstKey':
        return c === closeObject ? this.#closeLevel(c) : this.#startKey(c)
      case 'key':
        return this.#startKey(c)
      case 'colon':
        return c === colon ? this.#to('value') : this.#reset('error')
      case 'afterValue':
        return this.#afterValue(c)
      default:
        return this.#startValue(c)
    }
  }
}

/**
 * Creates a scanner at the start of a value.
 *
 * @param deepest The number of nested levels that it remembers; one more is an error. Input may be nothing but brackets.
 */
export const createJsonScanner = (deepest: number): JsonScanner => new Scanner(deepest)
