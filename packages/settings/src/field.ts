/** The fields of the schema: each says what it takes, for messages and for editors. */
import * as z from 'zod'

const quoted = (words: ReadonlyArray<string>): string => words.map((word) => `"${word}"`).join(' or ')

/** Returns a field that is one of these words. */
export const word = <const A extends string>(...words: ReadonlyArray<A>) =>
  z.enum(words as unknown as [A, ...A[]], { error: quoted(words) })

/** Returns a field of text of this shape. */
export const text = (shape: RegExp, expected: string) => z.string({ error: expected }).regex(shape, { error: expected })

export const someText = text(/[^]/, 'text that is not empty')

export const flag = z.boolean({ error: 'true or false' })

/** Returns a field of a whole number from `least` to `most`. */
export const wholeNumber = (least: number, most: number = Number.MAX_SAFE_INTEGER) => {
  const upTo = most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most.toLocaleString('en')}`
  const error = `a whole number from ${least}${upTo}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

/** Returns a field of a list. */
export const listOf = <A extends z.ZodType>(element: A, of: string) =>
  z.array(element, { error: `a list of ${of}` }).readonly()

/** Returns a field of an object that has these fields and no other: an unknown one is most likely misspelt. */
export const objectOf = <Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape) => {
  const names = Object.keys(shape).filter((name) => !name.startsWith('$'))
  return z
    .strictObject(shape, {
      error: ({ code }) => (code === 'unrecognized_keys' ? `one of ${names.join(', ')}` : 'an object')
    })
    .readonly()
}
