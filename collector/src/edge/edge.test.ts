// The small readers of the edge: times, bodies, data, context, rates.
import { describe, expect, test } from '@jest/globals'
import { gzipSync, deflateSync, brotliCompressSync } from 'node:zlib'
import { Refusal } from '../errors.js'
import { parseForm, parseJsonOrForm, parseObject, unpack } from './body.js'
import { contextOf, trackerContext } from './context.js'
import { rateLimit } from './rate-limit.js'
import * as read from './read.js'
import { occurredAt, parseSentAt, parseTime, withoutZone } from './time.js'

function refusal(run: () => unknown): Refusal {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('times', () => {
  test('are read as ISO 8601 with or without zone, or as milliseconds', () => {
    expect(parseTime('2010-12-01T08:26:00.000Z')).toBe(Date.UTC(2010, 11, 1, 8, 26))
    expect(parseTime('2010-12-01T09:26:00+01:00')).toBe(Date.UTC(2010, 11, 1, 8, 26))
    expect(parseTime('2010-12-01 08:26:00')).toBe(Date.UTC(2010, 11, 1, 8, 26))
    expect(parseTime(1_291_191_960_000)).toBe(1_291_191_960_000)
    for (const wrong of ['yesterday', '', '1', null, undefined, true, [], {}, NaN, -1, 1e20, '1950-01-01T00:00:00Z'])
      expect(parseTime(wrong as never)).toBeNull()
  })

  test('when the client sent is seconds, milliseconds or ISO 8601', () => {
    expect(parseSentAt('1700000000')).toBe(1_700_000_000_000)
    expect(parseSentAt('1700000000123')).toBe(1_700_000_000_123)
    expect(parseSentAt('2023-11-14T22:13:20Z')).toBe(1_700_000_000_000)
    expect(parseSentAt('soon')).toBeNull()
    expect(parseSentAt(undefined)).toBeNull()
  })

  test('a clock that goes wrong is corrected, and nothing happens after its receipt', () => {
    const receivedAt = Date.UTC(2025, 0, 1, 12)
    const hour = 3_600_000
    // The clock is an hour ahead: what it calls 12:59 was 11:59.
    expect(occurredAt(receivedAt + hour - 60_000, receivedAt + hour, receivedAt)).toBe(receivedAt - 60_000)
    // An hour behind.
    expect(occurredAt(receivedAt - hour - 60_000, receivedAt - hour, receivedAt)).toBe(receivedAt - 60_000)
    // The way through the net is no error of a clock.
    expect(occurredAt(receivedAt - 500, receivedAt - 400, receivedAt)).toBe(receivedAt - 500)
    expect(occurredAt(receivedAt + hour, null, receivedAt)).toBe(receivedAt)
    expect(occurredAt(null, null, receivedAt)).toBe(receivedAt)
    expect(occurredAt(5, receivedAt + hour, receivedAt)).toBe(5)
  })

  test('a time zone that a client adds to its clock is taken off, a clock that goes wrong is not', () => {
    const local = Date.UTC(2025, 0, 1, 12)
    const hour = 3_600_000
    for (const zone of [0, 5 * hour, -9.5 * hour, 5.75 * hour, -14 * hour])
      expect(withoutZone(local + zone + 40, local)).toBe(local + 40)
    // Sent later than built.
    expect(withoutZone(local + 4 * 60_000, local)).toBe(local + 4 * 60_000)
    expect(withoutZone(local + hour + 5 * 60_000, local)).toBe(local + hour + 5 * 60_000)
    expect(withoutZone(local + 48 * hour, local)).toBe(local + 48 * hour)
    expect(withoutZone(local, null)).toBe(local)
    expect(withoutZone(null, local)).toBeNull()
  })
})

describe('bodies', () => {
  test('what parses as an object is one; the message of an error holds nothing of the body', () => {
    expect(parseObject(Buffer.from('\uFEFF{"a":1}'))).toEqual({ a: 1 })
    for (const [body, reason] of [
      ['', 'empty'],
      ['[1]', 'no object'],
      ['"text"', 'no object'],
      ['null', 'no object'],
      ['{"secret-name', 'position 13'],
      ['{"a":', 'too early'],
      ['{"a":1} secret', 'position'],
    ] as const) {
      const error = refusal(() => parseObject(Buffer.from(body)))
      expect(error.code).toBe('BODY_NOT_JSON')
      expect(error.message).toContain(reason)
      expect(error.message).not.toContain('secret')
    }
  })

  test('half a surrogate becomes the replacement character: the database refuses it', () => {
    expect(parseObject(Buffer.from('{"a\\ud800":["\\udc00x","\\ud83d\\ude00"]}'))).toEqual({
      'a\uFFFD': ['\uFFFDx', '😀'],
    })
  })

  test('are unpacked up to a limit', async () => {
    const text = Buffer.from('{"a":1}')
    expect(await unpack(gzipSync(text), 'gzip', 100)).toEqual(text)
    expect(await unpack(deflateSync(text), ' Deflate ', 100)).toEqual(text)
    expect(await unpack(brotliCompressSync(text), 'br', 100)).toEqual(text)
    const bomb = gzipSync(Buffer.alloc(10_000_000))
    await expect(unpack(bomb, 'gzip', 512_000)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' })
    await expect(unpack(text, 'gzip', 100)).rejects.toMatchObject({ code: 'BODY_NOT_READABLE' })
    for (const unknown of ['zstd', 'gzip, gzip', 'toString', '__proto__'])
      await expect(unpack(text, unknown, 100)).rejects.toMatchObject({ code: 'ENCODING_UNKNOWN' })
  })

  test('of webhooks are JSON or a form', () => {
    const form = 'application/x-www-form-urlencoded'
    expect(parseJsonOrForm(Buffer.from('a=1&b=x+y&b=z&__proto__=q'), form)).toEqual({ a: '1', b: ['x y', 'z'] })
    expect(parseJsonOrForm(Buffer.from('{"a":1}'), form)).toEqual({ a: 1 })
    expect(parseJsonOrForm(Buffer.from('[1,2]'), 'application/json')).toEqual({ items: [1, 2] })
    expect(parseJsonOrForm(Buffer.from('12'), undefined)).toEqual({ value: 12 })
    expect(parseJsonOrForm(Buffer.from(''), undefined)).toEqual({})
    expect(refusal(() => parseJsonOrForm(Buffer.from('a=1'), 'text/plain')).code).toBe('BODY_NOT_JSON')
    expect(refusal(() => parseForm('a=1&'.repeat(300))).code).toBe('SHAPE_INVALID')
  })
})

describe('free data', () => {
  const nested = (levels: number): Record<string, unknown> => (levels === 0 ? {} : { a: nested(levels - 1) })

  test('is refused when nested too deep, with its place', () => {
    expect(read.data(nested(read.MAX_DEPTH - 1) as never, 'properties')).toBeDefined()
    const error = refusal(() => read.data(nested(read.MAX_DEPTH) as never, 'events[0].properties'))
    expect(error).toMatchObject({ code: 'TOO_DEEP', status: 422, path: 'events[0].properties' })
    expect(refusal(() => read.data({ a: [[[nested(18)]]] } as never, 'p')).code).toBe('TOO_DEEP')
  })

  test('loses members that would become something else when copied', () => {
    const value = read.data(JSON.parse('{"a":{"__proto__":{"admin":true},"b":1}}'), 'p')
    expect(JSON.stringify(value)).toBe('{"a":{"b":1}}')
  })

  test('null is absent, numbers are texts, anything else is named', () => {
    expect(read.text(null, 'x', 5)).toBeUndefined()
    expect(read.text('', 'x', 5)).toBeUndefined()
    expect(read.text(17850, 'x', 5)).toBe('17850')
    expect(refusal(() => read.text('123456', 'x.y', 5)).toJSON().error).toMatchObject({ path: 'x.y' })
    expect(refusal(() => read.text({}, 'x', 5)).message).toBe('x must be a text.')
    expect(refusal(() => read.list({}, 'x')).message).toBe('x must be a list.')
    expect(refusal(() => read.object([], 'x')).message).toBe('x must be an object.')
  })
})

describe('context', () => {
  test('known members have their place, nulls go, the rest is kept apart', () => {
    expect(
      contextOf({
        ip: '10.0.0.1',
        userAgent: 'curl',
        locale: null,
        page: { url: 'https://shop.example', title: null },
        campaign: { source: 'mail' },
        os: 'Linux',
        traits: { email: 'ada@example.com' },
        app: { name: 'Shop' },
        empty: null,
      }),
    ).toEqual({
      ip: '10.0.0.1',
      userAgent: 'curl',
      page: { url: 'https://shop.example' },
      campaign: { source: 'mail' },
      other: { app: { name: 'Shop' } },
    })
    expect(contextOf(undefined)).toEqual({})
  })

  test('of the tracker is translated', () => {
    expect(
      trackerContext({
        time: { local: '2025-01-01', tz: 'Europe/Warsaw' },
        screen: { width: 1920, height: null },
        browser: {
          local: { browser: { name: 'Chrome', language: 'pl', userAgent: 'Mozilla' }, device: { platform: 'Linux' } },
        },
        shop: 'north',
      }),
    ).toEqual({
      timezone: 'Europe/Warsaw',
      screen: { width: 1920 },
      browser: { name: 'Chrome', language: 'pl', userAgent: 'Mozilla' },
      device: { platform: 'Linux' },
      userAgent: 'Mozilla',
      locale: 'pl',
      other: { shop: 'north' },
    })
  })
})

describe('the rate of a source', () => {
  test('is held on average, lets bursts and whole batches pass, and says when to come again', () => {
    let now = 0
    const rates = rateLimit(() => now)
    rates.take('shop', 20, 10)
    expect(refusal(() => rates.take('shop', 1, 10))).toMatchObject({ code: 'TOO_FAST', status: 429, retryAfter: 1 })
    rates.take('other', 1, 10)
    now = 100
    rates.take('shop', 100, 10)
    const error = refusal(() => rates.take('shop', 1, 10))
    expect(error.retryAfter).toBe(10)
    now += 10_000
    rates.take('shop', 1, 10)
  })
})
