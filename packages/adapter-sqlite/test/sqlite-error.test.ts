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
  ['node:sqlite', { code: 'ERR_SQLITE_ERROR', errcode: 27 }, 'SQLITE_27'],
  [
    '@photostructure/sqlite',
    Object.assign(new Error('database disk image is malformed'), { code: 'ERR_SQLITE_ERROR' }),
    'SQLITE_CORRUPT'
  ],
  ['libsql', { code: 'UNKNOWN_SQLITE_ERROR_1544', rawCode: 1544 }, 'SQLITE_READONLY'],
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
  expect(fault.message).toBe('sqlite: commit failed (SQLITE_FULL: the disk is full (ENOSPC))')
  expect(fault).toMatchObject({ applied: undefined, code: 'SQLITE_FULL', cause })
  expect(sqliteFault('commit', cause, false).applied).toBe(false)
})

test.each([
  ['SQLITE_BUSY', 'retry', /another handle was busy/],
  ['SQLITE_BUSY_SNAPSHOT', 'retry', /another handle was busy/],
  ['SQLITE_READONLY_DIRECTORY', 'repair', /read-only/],
  ['SQLITE_IOERR_WRITE', 'repair', /the disk or the file system failed/],
  ['SQLITE_CORRUPT_INDEX', 'repair', /damaged/],
  ['SQLITE_FULL', 'repair', /ENOSPC/],
  ['SQLITE_CANTOPEN', 'repair', /EMFILE/],
  ['SQLITE_NOTADB', 'repair', /no SQLite database/],
  ['SQLITE_TOOBIG', 'none', /larger than SQLite takes/],
  ['SQLITE_CONSTRAINT_TRIGGER', 'none', /constraint or a trigger/],
  ['SQLITE_ERROR', undefined, /SQLITE_ERROR/],
  ['ERR_INVALID_STATE', undefined, /not an error of SQLite/]
])('[PO-17] %s: what can help, and a sentence for it', (code, recovery, sentence) => {
  const fault = sqliteFault('commit', Object.assign(new Error('ada@example.com'), { code }), false)
  expect(fault.recovery).toBe(recovery)
  expect(fault.message).toMatch(sentence)
})

test('[PO-17] a text that is too long blames the batch, unless something of it may be written', () => {
  const tooLong = new RangeError('Invalid string length')
  expect(sqliteFault('commit', tooLong, false)).toMatchObject({ recovery: 'none', applied: false })
  expect(sqliteFault('commit', tooLong, undefined)).toMatchObject({ recovery: undefined, applied: undefined })
})

test('an attempt passes a fault on as it is', () => {
  const fault = new StoreFault('sqlite: the file is of another kind')
  expect(() =>
    attempt('open', () => {
      throw fault
    })
  ).toThrow(fault)
})
