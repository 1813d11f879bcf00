import { StoreFault } from '@userpoint/core/repository'
import { expect, test } from 'vitest'
import { NoAnswer } from '../src/connection.ts'
import { attempt, isToRunAgain, mayHaveCommitted, postgresFault, sqlState } from '../src/postgres-error.ts'

const ofServer = (code: string): Error => Object.assign(new Error('ada@example.com'), { code, severity: 'ERROR' })
const ofSystem = (code: string): Error => Object.assign(new Error(code), { code, errno: -32, syscall: 'write' })

test.each([
  ['a serialization failure', ofServer('40001'), '40001', true, false],
  ['a deadlock', ofServer('40P01'), '40P01', true, false],
  ['a lock that could not be had', ofServer('55P03'), '55P03', false, false],
  ['a full disk', ofServer('53100'), '53100', false, false],
  ['a cancelled statement', ofServer('57014'), '57014', false, false],
  ['a read-only transaction', ofServer('25006'), '25006', false, false],
  ['a shutdown', ofServer('57P01'), '57P01', false, true],
  ['a crash of the server', ofServer('57P02'), '57P02', false, true],
  ['a lost connection that the server speaks of', ofServer('08006'), '08006', false, true],
  ['an outcome that the server does not know', ofServer('40003'), '40003', false, true],
  ['an answer that did not come', new NoAnswer('no answer'), undefined, false, true],
  ['a broken pipe, whose code looks like a state', ofSystem('EPIPE'), undefined, false, true],
  ['a reset connection', ofSystem('ECONNRESET'), undefined, false, true],
  ['an error of the driver', new Error('Connection terminated unexpectedly'), undefined, false, true],
  ['a text', '40001', undefined, false, true],
  ['nothing', null, undefined, false, true]
])(
  '[PO-15] %s: what it is, and whether a commit that ends with it may have landed',
  (_, error, state, again, unknown) => {
    expect([sqlState(error), isToRunAgain(error), mayHaveCommitted(error)]).toEqual([state, again, unknown])
  }
)

test("a fault keeps the driver's text out of its message, and says `applied` only when it is certain", () => {
  const cause = ofServer('53100')
  const fault = postgresFault('commit', cause, undefined)
  expect(fault.message).toBe('postgres: commit failed (SQLSTATE 53100: the disk is full)')
  expect(fault).toMatchObject({ applied: undefined, cause })
  expect(postgresFault('commit', ofSystem('EPIPE'), false)).toMatchObject({
    message: 'postgres: commit failed (the connection failed: the connection was cut (EPIPE))',
    code: 'EPIPE',
    recovery: 'retry',
    applied: false
  })
})

test.each([
  ['22P05', 'none', /has none for it/],
  ['23514', 'none', /SQLSTATE 23514/],
  ['25006', 'repair', /read-only/],
  ['28P01', 'repair', /password/],
  ['3D000', 'repair', /the database does not exist/],
  ['40001', 'retry', /another transaction was first/],
  ['42501', 'repair', /lacks a privilege/],
  ['42P01', 'repair', /SQLSTATE 42P01/],
  ['53100', 'repair', /the disk is full/],
  ['53300', 'retry', /too many connections/],
  ['54000', 'none', /larger than the server takes/],
  ['55P03', 'retry', /held a lock/],
  ['57014', 'retry', /took too long/],
  ['57P01', 'retry', /shuts down/],
  ['P0001', 'none', /SQLSTATE P0001/],
  ['XX001', 'repair', /damaged/],
  ['XX000', undefined, /SQLSTATE XX000/]
])('[PO-17] %s: what can help, and a sentence for it', (state, recovery, sentence) => {
  const fault = postgresFault('commit', ofServer(state), false)
  expect(fault).toMatchObject({ recovery, code: state, applied: false })
  expect(fault.message).toMatch(sentence)
})

test.each([
  [ofSystem('ECONNREFUSED'), 'ECONNREFUSED', 'retry'],
  [ofSystem('ENOTFOUND'), 'ENOTFOUND', 'repair'],
  [ofSystem('EMFILE'), 'EMFILE', 'repair'],
  [new NoAnswer('the server did not answer within 5 ms'), 'NO_ANSWER', 'retry'],
  [new RangeError('Invalid string length'), 'RangeError', 'none']
])('[PO-17] %s has a code, and says what can help', (cause, code, recovery) => {
  expect(postgresFault('commit', cause, false)).toMatchObject({ code, recovery })
})

test('[PO-17] the content is never blamed where something of it may be written', () => {
  expect(postgresFault('commit', ofServer('22P05'), undefined)).toMatchObject({ recovery: undefined })
})

test('an attempt passes a fault on as it is', async () => {
  const fault = new StoreFault('postgres: the schema is of another kind')
  await expect(attempt('open', () => Promise.reject(fault))).rejects.toBe(fault)
  const unasked = new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string')
  expect(postgresFault('open', unasked, false).message).toBe(
    'postgres: open failed (the connection failed: the server asks for a password)'
  )
})
