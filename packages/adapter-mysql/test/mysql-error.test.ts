import { StoreFault } from '@userpoint/core/repository'
import { expect, test } from 'vitest'
import { NoAnswer } from '../src/connection.ts'
import { attempt, isStillGood, isToRunAgain, mayHaveCommitted, mysqlFault, serverError } from '../src/mysql-error.ts'

const ofServer = (errno: number): Error => Object.assign(new Error('ada@example.com'), { errno, sqlState: 'HY000' })
const ofSystem = (code: string): Error => Object.assign(new Error(code), { code, errno: -32, syscall: 'write' })

test.each([
  ['a deadlock, or a failed certification', ofServer(1213), 1213, true, false, true],
  ['a row that has changed since the snapshot', ofServer(1020), 1020, true, false, true],
  ['a key that is there already', ofServer(1062), 1062, false, true, true],
  ['a lock that could not be had', ofServer(1205), 1205, false, true, true],
  ['a node outside its cluster', ofServer(1047), 1047, false, false, true],
  ['a server that has become read-only', ofServer(1290), 1290, false, false, true],
  ['an interrupted commit', ofServer(1317), 1317, false, true, true],
  ['an error during a commit', ofServer(1180), 1180, false, true, true],
  ['a shutdown', ofServer(1053), 1053, false, true, false],
  ['a closed connection', ofServer(1927), 1927, false, true, false],
  ['an answer that did not come', new NoAnswer('no answer'), undefined, false, true, false],
  ['a broken pipe', ofSystem('EPIPE'), undefined, false, true, false],
  ['a lost connection', ofSystem('PROTOCOL_CONNECTION_LOST'), undefined, false, true, false],
  ['an error of the driver', new Error('closed'), undefined, false, true, false],
  ['nothing', null, undefined, false, true, false]
])(
  '[PO-15] %s: what it is, whether a commit that ends with it may have landed, and what the connection is worth',
  (_, error, number, again, unknown, good) => {
    expect([serverError(error), isToRunAgain(error), mayHaveCommitted(error), isStillGood(undefined, error)]).toEqual([
      number,
      again,
      unknown,
      good
    ])
  }
)

test("a fault keeps the driver's text out of its message, and says `applied` only when it is certain", () => {
  const cause = ofServer(1021)
  const fault = mysqlFault('commit', cause, undefined)
  expect(fault.message).toBe('mysql: commit failed (error 1021: the disk is full)')
  expect(fault).toMatchObject({ applied: undefined, cause })
  expect(mysqlFault('commit', ofSystem('EPIPE'), false)).toMatchObject({
    message: 'mysql: commit failed (the connection failed: the connection was cut (EPIPE))',
    code: 'EPIPE',
    recovery: 'retry',
    applied: false
  })
})

test.each([
  [1045, 'repair', /does not let this user in/],
  [1049, 'repair', /the database does not exist/],
  [1142, 'repair', /lacks a privilege/],
  [1021, 'repair', /the disk is full/],
  [1040, 'retry', /too many connections/],
  [1047, 'retry', /not part of its cluster/],
  [1153, 'none', /max_allowed_packet/],
  [1205, 'retry', /held a lock/],
  [1213, 'retry', /waited for each other/],
  [1290, 'repair', /read-only/],
  [1366, 'none', /cannot keep a character/],
  [1461, 'repair', /max_prepared_stmt_count/],
  [1665, 'repair', /binary log/],
  [1969, 'retry', /took too long/],
  [4025, 'none', /a constraint refuses/],
  [3819, 'none', /a constraint refuses/],
  [1644, 'none', /error 1644/]
])('[PO-17] %s: what can help, and a sentence for it', (number, recovery, sentence) => {
  const fault = mysqlFault('commit', ofServer(number), false)
  expect(fault).toMatchObject({ recovery, code: String(number), applied: false })
  expect(fault.message).toMatch(sentence)
})

test.each([
  [ofSystem('ECONNREFUSED'), 'ECONNREFUSED', 'retry'],
  [ofSystem('ENOTFOUND'), 'ENOTFOUND', 'repair'],
  [ofSystem('PROTOCOL_CONNECTION_LOST'), 'PROTOCOL_CONNECTION_LOST', 'retry'],
  [new NoAnswer('the server did not answer within 5 ms'), 'NO_ANSWER', 'retry'],
  [new RangeError('Invalid string length'), 'RangeError', 'none']
])('[PO-17] %s has a code, and says what can help', (cause, code, recovery) => {
  expect(mysqlFault('commit', cause, false)).toMatchObject({ code, recovery })
})

test('[PO-17] the content is never blamed where something of it may be written', () => {
  expect(mysqlFault('commit', ofServer(4025), undefined)).toMatchObject({ recovery: undefined })
})

test('an attempt passes a fault on as it is', async () => {
  const fault = new StoreFault('mysql: the tables are of another kind')
  await expect(attempt('open', () => Promise.reject(fault))).rejects.toBe(fault)
})
