/** The functions of Either agree with those of fp-ts, which therefore take each other's values. */
import * as theirs from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { E } from '../../src/fp.ts'

describe('the functions of Either', () => {
  test('agree with those of fp-ts', () => {
    fc.assert(
      fc.property(fc.anything(), fc.boolean(), (value, isRight) => {
        const [ours, other] = isRight ? [E.right(value), theirs.right(value)] : [E.left(value), theirs.left(value)]
        expect(ours).toEqual(other)
        for (const each of [ours, other]) {
          expect([E.isLeft(each), E.isRight(each)]).toEqual([theirs.isLeft(each), theirs.isRight(each)])
        }
        expect(theirs.swap(theirs.swap(ours))).toEqual(ours)
      })
    )
  })
})
