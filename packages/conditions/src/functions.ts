// The functions and methods of conditions, as data: checking, evaluating and the documentation read this one table.
import { RE2JS } from 're2js'
import { timestampAt } from './compare.js'
import { clockReader, parseDuration, parseTimestamp, TIME_PARTS } from './time.js'
import { Duration, isMap, toJson, toValue, type TypeName, type Value } from './values.js'

/** Prepares a function from its last argument, written as a literal; undefined when that literal is no good. */
type Prepare = (literal: string) => ((receiver: Value) => Value) | undefined

/** One function, called as `name(a)` or, when `method` is true, as `receiver.name(a)`. */
export interface ConditionFunction {
  name: string
  method: boolean
  /** As the documentation shows it. */
  signature: string
  /** How many arguments it takes, without the receiver of a method. */
  arguments: readonly [min: number, max: number]
  returns: TypeName
  help: string
  /** The receiver of a method comes first. Gives null for values that it cannot take, and never throws. */
  apply(first: Value, second: Value, third: Value): Value
  /** Present when the last argument has to be a literal string, prepared once; `example` tells a good one. */
  literal?: { prepare: Prepare; example: string }
}

function method(
  signature: string,
  argumentCount: readonly [number, number],
  returns: ConditionFunction['returns'],
  help: string,
  apply: ConditionFunction['apply'],
): ConditionFunction {
  return { name: nameOf(signature), method: true, signature, arguments: argumentCount, returns, help, apply }
}

function plain(
  signature: string,
  returns: ConditionFunction['returns'],
  help: string,
  apply: (value: Value) => Value,
): ConditionFunction {
  return { name: nameOf(signature), method: false, signature, arguments: [1, 1], returns, help, apply }
}

function nameOf(signature: string): string {
  return /(\w+)\(/.exec(signature)?.[1] ?? signature
}

/** A method on strings: any other receiver gives null. */
function ofString(run: (text: string, first: Value, second: Value) => Value): ConditionFunction['apply'] {
  return (receiver, first, second) => (typeof receiver === 'string' ? run(receiver, first, second) : null)
}

/** A method on strings with one string argument. */
function ofStrings(run: (text: string, argument: string) => Value): ConditionFunction['apply'] {
  return ofString((text, argument) => (typeof argument === 'string' ? run(text, argument) : null))
}

function size(value: Value): Value {
  if (typeof value === 'string') return [...value].length
  if (Array.isArray(value)) return value.length
  return isMap(value) ? Object.keys(value).length : null
}

function toText(value: Value): Value {
  if (typeof value === 'string') return value
  const json = toJson(value)
  return typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean' ? String(json) : null
}

/** Texts that are numbers, in words that JavaScript and both databases read alike; none of them overflows a double. */
export const NUMBER_PATTERN = '^[+-]?([0-9]{1,40}([.][0-9]{0,40})?|[.][0-9]{1,40})([eE][+-]?[0-9]{1,2})?'
const NUMBER = new RegExp(`${NUMBER_PATTERN}$`)

function toNumber(value: Value): Value {
  if (typeof value === 'number') return value
  if (value instanceof Date) return value.getTime() / 1000
  return typeof value === 'string' && NUMBER.test(value) ? toValue(Number(value)) : null
}

function toInteger(value: Value): Value {
  const number = toNumber(value)
  return typeof number === 'number' ? Math.trunc(number) : null
}

function toBoolean(value: Value): Value {
  if (value === 'true') return true
  if (value === 'false') return false
  return typeof value === 'boolean' ? value : null
}

function toTimestamp(value: Value): Value {
  if (value instanceof Date) return value
  if (typeof value === 'number') return timestampAt(value * 1000)
  return typeof value === 'string' ? parseTimestamp(value) : null
}

function toDuration(value: Value): Value {
  if (value instanceof Duration) return value
  return typeof value === 'string' ? parseDuration(value) : null
}

function substring(text: string, start: Value, end: Value): Value {
  const last = end ?? text.length
  if (typeof start !== 'number' || typeof last !== 'number' || start < 0 || last > text.length || start > last)
    return null
  return text.substring(start, last)
}

function join(list: Value, separator: Value): Value {
  if (!Array.isArray(list) || (separator !== null && typeof separator !== 'string')) return null
  if (!list.every((element) => typeof element === 'string')) return null
  const length = list.reduce((sum, element) => sum + element.length + (separator?.length ?? 0), 0)
  return length > 1_000_000 ? null : list.join(separator ?? '')
}

/** RE2: linear in the text, so no pattern can hang a worker, which JavaScript's own regular expressions allow. */
function preparePattern(pattern: string): ReturnType<Prepare> {
  try {
    const compiled = RE2JS.compile(pattern)
    return (receiver) => (typeof receiver === 'string' ? compiled.test(receiver) : null)
  } catch {
    return undefined
  }
}

const timeMethods: ConditionFunction[] = Object.entries(TIME_PARTS).map(([name, { help, read, ofDuration }]) => ({
  name,
  method: true,
  signature: `time.${name}(zone)`,
  arguments: [0, 1],
  returns: 'number',
  help,
  apply: (receiver) => {
    if (receiver instanceof Duration) return ofDuration ? ofDuration(receiver.ms) : null
    return receiver instanceof Date ? read(receiver) : null
  },
  literal: {
    example: '"Europe/Berlin"',
    prepare: (zone) => {
      const atZone = clockReader(zone)
      return atZone && ((receiver) => (receiver instanceof Date ? read(atZone(receiver)) : null))
    },
  },
}))

/** Every function. Null in gives null out, and null counts as false, unless the help says otherwise. */
export const FUNCTIONS: readonly ConditionFunction[] = [
  plain('size(value)', 'number', 'Characters of a string, elements of a list, or fields of a map.', size),
  plain('string(value)', 'string', 'The value as text.', toText),
  plain('double(value)', 'number', 'The number in a text; of a timestamp, its seconds since 1970.', toNumber),
  plain('int(value)', 'number', 'As double(), without the fraction.', toInteger),
  plain('bool(value)', 'bool', 'Of the texts "true" and "false".', toBoolean),
  plain(
    'timestamp(value)',
    'timestamp',
    'Of an ISO 8601 text with a zone, a date (UTC midnight), or seconds since 1970.',
    toTimestamp,
  ),
  plain('duration(text)', 'duration', 'Such as "30d", "1h30m", "90s"; units w d h m s ms us ns.', toDuration),
  method('value.size()', [0, 0], 'number', 'As size(value).', size),
  method(
    'text.contains(part)',
    [1, 1],
    'bool',
    'Whether the text holds the part.',
    ofStrings((text, part) => text.includes(part)),
  ),
  method(
    'text.startsWith(part)',
    [1, 1],
    'bool',
    'Whether the text begins with the part.',
    ofStrings((text, part) => text.startsWith(part)),
  ),
  method(
    'text.endsWith(part)',
    [1, 1],
    'bool',
    'Whether the text ends with the part.',
    ofStrings((text, part) => text.endsWith(part)),
  ),
  {
    ...method(
      'text.matches("pattern")',
      [1, 1],
      'bool',
      'Whether the RE2 pattern is found in the text. The pattern is written out.',
      () => null,
    ),
    literal: { prepare: preparePattern, example: '"^[A-Z]{2}[0-9]+$"' },
  },
  method(
    'text.lowerAscii()',
    [0, 0],
    'string',
    'With A to Z in small letters.',
    ofString((text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  ),
  method(
    'text.upperAscii()',
    [0, 0],
    'string',
    'With a to z in capital letters.',
    ofString((text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  ),
  method(
    'text.trim()',
    [0, 0],
    'string',
    'Without white space at both ends.',
    ofString((text) => text.trim()),
  ),
  method(
    'text.indexOf(part)',
    [1, 1],
    'number',
    'Where the part begins, from 0; -1 when it is missing.',
    ofStrings((text, part) => text.indexOf(part)),
  ),
  method(
    'text.substring(start, end)',
    [1, 2],
    'string',
    'From start up to before end, or to the end.',
    ofString(substring),
  ),
  method(
    'text.split(separator)',
    [1, 1],
    'list',
    'The parts between separators.',
    ofStrings((text, separator) => (text.length > 100_000 ? null : text.split(separator))),
  ),
  method('list.join(separator)', [0, 1], 'string', 'The texts of a list in one.', join),
  ...timeMethods,
]

/** The functions that take a variable and an expression; the evaluator knows them. */
export const MACROS: Readonly<
  Record<
    string,
    { method: boolean; arguments: readonly [number, number]; signature: string; help: string; returns: TypeName }
  >
> = {
  has: {
    method: false,
    arguments: [1, 1],
    signature: 'has(profile.traits.plan)',
    help: 'Whether the field is neither absent nor null.',
    returns: 'bool',
  },
  exists: {
    method: true,
    arguments: [2, 2],
    signature: 'list.exists(x, condition)',
    help: 'Whether the condition holds for an element; for a map, a key.',
    returns: 'bool',
  },
  all: {
    method: true,
    arguments: [2, 2],
    signature: 'list.all(x, condition)',
    help: 'Whether it holds for every element. False for an absent list, true for an empty one.',
    returns: 'bool',
  },
  exists_one: {
    method: true,
    arguments: [2, 2],
    signature: 'list.exists_one(x, condition)',
    help: 'Whether it holds for exactly one element.',
    returns: 'bool',
  },
  filter: {
    method: true,
    arguments: [2, 2],
    signature: 'list.filter(x, condition)',
    help: 'The elements for which it holds.',
    returns: 'list',
  },
  map: {
    method: true,
    arguments: [2, 3],
    signature: 'list.map(x, value)',
    help: 'The value for each element; map(x, condition, value) for those that fit.',
    returns: 'list',
  },
}

/** The function of this name, called in this form; undefined when there is none. */
export function findFunction(name: string, asMethod: boolean): ConditionFunction | undefined {
  return FUNCTIONS.find((candidate) => candidate.name === name && candidate.method === asMethod)
}
