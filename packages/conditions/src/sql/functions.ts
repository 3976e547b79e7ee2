// The functions of conditions in SQL; those that databases cannot answer alike are refused, with what to write instead.
import type { ASTNode } from '@marcbachmann/cel-js'
import { FIRST_TIMESTAMP, LAST_TIMESTAMP } from '../compare.js'
import { NUMBER_PATTERN } from '../functions.js'
import { TIMESTAMP_PATTERN } from '../time.js'
import { literalValue, textOf } from '../tree.js'
import { timestamp } from './arithmetic.js'

import { bytes, double, sql, type Sql } from './fragment.js'
import { milliseconds } from './json.js'
import type { Parts, SqlKind } from './parts.js'
import { databasePattern } from './pattern.js'
import { timePart } from './time-parts.js'

interface Call {
  node: ASTNode
  name: string
  receiver: ASTNode | undefined
  args: readonly ASTNode[]
}

/** A function: what it gives when the kind that it gives is wanted. */
type Write = (expression: Parts, call: Call & { first: ASTNode; second: ASTNode | undefined }) => Sql

const NULL = sql`NULL`

export function isCall(node: ASTNode): boolean {
  return node.op === 'call' || node.op === 'rcall'
}

/** A call's value of this kind, or NULL. */
export function sqlFunction(expression: Parts, call: Call, kind: SqlKind): Sql {
  const [first, second] = call.receiver ? [call.receiver, ...call.args] : call.args
  const known = Object.hasOwn(FUNCTIONS, call.name) ? FUNCTIONS[call.name] : undefined
  if (!known || !first) {
    const hint = Object.hasOwn(INSTEAD, call.name) ? INSTEAD[call.name] : undefined
    return expression.refuse(call.node, `${call.name}() cannot be asked of a whole database.`, hint)
  }
  const [gives, write] = known
  return gives === kind ? write(expression, { ...call, first, second }) : NULL
}

const INSTEAD: Record<string, string> = {
  string: 'Compare the field with a text or a number as it is.',
  duration: 'Write the duration out, as in duration("30d").',
  indexOf: 'Use .contains(part) or .startsWith(part).',
  substring: 'Use .startsWith(part), .endsWith(part) or .matches("pattern").',
  split: 'Use .contains(part) or .matches("pattern").',
  join: 'Use .exists(x, …) on the list.',
  trim: 'Use .matches("pattern"), or clean the field when it is written.',
}

const FUNCTIONS: Record<string, readonly [SqlKind, Write]> = {
  size: ['number', size],
  double: ['number', (expression, { first }) => toNumber(expression, first)],
  int: ['number', (expression, { first }) => sql`TRUNCATE(${toNumber(expression, first)}, 0)`],
  bool: ['bool', toBool],
  timestamp: ['timestamp', toTimestamp],
  contains: [
    'bool',
    (expression, call) => texts(expression, call, (text, part) => sql`(LOCATE(${part}, ${text}) > 0)`),
  ],
  startsWith: [
    'bool',
    (expression, call) => texts(expression, call, (text, part) => sql`(LEFT(${text}, LENGTH(${part})) = ${part})`),
  ],
  endsWith: [
    'bool',
    (expression, call) => texts(expression, call, (text, part) => sql`(RIGHT(${text}, LENGTH(${part})) = ${part})`),
  ],
  matches: ['bool', matches],
  lowerAscii: ['string', (expression, { first }) => letters(expression.as(first, 'string'), CAPITALS, SMALL)],
  upperAscii: ['string', (expression, { first }) => letters(expression.as(first, 'string'), SMALL, CAPITALS)],
  ...Object.fromEntries(
    [
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
    ].map((name): [string, readonly [SqlKind, Write]] => [name, ['number', partOfTime]]),
  ),
}

function partOfTime(expression: Parts, { name, first, args }: Parameters<Write>[1]): Sql {
  const kind = expression.kindOf(first)
  if (kind !== 'timestamp' && kind !== 'duration') return NULL
  const [zone] = args
  const written = zone && literalValue(zone)
  if (kind === 'duration' && zone) return NULL
  return timePart(name, kind, expression.as(first, kind), typeof written === 'string' ? written : undefined)
}

function size(expression: Parts, { first, node }: Parameters<Write>[1]): Sql {
  const filtered = expression.countOfFilter(first)
  if (filtered) return filtered
  const field = expression.field(first)
  const kind = expression.kindOf(first)
  if (field && 'json' in field) {
    const { json } = field
    return sql`(CASE JSON_TYPE(${json}) WHEN 'STRING' THEN CHAR_LENGTH(CONVERT(JSON_UNQUOTE(${json}) USING utf8mb4)) WHEN 'ARRAY' THEN JSON_LENGTH(${json}) WHEN 'OBJECT' THEN JSON_LENGTH(${json}) END)`
  }
  if (kind === 'string') return sql`CHAR_LENGTH(${expression.as(first, 'string')})`
  return expression.refuse(
    node,
    `${textOf(node)} cannot be asked of a whole database.`,
    'size() takes a field here, or list.filter(x, …).',
  )
}

/** The number itself, or the number in a text. */
function toNumber(expression: Parts, node: ASTNode): Sql {
  const kind = expression.kindOf(node)
  if (kind === 'number') return expression.as(node, 'number')
  if (kind === 'timestamp') return sql`(${expression.as(node, 'timestamp')} / 1000e0)`
  const text = expression.as(node, 'string')
  const inText = sql`(CASE WHEN ${fits(text, NUMBER_PATTERN)} THEN CAST(${text} AS DOUBLE) END)`
  return kind === 'string' ? inText : sql`COALESCE(${expression.as(node, 'number')}, ${inText})`
}

function toBool(expression: Parts, { first }: Parameters<Write>[1]): Sql {
  const text = expression.bytesOf(first)
  const inText = sql`(CASE ${text} WHEN ${bytes('true')} THEN 1 WHEN ${bytes('false')} THEN 0 END)`
  const kind = expression.kindOf(first)
  if (kind === 'string') return inText
  return kind === 'bool' ? expression.as(first, 'bool') : sql`COALESCE(${expression.as(first, 'bool')}, ${inText})`
}

function toTimestamp(expression: Parts, { first }: Parameters<Write>[1]): Sql {
  const kind = expression.kindOf(first)
  if (kind === 'timestamp') return expression.as(first, 'timestamp')
  if (kind === 'string') return timestampInText(expression.as(first, 'string'))
  const seconds = expression.as(first, 'number')
  const [from, to] = [double(FIRST_TIMESTAMP / 1000 - 1), double(LAST_TIMESTAMP / 1000 + 1)]
  const inNumber = sql`(CASE WHEN ${seconds} BETWEEN ${from} AND ${to} THEN ${timestamp(sql`(${seconds} * 1000e0)`)} END)`
  return kind === 'number' ? inNumber : sql`COALESCE(${inNumber}, ${timestampInText(expression.as(first, 'string'))})`
}

/** Texts that pass the pattern are read by plain CAST, which then has nothing to warn of; the zone is subtracted by hand. */
function timestampInText(text: Sql): Sql {
  const local = sql`CAST(REGEXP_SUBSTR(${text}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?)?') AS DATETIME(3))`
  const zone = sql`(CASE WHEN ${text} REGEXP '[+-][0-9]{2}:?[0-9]{2}$' THEN
    (CASE WHEN LEFT(RIGHT(${text}, 5 + (LEFT(RIGHT(${text}, 3), 1) = ':')), 1) = '-' THEN -60000e0 ELSE 60000e0 END)
    * (LEFT(RIGHT(${text}, 4 + (LEFT(RIGHT(${text}, 3), 1) = ':')), 2) * 60 + RIGHT(${text}, 2)) ELSE 0e0 END)`
  return sql`(CASE WHEN ${fits(text, TIMESTAMP_PATTERN)} THEN ${milliseconds(local)} - ${zone} END)`
}

/** Whether a text is one of these as a whole; case counts. */
function fits(text: Sql, pattern: string): Sql {
  return isMatch(text, `${pattern}\\z`)
}

function isMatch(text: Sql, pattern: string): Sql {
  return sql`(${text} COLLATE utf8mb4_bin REGEXP CONVERT(${bytes(pattern)} USING utf8mb4))`
}

function texts(expression: Parts, { first, second }: Parameters<Write>[1], write: (text: Sql, part: Sql) => Sql): Sql {
  return second ? write(expression.bytesOf(first), expression.bytesOf(second)) : NULL
}

function matches(expression: Parts, { node, first, second }: Parameters<Write>[1]): Sql {
  const written = second && literalValue(second)
  if (typeof written !== 'string') return NULL
  const made = databasePattern(written)
  if ('pattern' in made) return isMatch(expression.as(first, 'string'), made.pattern)
  return expression.refuse(
    node,
    `Databases read ${textOf(second ?? node)} in another way: it has ${made.refused}.`,
    'Plain characters, sets, groups, alternatives and up to five repeats are read alike everywhere.',
  )
}

const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const SMALL = CAPITALS.toLowerCase()

/** One letter after another: LOWER() would change letters beyond A to Z, in each database others. */
function letters(text: Sql, from: string, to: string): Sql {
  const bytesOfText = sql`CAST(${text} AS BINARY)`
  const made = [...from].reduce(
    (all, letter, index) => sql`REPLACE(${all}, ${bytes(letter)}, ${bytes(to[index] ?? '')})`,
    bytesOfText,
  )
  return sql`CONVERT(${made} USING utf8mb4)`
}
