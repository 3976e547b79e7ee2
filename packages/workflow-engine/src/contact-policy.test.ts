// When people may be written to.
import { describe, expect, it } from '@jest/globals'
import { decideContact, type ContactPolicy } from './contact-policy.js'

const policy = (given: Partial<ContactPolicy>): ContactPolicy => ({
  channel: 'mail',
  quiet: null,
  timeZone: 'UTC',
  caps: [],
  ...given,
})
const nobody = { times: [], already: 0, timeZone: null }
/** Until when nobody is written to, as text; null when one may. */
const until = (...[given, contacted, now]: [Partial<ContactPolicy>, Partial<typeof nobody>, string]): string | null => {
  const decision = decideContact(policy(given), { ...nobody, ...contacted }, Date.parse(now))
  return decision.allowed ? null : new Date(decision.until ?? 0).toISOString()
}

describe('quiet hours', () => {
  const night = { quiet: { from: '21:00:00', until: '08:00:00' }, timeZone: 'Europe/Warsaw' }

  it('last over midnight, in the zone of the policy', () => {
    expect(until(night, {}, '2026-01-10T20:30:00Z')).toBe('2026-01-11T07:00:00.000Z')
    expect(until(night, {}, '2026-01-11T05:00:00Z')).toBe('2026-01-11T07:00:00.000Z')
    expect(until(night, {}, '2026-01-11T07:00:00Z')).toBeNull()
    expect(until(night, {}, '2026-01-11T19:59:59Z')).toBeNull()
  })

  it("go by the person's own zone when it is known", () => {
    const tokyo = { timeZone: 'Asia/Tokyo' } as unknown as typeof nobody
    expect(until(night, tokyo, '2026-01-10T13:00:00Z')).toBe('2026-01-10T23:00:00.000Z')
  })

  it('end at the local time, also in the night in which the clocks are changed', () => {
    expect(until(night, {}, '2026-03-28T23:00:00Z')).toBe('2026-03-29T06:00:00.000Z')
    expect(until(night, {}, '2026-10-24T23:00:00Z')).toBe('2026-10-25T07:00:00.000Z')
  })

  it('may lie within a day', () => {
    const lunch = { quiet: { from: '12:00:00', until: '13:00:00' } }
    expect(until(lunch, {}, '2026-01-10T12:30:00Z')).toBe('2026-01-10T13:00:00.000Z')
    expect(until(lunch, {}, '2026-01-10T13:00:00Z')).toBeNull()
  })
})

describe('caps', () => {
  const caps = [
    { most: 2, seconds: 3600 },
    { most: 3, seconds: 86_400 },
  ]
  const times = (...list: string[]): typeof nobody => ({ ...nobody, times: list.map(Date.parse) as never[] })

  it('leave room again when the contact that fills them is old enough', () => {
    const two = times('2026-01-10T12:00:00Z', '2026-01-10T12:30:00Z')
    expect(until({ caps }, two, '2026-01-10T12:40:00Z')).toBe('2026-01-10T13:00:00.000Z')
    expect(until({ caps }, two, '2026-01-10T13:00:00Z')).toBeNull()
    const three = times('2026-01-10T09:00:00Z', '2026-01-10T10:00:00Z', '2026-01-10T11:00:00Z')
    expect(until({ caps }, three, '2026-01-10T15:00:00Z')).toBe('2026-01-11T09:00:00.000Z')
  })

  it('count what is written at this moment', () => {
    expect(until({ caps }, { already: 1 }, '2026-01-10T12:40:00Z')).toBeNull()
    expect(until({ caps }, { already: 2 }, '2026-01-10T12:40:00Z')).toBe('2026-01-10T13:40:00.000Z')
  })
})
