import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { momentOf, momentOfText, nextMomentOfDay, nextWithin, type Hours } from './clock.js'

const at = (text: string) => Date.parse(text)
const iso = (moment: number | null | undefined) =>
  typeof moment === 'number' ? new Date(moment).toISOString() : moment
const EVERY_DAY = new Set([1, 2, 3, 4, 5, 6, 7])

/** `09:00-17:30` */
function hours(text: string, weekdays: Iterable<number> = EVERY_DAY): Hours {
  const [from = 0, to = 0] = text.split('-').map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)))
  return { weekdays: new Set(weekdays), from, to }
}

describe('local times as moments', () => {
  test.each([
    ['2026-01-15T09:00', 'Europe/Berlin', '2026-01-15T08:00:00.000Z'],
    ['2026-07-15T09:00', 'Europe/Berlin', '2026-07-15T07:00:00.000Z'],
    ['2026-01-15T09:00', 'Asia/Kathmandu', '2026-01-15T03:15:00.000Z'],
    ['2026-01-15T09:00', 'UTC', '2026-01-15T09:00:00.000Z'],
  ])('%s in %s is %s', (local, zone, moment) => {
    expect(iso(momentOf(Temporal.PlainDateTime.from(local), zone))).toBe(moment)
  })

  it('takes the moment of the jump for a time that the clocks jump over', () => {
    expect(iso(momentOf(Temporal.PlainDateTime.from('2026-03-29T02:30'), 'Europe/Berlin'))).toBe(
      '2026-03-29T01:00:00.000Z',
    )
    // Half an hour only.
    expect(iso(momentOf(Temporal.PlainDateTime.from('2026-10-04T02:15'), 'Australia/Lord_Howe'))).toBe(
      '2026-10-03T15:30:00.000Z',
    )
    // A whole day that Samoa left out.
    expect(iso(momentOf(Temporal.PlainDateTime.from('2011-12-30T12:00'), 'Pacific/Apia'))).toBe(
      '2011-12-30T10:00:00.000Z',
    )
  })

  it('takes the first of two for a time that comes twice', () => {
    expect(iso(momentOf(Temporal.PlainDateTime.from('2026-10-25T02:30'), 'Europe/Berlin'))).toBe(
      '2026-10-25T00:30:00.000Z',
    )
  })
})

describe('the next time of day', () => {
  test.each([
    ['later today', '2026-03-10T08:00:00Z', 10 * 60, '2026-03-10T09:00:00.000Z'],
    ['tomorrow when it is past', '2026-03-10T10:00:00Z', 10 * 60, '2026-03-11T09:00:00.000Z'],
    ['tomorrow when it is now', '2026-03-10T09:00:00Z', 10 * 60, '2026-03-11T09:00:00.000Z'],
    ['an hour earlier in summer', '2026-03-28T10:00:00Z', 10 * 60, '2026-03-29T08:00:00.000Z'],
    ['once on a day when it comes twice', '2026-10-25T00:45:00Z', 150, '2026-10-26T01:30:00.000Z'],
  ])('is %s', (_name, now, minutes, next) => {
    expect(iso(nextMomentOfDay(at(now), minutes, 'Europe/Berlin'))).toBe(next)
  })
})

describe('hours on days of the week', () => {
  // 10 March 2026 is a Tuesday.
  test.each([
    ['within them it is now', '09:00-17:00', '2026-03-10T12:00:00Z', '2026-03-10T12:00:00.000Z'],
    ['their beginning belongs to them', '09:00-17:00', '2026-03-10T08:00:00Z', '2026-03-10T08:00:00.000Z'],
    ['their end does not', '09:00-17:00', '2026-03-10T16:00:00Z', '2026-03-11T08:00:00.000Z'],
    ['before them it is today', '09:00-17:00', '2026-03-10T05:00:00Z', '2026-03-10T08:00:00.000Z'],
    ['over midnight, in the evening', '22:00-06:00', '2026-03-10T22:00:00Z', '2026-03-10T22:00:00.000Z'],
    ['over midnight, in the morning', '22:00-06:00', '2026-03-10T04:00:00Z', '2026-03-10T04:00:00.000Z'],
    ['over midnight, by day', '22:00-06:00', '2026-03-10T12:00:00Z', '2026-03-10T21:00:00.000Z'],
    ['from a time to the same it is the whole day', '00:00-00:00', '2026-03-10T12:00:00Z', '2026-03-10T12:00:00.000Z'],
    [
      'when 02:30 does not exist, they begin with the jump',
      '02:30-04:00',
      '2026-03-29T00:30:00Z',
      '2026-03-29T01:00:00.000Z',
    ],
    [
      'what the clocks jump over altogether is left out',
      '02:15-02:45',
      '2026-03-29T00:30:00Z',
      '2026-03-30T00:15:00.000Z',
    ],
    [
      'when the end comes twice, the first one counts',
      '01:00-02:30',
      '2026-10-25T00:45:00Z',
      '2026-10-26T00:00:00.000Z',
    ],
    [
      'when the beginning comes twice, the first one counts',
      '02:30-04:00',
      '2026-10-24T23:00:00Z',
      '2026-10-25T00:30:00.000Z',
    ],
  ])('%s', (_name, window, now, next) => {
    expect(iso(nextWithin(at(now), hours(window), 'Europe/Berlin'))).toBe(next)
  })

  it('skip other days', () => {
    const weekend = hours('09:00-17:00', [6, 7])
    expect(iso(nextWithin(at('2026-03-10T12:00:00Z'), weekend, 'Europe/Berlin'))).toBe('2026-03-14T08:00:00.000Z')
    const monday = hours('09:00-17:00', [1])
    expect(iso(nextWithin(at('2026-03-09T17:00:00Z'), monday, 'Europe/Berlin'))).toBe('2026-03-16T08:00:00.000Z')
  })

  it('belong to the day on which they begin', () => {
    const friday = hours('22:00-06:00', [5])
    expect(iso(nextWithin(at('2026-03-14T03:00:00Z'), friday, 'UTC'))).toBe('2026-03-14T03:00:00.000Z')
    expect(iso(nextWithin(at('2026-03-13T03:00:00Z'), friday, 'UTC'))).toBe('2026-03-13T22:00:00.000Z')
  })

  it('are by the day of the zone, not of UTC', () => {
    const tuesday = hours('00:00-12:00', [2])
    expect(iso(nextWithin(at('2026-03-09T20:00:00Z'), tuesday, 'Asia/Tokyo'))).toBe('2026-03-09T20:00:00.000Z')
  })

  it('survive a day that a zone left out', () => {
    const friday = hours('09:00-17:00', [5])
    expect(iso(nextWithin(at('2011-12-29T20:00:00Z'), friday, 'Pacific/Apia'))).toBe('2012-01-05T19:00:00.000Z')
  })

  it('are never passed over, and never begun outside of them', () => {
    const zones = ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Pacific/Chatham']
    const minute = fc.integer({ min: 0, max: 1_439 })
    const property = fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') }),
      minute,
      minute,
      (zone, now, from, to) => {
        const next = nextWithin(now, { weekdays: EVERY_DAY, from, to }, zone)
        expect(next).toBeGreaterThanOrEqual(now)
        // Who asks again when they begin need not wait any longer.
        expect(nextWithin(next ?? 0, { weekdays: EVERY_DAY, from, to }, zone)).toBe(next)
        expect((next ?? Infinity) - now).toBeLessThan(50 * 3_600_000)
      },
    )
    fc.assert(property, { numRuns: 300 })
  })
})

describe('moments as texts', () => {
  test.each([
    ['2026-03-10T12:00:00Z', '2026-03-10T12:00:00.000Z'],
    ['2026-03-10T12:00:00.123+02:00', '2026-03-10T10:00:00.123Z'],
    ['2026-03-10T12:00:00-0500', '2026-03-10T17:00:00.000Z'],
    ['2026-03-10T12:00', '2026-03-10T11:00:00.000Z'],
    ['2026-03-10 12:00', '2026-03-10T11:00:00.000Z'],
    ['2026-07-10', '2026-07-09T22:00:00.000Z'],
    ['tomorrow', undefined],
    ['', undefined],
    ['2026-13-10', undefined],
    ['2026-02-30T12:00', undefined],
    ['9'.repeat(10_000), undefined],
  ])('%.40s', (text, moment) => {
    expect(iso(momentOfText(text, 'Europe/Berlin'))).toBe(moment)
  })
})
