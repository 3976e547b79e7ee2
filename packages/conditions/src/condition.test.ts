import { describe, expect, it, test } from '@jest/globals'
import { evaluate as evaluatePlainCel } from '@marcbachmann/cel-js'
import fc from 'fast-check'
import { compileCondition } from './index.js'

const NOW = Date.UTC(2026, 2, 10, 12, 30)
const context = {
  profile: {
    traits: {
      plan: 'pro',
      age: 33,
      score: 2.5,
      vip: true,
      nothing: null,
      tags: ['a', 'b', null],
      nested: { deep: { x: 1 } },
    },
    interests: { sport: 3 },
  },
  event: {
    type: 'purchase',
    at: new Date(NOW - 3_600_000),
    items: [
      { sku: 'a', n: 1 },
      { sku: 'b', n: 3 },
    ],
  },
  session: {},
  now: NOW,
}

function holds(source: string): boolean {
  return compileCondition(source).evaluate(context)
}

function value(source: string): unknown {
  return compileCondition(source, { expects: 'value' }).evaluateValue(context)
}

describe('null rules', () => {
  // The table of docs/reference/conditions.md, row by row; `missing` is absent, `nothing` is null: the same.
  test.each([
    ['profile.traits.missing == null', true],
    ['profile.traits.nothing == null', true],
    ['null == profile.traits.nothing', true],
    ['profile.traits.plan == null', false],
    ['profile.traits.missing != null', false],
    ['profile.traits.plan != null', true],
    ['null == null', true],
    ['profile.traits.missing == "a"', false],
    ['profile.traits.missing != "a"', false],
    ['!(profile.traits.missing == "a")', true],
    ['profile.traits.missing == profile.traits.nothing', false],
    ['profile.traits.missing != profile.traits.nothing', false],
    ['profile.traits.missing < 5', false],
    ['profile.traits.missing >= 5', false],
    ['5 > profile.traits.missing', false],
    ['profile.traits.missing + 1 > 0', false],
    ['profile.traits.missing + 1 == null', true],
    ['-profile.traits.missing == null', true],
    ['profile.traits.missing in ["a"]', false],
    ['profile.traits.missing in profile.traits.tags', false],
    ['"a" in profile.traits.missing', false],
    ['"nothing" in profile.traits', false],
    ['has(profile.traits.nothing)', false],
    ['has(profile.missing.deeper)', false],
    ['profile.missing.deeper.still == null', true],
    ['profile.traits.missing.startsWith("a")', false],
    ['size(profile.traits.missing) == 0', false],
    ['profile.traits.missing.exists(x, true)', false],
    ['profile.traits.missing.all(x, true)', false],
    ['profile.traits.missing', false],
    ['!profile.traits.missing', true],
    ['profile.traits.missing && true', false],
    ['profile.traits.missing || true', true],
    ['(profile.traits.missing ? 1 : 2) == 2', true],
    ['[null] == [null]', true],
  ])('%s is %s', (source, expected) => {
    expect(holds(source)).toBe(expected)
  })

  test.each([
    ['profile.traits.plan > 3', false],
    ['profile.traits.plan == 3', false],
    ['profile.traits.plan != 3', true],
    ['profile.traits.plan', false],
    ['profile.traits.plan && true', false],
    ['!profile.traits.plan', true],
    ['profile.traits.age.startsWith("3")', false],
    ['profile.traits.plan + profile.traits.age == null', true],
    ['profile.traits.plan.anything == null', true],
    ['1 / 0 == null', true],
    ['profile.traits.tags.length == null', true],
    ['profile.constructor == null', true],
    ['profile["__proto__"] == null', true],
  ])('a value that does not fit throws nothing: %s is %s', (source, expected) => {
    expect(holds(source)).toBe(expected)
  })
})

describe('the language', () => {
  test.each([
    ['profile.traits.plan == "pro" && event.type == \'purchase\'', true],
    ['profile.traits.age == 33.0', true],
    ['profile.traits.score * 2 == 5', true],
    ['profile.traits["age"] >= 33u', true],
    ['event.items[1].sku == "b"', true],
    ['event.items.exists(i, i.n > 2 && i.sku == "b")', true],
    ['event.items.exists_one(i, i.n > 0)', false],
    ['event.items.all(i, i.n > 0)', true],
    ['size(event.items.filter(i, i.n > 1)) == 1', true],
    ['event.items.map(i, i.n) == [1, 3]', true],
    ['event.items.map(i, i.n > 1, i.sku) == ["b"]', true],
    ['profile.interests.exists(name, name == "sport")', true],
    ['event.items.exists(x, event.items.exists(x, x.n == 3) && x.n == 1)', true],
    ['event.items.exists(a, event.items.exists(a, event.items.exists(b, b.n == 1 && a.n == 3)))', true],
    ['"sport" in profile.interests', true],
    ['event.type in ["view", "purchase"]', true],
    ['now - event.at >= duration("1h")', true],
    ['now - duration("1d") > event.at', false],
    ['now.getHours() == 12', true],
    ['now.getHours("Europe/Berlin") == 13', true],
    ['now.getDayOfWeek() == 2', true],
    ['timestamp("2026-03-10T13:30:00+01:00") == now', true],
    ['timestamp("2026-03-10") < now', true],
    ['profile.traits.plan.matches("^p.o$")', true],
    ['"a,b".split(",").join("-") == "a-b"', true],
    ['int("42") + double("0.5") == 42.5', true],
    ['1 / 2 == 0.5', true],
  ])('%s is %s', (source, expected) => {
    expect(holds(source)).toBe(expected)
  })

  it('gives timestamps as ISO text and durations in seconds', () => {
    expect(value('now')).toBe('2026-03-10T12:30:00.000Z')
    expect(value('now - event.at')).toBe('3600s')
    expect(value('{"a": [1, profile.traits.missing]}')).toEqual({ a: [1, null] })
  })

  it('takes now as a Date or as milliseconds, and never looks at the clock', () => {
    const condition = compileCondition('now > timestamp("2020-01-01")')
    expect(condition.evaluate({ now: new Date(NOW) })).toBe(true)
    expect(condition.evaluate({ now: NOW })).toBe(true)
    expect(condition.evaluate({})).toBe(false)
  })

  it('ends loops that would hold up a worker', () => {
    const list = Array.from({ length: 1_000 }, (_, index) => index)
    const source = 'event.l.all(a, event.l.all(b, event.l.all(c, a + b + c >= 0)))'
    const condition = compileCondition(source)
    expect(condition.evaluate({ event: { l: list } })).toBe(false)
    expect(condition.explain({ event: { l: list } }).note).toContain('10000 steps')
  })

  it('runs patterns in linear time', () => {
    const condition = compileCondition('event.text.matches("(a+)+$")')
    expect(condition.evaluate({ event: { text: `${'a'.repeat(5_000)}b` } })).toBe(false)
  })

  it('agrees with the CEL library where nothing is null', () => {
    const present = { profile: { n: 7, s: 'abc', l: ['x', 'y'], b: true }, event: { n: 2.5 } }
    const sources = [
      'profile.n * 2.0 - 1.0 > event.n',
      'profile.s + "d" == "abcd"',
      '"x" in profile.l && !("z" in profile.l)',
      'profile.b ? profile.s == "abc" : false',
      'profile.l.exists(e, e == "y") || profile.l.all(e, e == "x")',
      'profile.s.startsWith("ab") && profile.s.endsWith("c") && profile.s.contains("b")',
      'profile.s < "abd" && profile.s >= "abc"',
      'profile.l.map(e, e + "!") == ["x!", "y!"]',
      '"abcabc".indexOf("c") == 2 && "abc".substring(1, 2) == "b"',
      'has(profile.n) && !has(profile.missing)',
      'timestamp("2024-02-29T12:00:00Z").getDayOfYear() == 59',
      'duration("1h30m") > duration("89m")',
      'profile.n in [1, 7] == true',
    ]
    for (const source of sources) {
      expect([source, compileCondition(source).evaluate(present)]).toEqual([source, evaluatePlainCel(source, present)])
    }
  })
})

describe('any data', () => {
  const conditions = [
    'profile.a.b > event.c',
    '!(profile.a == event.b) && session.c != 3',
    'event.list.exists(x, x.a > 1) || event.list.all(x, size(x) == 2)',
    'size(profile.a.map(x, x)) + event.n > 1 ? profile.a : event.a.startsWith("a")',
    'profile == event || profile.a in event.list || profile.a[0] == event.list[1]',
    'timestamp(profile.a) < now - duration(event.c) && string(event.n).matches("1+")',
    'double(profile.a) / int(event.n) >= 0 || event.list.filter(x, x in profile.a) == [1]',
  ].map((source) => compileCondition(source))
  const names = fc.constantFrom('a', 'b', 'c', 'n', 'list', '__proto__', 'constructor')
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, true, 1, 1.5, -1, 'a', '1', '2024-01-01', '30d', new Date(0), undefined),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(names, tie('json'), { maxKeys: 5 }),
    ),
  }))

  it('throws nothing, and explains what it evaluates', () => {
    const property = fc.property(json, json, json, (profile, event, session) => {
      const data = { profile, event, session, now: NOW }
      for (const condition of conditions) {
        const explained = condition.explain(data)
        expect(explained.holds).toBe(condition.evaluate(data))
        expect(explained.value).toEqual(condition.evaluateValue(data))
        expect(JSON.parse(JSON.stringify(explained))).toEqual(explained)
      }
    })
    fc.assert(property, { numRuns: 500 })
  })

  it('survives data nested beyond the stack', () => {
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level++) deep = [deep]
    const condition = compileCondition('profile.x == event.x')
    const data = { profile: { x: deep }, event: { x: [deep] } }
    expect(condition.evaluate(data)).toBe(false)
    expect(condition.explain(data).holds).toBe(false)
  })
})
