import { describe, expect, it } from '@jest/globals'
import { NOW, problemsOf, runNode } from '../testing/run-node.js'
import { waitWindow } from './wait-window.js'

// The tests' now is a Tuesday, 12:30 UTC.
const HOUR = 3_600_000
const config = { weekdays: ['monday', 'tuesday'], from: '09:00', to: '17:00' }

describe('Wait for a window', () => {
  it('goes on at once within it', () => {
    expect(runNode(waitWindow, config, { input: 1 })).toMatchObject({ port: 'done', output: 1 })
  })

  it('waits until it opens, in the time zone of the profile', () => {
    const { wait } = runNode(waitWindow, config, { timeZone: 'America/New_York' })
    expect(wait?.until).toBe(NOW + 0.5 * HOUR)
    expect(runNode(waitWindow, config, { timeZone: 'Asia/Tokyo' }).wait?.until).toBe(Date.UTC(2026, 2, 16))
  })

  it('waits for the next one when it was woken too late', () => {
    const outcome = runNode(waitWindow, config, { now: NOW - 6 * HOUR })
    expect(outcome.wait?.until).toBe(Date.UTC(2026, 2, 10, 9))
    expect(outcome.wake({ kind: 'time' }, { now: Date.UTC(2026, 2, 10, 9) })?.port).toBe('done')
    const late = outcome.wake({ kind: 'time' }, { now: Date.UTC(2026, 2, 10, 20) })
    expect(late?.wait?.until).toBe(Date.UTC(2026, 2, 16, 9))
  })

  it('goes on outside of it when somebody does not want to wait', () => {
    const outcome = runNode(waitWindow, config, { now: NOW - 6 * HOUR })
    expect(outcome.wake({ kind: 'time' }, { now: NOW - 5 * HOUR })?.port).toBe('done')
  })

  it('refuses hours and days that are none', () => {
    expect(problemsOf(waitWindow, { from: '9:00', to: '24:00' }).map(({ path }) => path)).toEqual(['from', 'to'])
    expect(problemsOf(waitWindow, { ...config, weekdays: [] })).toMatchObject([{ path: 'weekdays' }])
    expect(problemsOf(waitWindow, { ...config, weekdays: ['someday'] })).toMatchObject([{ path: 'weekdays.0' }])
  })
})
