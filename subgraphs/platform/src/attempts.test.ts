import { describe, expect, test } from '@jest/globals'
import { createAttempts } from './attempts.js'

describe('failed attempts', () => {
  test('stop an account from one address after twenty, and end with their window', () => {
    let now = 0
    const attempts = createAttempts(() => now)
    for (let i = 0; i < 20; i++) attempts.failed('ann@example.com', '10.0.0.1')
    expect(attempts.waitMinutes('ann@example.com', '10.0.0.1')).toBe(10)
    expect(attempts.waitMinutes('ann@example.com', '10.0.0.2')).toBe(0)
    expect(attempts.waitMinutes('bob@example.com', '10.0.0.1')).toBe(0)
    now = 9.5 * 60_000
    expect(attempts.waitMinutes('ann@example.com', '10.0.0.1')).toBe(1)
    now = 10 * 60_000
    expect(attempts.waitMinutes('ann@example.com', '10.0.0.1')).toBe(0)
  })

  test('stop an address that tries many accounts', () => {
    const attempts = createAttempts(() => 0)
    for (let i = 0; i < 60; i++) attempts.failed(`account${i}@example.com`, '10.0.0.1')
    expect(attempts.waitMinutes('another@example.com', '10.0.0.1')).toBeGreaterThan(0)
    expect(attempts.waitMinutes('another@example.com', '10.0.0.2')).toBe(0)
  })

  test('are not left behind by those who sign in', () => {
    const attempts = createAttempts(() => 0)
    for (let i = 0; i < 500; i++) {
      attempts.failed('ann@example.com', '10.0.0.1')
      attempts.succeeded('ann@example.com', '10.0.0.1')
    }
    expect(attempts.waitMinutes('ann@example.com', '10.0.0.1')).toBe(0)
  })
})
