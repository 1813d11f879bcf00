import { StoreFault } from '@userpoint/core/repository'
import { expect, test } from 'vitest'
import { attempt, resultCode, sqliteFault } from '../src/sqlite-error.ts'

test.each([
  ['better-sqlite3', { code: 'SQLITE_BUSY' }, 'SQLITE_BUSY'],
  ['better-sqlite3', { code: 'SQLITE_BUSY_SNAPSHOT' }, 'SQLITE_BUSY'],
  ['libsql', { code: 'SQLITE_CONSTRAINT_PRIMARYKEY', rawCode: 1555 }, 'SQLITE_CONSTRAINT'],
  ['node:sqlite', { code: 'ERR_SQLITE_ERROR', errcode: 5 }, 'SQLITE_BUSY'],
  ['node:sqlite', { code: 'ERR_SQLITE_ERROR', errcode: 517 }, 'SQLITE_BUSY'],
  ['node:sqlite', { code: 'ERR_SQLITE_ERROR', errcode: 778 }, 'SQLITE_IOERR'],
  ['node:sqlite', { code: 'ERR_SQLITE_ERROR', errcode: 23 }, 'SQLITE_23'],
  ['a closed handle', { code: 'ERR_INVALID_STATE' }, undefined],
  ['a wrong parameter', new TypeError('no'), undefined],
  ['a text', 'SQLITE_BUSY', undefined],
  ['nothing', null, undefined]
])('%s: %o is %s', (_driver, error, expected) => {
  expect(resultCode(error)).toBe(expected)
})

test("a fault keeps the driver's text out of its message, and says `applied` only when it is certain", () => {
  const cause = Object.assign(new Error('ada@example.com'), { code: 'SQLITE_FULL' })
  const fault = sqliteFault('commit', cause, undefined)
  expect(fault.message).toBe('sqlite: commit failed (SQLITE_FULL)')
  expect(fault).toMatchObject({ applied: undefined, cause })
  expect(sqliteFault('commit', cause, false).applied).toBe(false)
})

test('an attempt passes a fault on as it is', () => {
  const fault = new StoreFault('sqlite: the file is of another kind')
  expect(() =>
    attempt('open', () => {
      throw fault
    })
  ).toThrow(fault)
})
