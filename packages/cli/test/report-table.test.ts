import fc from 'fast-check'
import { expect, it } from 'vitest'
import { grouped } from '../src/report-table.ts'

it('groups the digits of a number as toLocaleString does', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (n) => {
      expect(grouped(n)).toBe(n.toLocaleString('en-US'))
    })
  )
})
