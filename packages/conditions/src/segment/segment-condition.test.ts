import { describe, expect, it, test } from '@jest/globals'
import { name, sql as write } from '../sql/fragment.js'
import { checkSegment, compileSegment, InvalidCondition, type SegmentData } from '../index.js'

const NOW = Date.UTC(2026, 2, 10, 12, 30)
const DAY = 86_400_000
const schema = {
  eventTypes: new Map([
    ['order-placed', { slots: { number_1: 'properties.value' } }],
    ['view', {}],
  ]),
  segments: [{ id: '00000000-0000-7000-8000-0000000000a1', name: 'vip' }],
}
const at = (ago: number) => NOW - ago
const event = (type: string, ago: number, properties: unknown = {}, id = String(ago)) => ({
  id,
  type,
  occurredAt: at(ago),
  source: 'web',
  properties,
  data: null,
})
const data: SegmentData = {
  profile: { id: 'p', createdAt: new Date(at(40 * DAY)), traits: { plan: 'pro' } },
  events: [
    event('order-placed', 40 * DAY, { value: 100, country: 'DE' }),
    event('order-placed', 10 * DAY, { value: 0.1, country: 'PL' }),
    event('order-placed', 5 * DAY, { value: 0.2, country: 'PL' }),
    event('order-placed', DAY, { value: 'much', country: 'PL' }),
    event('view', 6 * DAY),
    event('view', 3_600_000),
    event('order-placed', -1, { value: 1000 }),
  ],
  sessions: [{ id: 's', startedAt: at(2 * DAY), lastEventAt: at(DAY), events: 4, source: 'web', deviceType: 'phone' }],
  segments: ['00000000-0000-7000-8000-0000000000a1'],
  now: NOW,
}

describe('behaviour in memory', () => {
  test.each([
    ['events("order-placed").count() == 4', true],
    ['events("order-placed").within("30d").count() >= 3', true],
    ['events("order-placed").within("10d").count() == 2', true],
    ['events("order-placed").within("30d").where(properties.country == "PL").sum("value") == 0.3', true],
    ['events("order-placed").within("30d").avg("value") == 0.15', true],
    ['events("order-placed").max("value") == 100 && events("order-placed").min("properties.value") == 0.1', true],
    ['events("order-placed").first().properties.country == "DE"', true],
    ['events("order-placed").last().occurredAt == now - duration("1d")', true],
    ['events("order-placed").before(now - duration("30d")).count() == 1', true],
    ['events("order-placed").after(now - duration("10d")).count() == 2', true],
    ['events("order-placed").between(now - duration("10d"), now - duration("5d")).count() == 1', true],
    ['events("view").followedBy(events("order-placed"), "2d").count() == 1', true],
    ['events("view").notFollowedBy(events("order-placed"), "2d").count() == 0', true],
    ['events("view").notFollowedBy(events("order-placed").where(properties.country == "DE"), "2d").count() == 1', true],
    ['events("view").within("1d").notFollowedBy(events("order-placed"), "2d").count() == 0', true],
    ['sessions().within("7d").where(deviceType == "phone").sum("events") == 4', true],
    ['"vip" in profile.segments && !("vip" in profile.segments && false)', true],
    ['events("order-placed").where(occurredAt.getHours("Europe/Warsaw") == 13).count() == 4', true],
    ['now - profile.createdAt > duration("30d") && now.getDayOfWeek() == 2', true],
    ['events("view").where(false).sum("value") == 0 && events("view").where(false).avg("value") == null', true],
  ])('%s is %s', (source, expected) => {
    expect(compileSegment(source, schema).evaluate(data)).toBe(expected)
  })
})

describe('checkSegment', () => {
  test.each([
    ['events("order-placed").within("30d")', 'INCOMPLETE_BEHAVIOUR', 1, '.count()'],
    ['events("order-placed").cout() > 3', 'INCOMPLETE_BEHAVIOUR', 1, '.count()'],
    ['events("order-placed").wihin("3d").count() > 3', 'INCOMPLETE_BEHAVIOUR', 1, 'within'],
    ['true && events("order-place").count() > 3', 'UNKNOWN_EVENT_TYPE', 16, 'order-placed'],
    ['events(profile.traits.x).count() > 3', 'LITERAL_NEEDED', 8, 'order-placed'],
    ['events("view ").count() > 3', 'IMPOSSIBLE_VALUE', 8, 'order-placed'],
    ['events("view").within("soon").count() > 3', 'IMPOSSIBLE_VALUE', 23, '30d'],
    ['events("view").after(profile.createdAt).count() > 3', 'NOT_IN_SEGMENTS', 22, 'now'],
    ['events("view").where(profile.traits.x == 1).count() > 3', 'UNKNOWN_NAME', 22, 'properties'],
    ['events("view").where(events("view").count() > 1).count() > 3', 'NOT_IN_SEGMENTS', 22, 'followedBy'],
    ['events("view").where(property.x == 1).count() > 3', 'UNKNOWN_NAME', 22, 'properties'],
    ['events("view").where(properties.x = 1).count() > 3', 'SYNTAX', 35, '=='],
    ['events("view").sum() > 3', 'WRONG_ARGUMENTS', 1, '.sum("value")'],
    ['events("view").last() != null', 'INCOMPLETE_BEHAVIOUR', 1, 'occurredAt'],
    ['events("view").last().value > 3', 'UNKNOWN_FIELD', 1, 'properties.value'],
    ['events("view").count() > "3"', 'ALWAYS_FALSE', 1, undefined],
    ['sessions().where(deviceTyp == "phone").count() > 1', 'UNKNOWN_NAME', 18, 'deviceType'],
    ['"vipp" in profile.segments', 'UNKNOWN_SEGMENT', 1, '"vip"'],
    ['profile.traits.x in profile.segments', 'LITERAL_NEEDED', 1, 'vip'],
    ['size(profile.segments) > 1', 'NOT_IN_SEGMENTS', 6, 'in profile.segments'],
    ['profile.plan == "pro"', 'UNKNOWN_FIELD', 1, 'profile.traits.plan'],
    ['event.type == "view"', 'UNKNOWN_NAME', 1, undefined],
    ['true &&\n profile.traits.a == profile.traits.b', 'NOT_IN_SEGMENTS', 2, 'double('],
    ['profile.traits.a == ["a"]', 'NOT_IN_SEGMENTS', 1, 'size'],
    ['profile.traits.a.trim() == "a"', 'NOT_IN_SEGMENTS', 1, 'matches'],
    ['profile.traits.a.substring(1) == "a"', 'NOT_IN_SEGMENTS', 1, 'startsWith'],
    ['string(profile.traits.a) == "1"', 'NOT_IN_SEGMENTS', 1, 'as it is'],
    ['profile.traits.a.matches("(?i)a")', 'NOT_IN_SEGMENTS', 1, 'Plain characters'],
    ['profile.traits.a.matches("(a+)+$")', 'NOT_IN_SEGMENTS', 1, 'Plain characters'],
    ['profile.traits.a.exists(x, profile.traits.b.exists(y, x > 1))', 'NOT_IN_SEGMENTS', 28, 'loop'],
    ['profile.traits.l.map(x, x) == "a"', 'ALWAYS_FALSE', 1, undefined],
    ['profile.traits.l.exists(now, now > 1)', 'NOT_IN_SEGMENTS', 25, 'another name'],
  ])('%s: %s at column %d', (source, code, column, hint) => {
    const [problem, ...others] = checkSegment(source, schema)
    expect(others).toEqual([])
    expect(problem).toMatchObject({ code, column })
    if (hint) expect(`${problem?.message} ${problem?.hint}`).toContain(hint)
    expect(() => compileSegment(source, schema)).toThrow(InvalidCondition)
  })
})

describe('toSql', () => {
  const marker = 'Robert\'); DROP TABLE profile;--"\\x'
  const quoted = JSON.stringify(marker)
  const sources = [
    `profile.traits[${quoted}] == ${quoted}`,
    `profile.traits.a in [${quoted}, "b"] || ${quoted} in profile.traits.l || profile.traits.a.contains(${quoted})`,
    `events(${quoted}).where(properties[${quoted}] == ${quoted}).sum(${quoted}) > 1`,
    `events("view").last().properties[${quoted}] < ${quoted}`,
    `profile.traits.a.lowerAscii() + ${quoted} == "x" && profile.traits.l.exists(x, x[${quoted}] == ${quoted})`,
    `profile.traits.a.matches("Robert'\\\\)") && ${quoted} in profile.segments`,
  ]

  test.each(sources)('has nothing of the condition in its text: %s', (source) => {
    const condition = compileSegment(source, {
      segments: [{ id: '00000000-0000-7000-8000-0000000000a1', name: marker }],
    })
    for (const { sql, parameters } of [
      condition.toSql({ now: NOW }),
      condition.toSql({ now: NOW, within: { after: null, upTo: Buffer.alloc(16, 255) } }),
      condition.affectedByTime({ from: NOW, to: NOW + DAY }) ?? { sql: '', parameters: [] },
    ]) {
      expect(sql).not.toMatch(/Robert|DROP|\\x|"/)
      expect(sql.split('?')).toHaveLength(parameters.length + 1 + (sql.match(/:\?\[0-9\]/g)?.length ?? 0))
    }
  })

  it('starts from the index of behaviour when the condition needs some, and not from all profiles', () => {
    const sqlOf = (source: string) =>
      compileSegment(source, schema).toSql({ now: NOW }).sql.split(' UNION ALL SELECT c.id')[0]
    expect(sqlOf('events("view").within("30d").count() >= 3')).not.toContain('FROM profile p')
    expect(sqlOf('events("view").within("30d").count() >= 3')).toContain('GROUP BY e.profile_id')
    expect(sqlOf('events("view").within("30d").count() == 0')).toContain('FROM profile p')
    expect(sqlOf('"vip" in profile.segments && profile.traits.plan == "pro"')).toContain('JOIN profile p')
  })

  it('asks one selection once, however many ends it has', () => {
    const { sql } = compileSegment(
      'events("view").within("1d").count() > 1 && events("view").within("1d").max("value") > 1',
      schema,
    ).toSql({ now: NOW })
    expect(sql.split('FROM event e')).toHaveLength(2)
  })

  it('refuses to paste a value, should somebody try', () => {
    expect(() => write`SELECT ${{ text: 'x; DROP', parameters: [] }}`).toThrow(TypeError)
    expect(() => name('x; DROP')).toThrow(TypeError)
  })
})

describe('affectedByTime', () => {
  const affected = (source: string) => compileSegment(source, schema).affectedByTime({ from: NOW, to: NOW + DAY })

  it('gives nobody where time changes nothing', () => {
    expect(affected('profile.traits.plan == "pro" && "vip" in profile.segments')).toBeNull()
    expect(compileSegment('profile.traits.plan == "pro"', schema).needs.time).toBe(false)
  })

  it('looks at the edges of windows only', () => {
    const { sql, parameters } = affected('events("view").within("30d").count() > 0') ?? { sql: '', parameters: [] }
    expect(sql).not.toContain('FROM profile ')
    expect(parameters).toEqual([
      'view',
      '2026-02-08 12:30:00.000',
      '2026-02-09 12:30:00.000',
      'view',
      '2026-03-10 12:30:00.000',
      '2026-03-11 12:30:00.000',
    ])
  })

  it('compares with both moments where now is only added to', () => {
    expect(affected('now - profile.createdAt > duration("30d")')?.sql).toContain('<>')
    expect(affected('now.getHours() > 10')?.sql).not.toContain('<>')
  })
})

describe('needs and cost', () => {
  it('say what a condition reads', () => {
    const source =
      'profile.traits.plan == "pro" && "vip" in profile.segments && events("view").notFollowedBy(events("order-placed"), "2d").count() > 0'
    expect(compileSegment(source, schema).needs).toEqual({
      fields: ['traits.plan'],
      eventTypes: ['order-placed', 'view'],
      sessions: false,
      segments: ['00000000-0000-7000-8000-0000000000a1'],
      time: true,
    })
  })

  test.each([
    ['events("order-placed").within("30d").sum("value") > 100', ['index']],
    ['events("view").within("30d").where(properties.x == "a").count() > 1', ['rows']],
    ['events("order-placed").within("30d").count() == 0', ['index', 'scan']],
    ['sessions().count() > 1', ['scan']],
    ['profile.traits.plan == "pro"', ['scan']],
  ])('tell how %s is answered', (source, kinds) => {
    expect(compileSegment(source, schema).cost.map(({ kind }) => kind)).toEqual(kinds)
  })
})

describe('explain', () => {
  it('shows each part with counts, sums and segments that it saw', () => {
    const explained = compileSegment(
      'events("order-placed").within("30d").count() >= 5\n && "vip" in profile.segments && profile.traits.age > 3',
      schema,
    ).explain(data)
    expect(explained.holds).toBe(false)
    expect(explained.children.map(({ holds }) => holds)).toEqual([false, true, false])
    expect(explained.children[0]?.operands).toEqual([
      { source: 'events("order-placed").within("30d").count()', value: 3 },
    ])
    expect(explained.children[1]?.operands).toEqual([{ source: 'profile.segments', value: ['vip'] }])
    expect(explained.children[2]?.note).toBe('profile.traits.age is absent.')
    expect(explained.children[1]?.position).toMatchObject({ line: 2 })
  })
})
