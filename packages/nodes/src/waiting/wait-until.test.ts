import { describe, expect, it, test } from '@jest/globals'
import { NOW, runNode } from '../testing/run-node.js'
import { waitUntil } from './wait-until.js'

function until(time: string | number | { expr: string }, timeZone = 'UTC', now = NOW): string | undefined {
  const { wait } = runNode(waitUntil, { time }, { timeZone, now, profile: { traits: { birthday: '2026-05-01' } } })
  return wait ? new Date(wait.until ?? 0).toISOString() : undefined
}

describe('Wait until', () => {
  test.each([
    ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00.000Z'],
    ['2026-12-24T18:00', '2026-12-24T17:00:00.000Z'],
    ['15:00', '2026-03-10T14:00:00.000Z'],
    ['09:00', '2026-03-11T08:00:00.000Z'],
    [{ expr: 'profile.traits.birthday' }, '2026-04-30T22:00:00.000Z'],
    [{ expr: 'now + duration("2h")' }, '2026-03-10T14:30:00.000Z'],
    [1_800_000_000, '2027-01-15T08:00:00.000Z'],
  ])('%j in Berlin is %s', (time, moment) => {
    expect(until(time, 'Europe/Berlin')).toBe(moment)
  })

  it('takes the moment of the jump for a time of day that does not exist', () => {
    expect(until('02:30', 'Europe/Berlin', Date.UTC(2026, 2, 28, 20))).toBe('2026-03-29T01:00:00.000Z')
  })

  it('is in the time zone of the workflow when that of the profile is unknown', () => {
    const { wait } = runNode(waitUntil, { time: '15:00' })
    expect(wait?.until).toBe(Date.UTC(2026, 2, 10, 15))
  })

  it('goes on at once when it is past, and when it has come', () => {
    expect(runNode(waitUntil, { time: '2026-03-10' }, { input: 1 })).toMatchObject({ port: 'done', output: 1 })
    const outcome = runNode(waitUntil, { time: '15:00' }, { input: 1 })
    expect(outcome.wake({ kind: 'time' }, { now: outcome.wait?.until ?? 0 })).toMatchObject({ port: 'done', output: 1 })
  })

  test.each([null, true, 'soon', '25:00', [1], {}, 1e300, '+012345-01-01T00:00:00Z'])(
    'goes on at error for %j',
    (time) => {
      expect(runNode(waitUntil, { time })).toMatchObject({ port: 'error', output: { code: 'NOT_A_TIME' } })
    },
  )
})
