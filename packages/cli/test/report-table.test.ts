import fc from 'fast-check'
import { expect, it } from 'vitest'
import { grouped } from '../src/report-table.ts'

it('groups the digits of a count as toLocaleString does', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (n) => {
      expect(grouped(n)).toBe(n.toLocaleString('en-US'))
    })
  )
})
