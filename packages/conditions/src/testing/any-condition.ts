// Random people and random conditions about them, drawn from few names and values so that they meet.
import fc from 'fast-check'
import type { SegmentEvent } from '../segment/segment-condition.js'
import type { Person } from './population.js'

export const NOW = Date.UTC(2026, 2, 10, 12, 30)
const DAY = 86_400_000

export const SEGMENTS = [
  { id: '00000000-0000-7000-8000-0000000000a1', name: 'vip' },
  { id: '00000000-0000-7000-8000-0000000000a2', name: 'new "people" %' },
]
export const EVENT_TYPES = new Map([
  ['order', { slots: { number_1: 'properties.value', number_2: 'properties.lines', number_3: 'data.third' } }],
  ['view', {}],
  ['login', { slots: { number_2: 'properties.value' } }],
])

const texts = [
  '',
  'a',
  'A',
  'a ',
  'ab',
  'é',
  '😀',
  '\uffff',
  'true',
  '1',
  '1.50',
  '1e2',
  '2026-03-01',
  '2024-02-29T23:30:00.5Z',
  '2023-02-29',
  '2026-03-10T01:00:00+0530',
  'null',
  'line\nbreak',
  '"q\\',
  "'",
  '%_',
  '\u0000',
]
const numbers = [0, 1, -1, 2, 3, 0.1, 0.2, 0.3, 1.5, 1e21, 1e-7, 9007199254740991, -2.5, 1e308, 1772323200, 33]
const scalar = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...texts) },
  { weight: 4, arbitrary: fc.constantFrom(...numbers) },
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(true, false, null),
)
const FIELDS = ['a', 'b', 'n', 'list', 'map', 'größe', 'x y', 'q"\\', '']
const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  {
    weight: 2,
    arbitrary: fc.array(
      fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.record({ n: scalar, a: scalar }, { requiredKeys: [] })),
      { maxLength: 4 },
    ),
  },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom(...FIELDS), scalar, { maxKeys: 4 }) },
)
const map = fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 7 })
// Many instants are shared, and many lie on the edges of windows.
const time = fc.oneof(
  fc.integer({ min: 0, max: 90 }).map((days) => NOW - days * DAY),
  fc.integer({ min: -1000, max: 90 * DAY }).map((ago) => NOW - ago),
  fc.constantFrom(NOW, NOW - 1, NOW - 30 * DAY + 1),
)
const uuids = fc.uuid()
const event: fc.Arbitrary<SegmentEvent> = fc.record({
  id: uuids,
  type: fc.constantFrom('order', 'order', 'view', 'login'),
  occurredAt: time,
  source: fc.constantFrom('web', 'app'),
  properties: fc.record(
    { value: fc.oneof(fc.constantFrom(10, 0.1, 0.2, 100), value), lines: value, a: value, b: value, list: value },
    { requiredKeys: [] },
  ),
  data: fc.option(map),
})
const session = fc.record({
  id: uuids,
  source: fc.constantFrom('web', 'app'),
  startedAt: time,
  lastEventAt: time,
  events: fc.nat({ max: 5 }),
  deviceType: fc.option(fc.constantFrom('phone', 'tablet ')),
  locale: fc.constantFrom(null, 'de', 'DE'),
})
const history = {
  events: fc.array(event, { maxLength: 12 }),
  sessions: fc.array(session, { maxLength: 4 }),
  segments: fc.subarray(SEGMENTS.map(({ id }) => id)),
}

export const person: fc.Arbitrary<Person> = fc
  .record({
    id: uuids,
    createdAt: time,
    firstSeenAt: time,
    lastSeenAt: time,
    traits: map,
    data: map,
    consents: map,
    ...history,
    merged: fc.option(fc.record({ id: uuids, ...history }), { freq: 5 }),
  })
  .map(({ traits, data, consents, merged, ...rest }) => ({
    ...rest,
    document: { traits, data, consents, interests: {}, counters: {}, aux: {} },
    ...(merged ? { merged } : {}),
  }))

const quoted = (text: string) => JSON.stringify(text).replaceAll('\\u0000', '\\x00')
const literals = fc.oneof(
  fc.constantFrom(...texts).map(quoted),
  fc.constantFrom(...numbers.filter((one) => Math.abs(one) < 2 ** 53)).map(numeral),
  fc.constantFrom('true', 'false', 'null', '[]', '["a", 1]'),
)
const numerals = fc.constantFrom(...numbers.filter((one) => Math.abs(one) < 2 ** 53)).map(numeral)

function numeral(value: number): string {
  return String(value).includes('e') ? value.toFixed(7) : String(value)
}

const op = fc.constantFrom('==', '!=', '<', '<=', '>', '>=')
const text = fc.constantFrom(...texts).map(quoted)
const days = fc.constantFrom('"1d"', '"30d"', '"45d"', '"2d"', '"90d"', '"12h"')
const pattern = fc.constantFrom(
  'a',
  '^a$',
  '.',
  '^.$',
  '[^a]',
  '[a-c]+b?',
  '\\\\d',
  '(a|é)',
  '^(?:a|b)*$',
  '1\\\\.',
  '^\\\\w{2}$',
  '[\\\\s%]',
  '[A-Z\\\\d]',
)
const zone = fc.constantFrom('', '"Europe/Warsaw"', '"UTC"', '"America/New_York"')
const part = fc.constantFrom(
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfMonth',
  'getDayOfWeek',
  'getDayOfYear',
  'getHours',
  'getMinutes',
  'getSeconds',
  'getMilliseconds',
)
const tpl = (strings: TemplateStringsArray, ...pieces: fc.Arbitrary<string>[]) =>
  fc.tuple(...pieces).map((values) => strings.reduce((all, string, index) => all + string + (values[index] ?? ''), ''))

/** Conditions over the names that `root` gives; `chain` adds behaviour. */
function conditions(
  field: fc.Arbitrary<string>,
  at: fc.Arbitrary<string>,
  extra: {
    bool: fc.Arbitrary<string>[]
    number: fc.Arbitrary<string>[]
    any: fc.Arbitrary<string>[]
    at: fc.Arbitrary<string>[]
  },
  depth: number,
): fc.Arbitrary<string> {
  const { bool } = fc.letrec<{
    bool: string
    number: string
    any: string
    timestamp: string
    length: string
    string: string
  }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      { weight: 5, arbitrary: field },
      tpl`${field}[${fc.constantFrom('0', '1')}]`,
      tpl`${field}.n`,
      ...extra.any,
    ),
    string: fc.oneof(
      { depthSize: 'small' },
      { weight: 3, arbitrary: text },
      tpl`${tie('any')} + ""`,
      tpl`${tie('any')}.lowerAscii()`,
      tpl`${tie('any')}.upperAscii()`,
      tpl`(${tie('bool')} ? ${text} : ${tie('any')} + "")`,
    ),
    number: fc.oneof(
      { depthSize: 'small' },
      { weight: 3, arbitrary: numerals },
      tpl`(${tie('any')} ${fc.constantFrom('+', '-', '*', '/', '%')} ${tie('any')})`,
      tpl`(${tie('any')} ${fc.constantFrom('*', '/', '%')} ${tie('number')})`,
      tpl`size(${tie('any')})`,
      tpl`double(${tie('any')})`,
      tpl`int(${tie('any')})`,
      tpl`-${tie('any')}`,
      tpl`${tie('timestamp')}.${part}(${zone})`,
      tpl`${tie('length')}.getHours()`,
      tpl`size(${field}.filter(x, ${fc.constantFrom('x == "a"', 'x > 1', 'x.n >= 1', 'x != null', 'x in ["a", 1, true]')}))`,
      ...extra.number,
    ),
    timestamp: fc.oneof(
      { depthSize: 'small' },
      { weight: 3, arbitrary: at },
      fc.constant('now'),
      tpl`timestamp(${tie('any')})`,
      tpl`(${at} + duration(${days}))`,
      tpl`(now - duration(${days}))`,
      fc.constantFrom('timestamp("2026-02-01")', 'timestamp("2026-03-10T12:30:00Z")'),
      ...extra.at,
    ),
    length: fc.oneof({ depthSize: 'small' }, tpl`(now - ${tie('timestamp')})`, tpl`duration(${days})`),
    bool: fc.oneof(
      { depthSize: 'small', maxDepth: depth },
      tpl`${tie('any')} ${op} ${literals}`,
      tpl`${literals} ${op} ${tie('any')}`,
      tpl`${tie('any')} ${op} ${tie('number')}`,
      tpl`${tie('any')} ${fc.constantFrom('<', '>=')} ${tie('any')}`,
      tpl`${tie('number')} ${op} ${tie('number')}`,
      tpl`${tie('string')} ${op} ${tie('string')}`,
      tpl`${tie('timestamp')} ${op} ${tie('timestamp')}`,
      tpl`${tie('length')} ${op} ${tie('length')}`,
      tpl`${tie('number')} ${op} null`,
      tpl`${tie('timestamp')} ${op} null`,
      tpl`has(${field})`,
      tpl`${tie('any')}`,
      tpl`bool(${tie('any')})`,
      tpl`${tie('any')} in [${literals}, ${literals}]`,
      tpl`${literals} in ${tie('any')}`,
      tpl`${tie('number')} in [${numerals}, ${numerals}]`,
      tpl`${tie('any')}.${fc.constantFrom('startsWith', 'endsWith', 'contains')}(${tie('string')})`,
      tpl`${tie('any')}.matches("${pattern}")`,
      tpl`${field}.${fc.constantFrom('exists', 'all', 'exists_one')}(x, ${fc.constantFrom('x == "a"', 'x > 0.5', 'x.n == 1 || x == true', '!(x == 1)', 'x', 'has(x.a)', '1 in x', 'x < now')})`,
      { weight: 3, arbitrary: tpl`(${tie('bool')} ${fc.constantFrom('&&', '||')} ${tie('bool')})` },
      { weight: 2, arbitrary: tpl`!(${tie('bool')})` },
      tpl`(${tie('bool')} ? ${tie('bool')} : ${tie('bool')})`,
      ...extra.bool,
    ),
  }))
  return bool
}

const rowField = fc.constantFrom(
  'properties.value',
  'properties.value',
  'properties.lines',
  'properties.a',
  'properties.b',
  'properties.list',
  'data.a',
  'data["größe"]',
  'data.third',
)
const nothing = { bool: [], number: [], any: [], at: [] }
const eventWhere = conditions(
  rowField,
  fc.constant('occurredAt'),
  { ...nothing, bool: [fc.constantFrom('type == "order"', 'source == "web"', 'source.startsWith("a")')] },
  1,
)
const sessionWhere = fc.constantFrom(
  'events > 2',
  'deviceType == "phone"',
  'deviceType == "tablet"',
  'locale == "de"',
  'lastEventAt > startedAt',
  'deviceType == null',
  'locale.lowerAscii() == "de"',
  'lastEventAt - startedAt < duration("2d")',
)

const bound = tpl`${fc.oneof({ weight: 3, arbitrary: tpl`.within(${days})` }, tpl`.after(now - duration(${days}))`, tpl`.before(now - duration(${days}))`, fc.constant('.between(timestamp("2026-01-01"), now - duration("1d"))'))}`
const followed = tpl`.${fc.constantFrom('followedBy', 'notFollowedBy')}(events("${fc.constantFrom('order', 'view', 'login')}")${fc.oneof(fc.constant(''), tpl`.where(${eventWhere})`)}, ${fc.constantFrom('"2d"', '"1d"', '"20d"')})`
const eventSteps = fc.oneof(
  { weight: 2, arbitrary: bound },
  fc.constant(''),
  { weight: 2, arbitrary: tpl`${bound}.where(${eventWhere})` },
  tpl`.where(${eventWhere})${bound}`,
  { weight: 2, arbitrary: tpl`${bound}${followed}` },
  tpl`.where(${eventWhere})${followed}${followed}`,
)
const events = tpl`events("${fc.constantFrom('order', 'order', 'view', 'login')}")${eventSteps}`
const sessions = tpl`sessions()${fc.oneof(fc.constant(''), bound, tpl`${bound}.where(${sessionWhere})`, tpl`.where(${sessionWhere})`)}`
const one = fc.constantFrom('first', 'last')
const counted = fc.oneof(
  tpl`${events}.count()`,
  tpl`${events}.${fc.constantFrom('sum', 'avg', 'min', 'max')}(${fc.constantFrom('"value"', '"lines"', '"a"', '"data.third"')})`,
  tpl`${sessions}.count()`,
  tpl`${sessions}.${fc.constantFrom('sum', 'max')}("events")`,
)
const behaviour = {
  bool: [
    { weight: 4, arbitrary: tpl`${counted} ${op} ${fc.constantFrom('0', '1', '2', '3', '10', '0.3', '100')}` },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '"vip" in profile.segments',
        '"new \\"people\\" %" in profile.segments',
        `"${SEGMENTS[0]?.id}" in profile.segments`,
      ),
    },
  ] as unknown as fc.Arbitrary<string>[],
  number: [counted],
  any: [tpl`${events}.${one}().${rowField}`],
  at: [tpl`${events}.${one}().occurredAt`, tpl`${sessions}.${one}().startedAt`, tpl`${sessions}.${one}().lastEventAt`],
}
const profileField = fc
  .tuple(fc.constantFrom('traits', 'traits', 'data', 'consents'), fc.constantFrom(...FIELDS))
  .map(([root, key]) => `profile.${root}${/^\w+$/.test(key) ? `.${key}` : `[${quoted(key)}]`}`)

/** A condition of a segment; many are refused, which is theirs to say. */
export const anyCondition: fc.Arbitrary<string> = conditions(
  profileField,
  fc.constantFrom('profile.createdAt', 'profile.lastSeenAt'),
  behaviour,
  3,
)
