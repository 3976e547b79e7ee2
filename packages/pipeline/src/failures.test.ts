// Whose fault a failure is taken to be.
import { expect, test } from '@jest/globals'
import { failureKind, isContention } from './failures.js'

test.each([
  ['a deadlock', { errno: 1213, sqlState: '40001' }, 'retry'],
  ['a lock that somebody holds too long', { errno: 1205, sqlState: 'HY000' }, 'retry'],
  ['a lost connection', { errno: -104, code: 'ECONNRESET', fatal: true }, 'retry'],
  ['a value that no column takes', { errno: 1406, sqlState: '22001' }, 'event'],
  ['JSON that MySQL refuses', { errno: 3140, sqlState: '22032' }, 'event'],
  ['an exception of ours', new TypeError('x is not a function'), 'event'],
  ['a full disk', { errno: 1021, sqlState: 'HY000' }, 'outage'],
  ['missing rights', { errno: 1142, sqlState: '42000' }, 'outage'],
])('%s', (_, error, kind) => {
  expect(failureKind(error)).toBe(kind)
})

test('only those who wait for others’ locks are never at fault', () => {
  expect([1213, 1205, 1020].map((errno) => isContention({ errno }))).toEqual([true, true, true])
  expect([1062, 1406].map((errno) => isContention({ errno }))).toEqual([false, false])
})
