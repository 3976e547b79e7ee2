// Behaviour in memory: what events(…) and sessions() give for the rows of one profile. SQL gives the same: sql/selection.ts.
import type { ASTNode } from '@marcbachmann/cel-js'
import { order } from '../compare.js'
import { compile } from '../evaluator.js'
import { Frame, type Run } from '../frame.js'
import { readField, toValue, type Value } from '../values.js'
import type { Bound, Chain, Selection } from './chain.js'
import { ROWS, type Over } from './rows.js'

/** One event or session, by the names of `ROWS`, with its time in milliseconds and its id, which decides between equal times. */
export interface Row {
  at: number
  id: string
  fields: Readonly<Record<string, unknown>>
}

/** What an evaluation has beside the profile; in the order of time. */
export interface Behaviour {
  rows: Readonly<Record<Over, readonly Row[]>>
}

/**
 * Sums are kept in millionths, rounded for each value: whole numbers add up to the same whatever the order, which fractions
 * do not, so memory and databases agree, and 0.1 + 0.2 is 0.3. Exact up to nine billion. Values beyond 10^15 are left out.
 * sql/selection.ts writes both numbers out.
 */
const SUM_SCALE = 1e6
const SUM_LIMIT = 1e15

/** Compiles a chain; `behaviour` finds the rows of an evaluation. */
export function compileChain(chain: Chain, behaviour: (frame: Frame) => Behaviour): Run {
  const { end, path } = chain
  const select = compileSelection(chain.selection, behaviour)
  const read = (row: Row | undefined): Value => {
    if (!row || !path) return null
    let value = toValue(row.fields[path[0]])
    for (const key of path.slice(1)) value = readField(value, key)
    return value
  }
  switch (end) {
    case 'count':
      return (frame) => select(frame).length
    case 'first':
      return (frame) => read(select(frame)[0])
    case 'last':
      return (frame) => read(select(frame).at(-1))
    default:
      return (frame) => reduce(end, select(frame).map(read).filter(isNumber))
  }
}

function isNumber(value: Value): value is number {
  return typeof value === 'number'
}

function reduce(end: 'sum' | 'avg' | 'min' | 'max', values: number[]): Value {
  if (end === 'min' || end === 'max') {
    if (values.length === 0) return null
    return values.reduce((one, other) => ((end === 'min') === other < one ? other : one))
  }
  const counted = values.filter((value) => Math.abs(value) <= SUM_LIMIT)
  const sum = counted.reduce((total, value) => total + Math.floor(value * SUM_SCALE + 0.5), 0) / SUM_SCALE
  if (end === 'sum') return sum
  return counted.length === 0 ? null : sum / counted.length
}

/** The rows that a selection has, in the order of time. */
function compileSelection(selection: Selection, behaviour: (frame: Frame) => Behaviour): (frame: Frame) => Row[] {
  const from = selection.from.map(({ bound, inclusive }) => ({ time: compileBound(bound), inclusive }))
  const before = selection.before.map(compileBound)
  const where = selection.where.map((condition) => compile(condition))
  const followed = selection.followed.map((one) => ({ ...one, select: compileSelection(one.by, behaviour) }))
  return (frame) => {
    const now = timeOf(frame.context.now)
    const froms = from.map(({ time, inclusive }) => ({ time: time(frame), inclusive }))
    const befores = before.map((time) => time(frame))
    const followers = followed.map((one) => ({ ...one, rows: one.select(frame) }))
    return behaviour(frame).rows[selection.over].filter(
      (row) =>
        // NaN, a bound that is no time, lets nothing through.
        row.at <= now &&
        (selection.over === 'sessions' || row.fields['type'] === selection.type) &&
        froms.every(({ time, inclusive }) => row.at > time || (inclusive && row.at === time)) &&
        befores.every((time) => row.at < time) &&
        where.every((condition) => condition(new Frame({ ...row.fields, now })) === true) &&
        followers.every(({ wanted, within, rows }) => {
          const isFollowed = rows.some((follower) => follower.at > row.at && follower.at <= row.at + within)
          // Whether nothing follows is known when the time is over.
          return wanted ? isFollowed : !isFollowed && row.at <= now - within
        }),
    )
  }
}

function compileBound(bound: Bound): (frame: Frame) => number {
  if ('ms' in bound) return (frame) => timeOf(frame.context.now) - bound.ms
  const run = compile(bound.node)
  return (frame) => timeOf(run(frame))
}

function timeOf(value: unknown): number {
  if (typeof value === 'number') return value
  return value instanceof Date ? value.getTime() : Number.NaN
}

/** Puts rows in the order of time, then of id; times may be dates, milliseconds or ISO 8601 text. */
export function toRows(over: Over, rows: readonly Readonly<Record<string, unknown>>[]): Row[] {
  const { at, fields } = ROWS[over]
  const times = Object.keys(fields).filter((name) => fields[name]?.kind === 'timestamp')
  return rows
    .map((row): Row => {
      const dates = times.map((name) => [name, toDate(row[name])] as const)
      return {
        at: timeOf(toDate(row[at])),
        id: String(row['id'] ?? ''),
        fields: { ...row, ...Object.fromEntries(dates) },
      }
    })
    .sort((one, other) => one.at - other.at || (order(one.id, other.id) ?? 0))
}

function toDate(value: unknown): Date | null {
  return typeof value === 'string' || typeof value === 'number' ? new Date(value) : value instanceof Date ? value : null
}

/** The value of an expression that reads nothing but `now`. */
export function constantOf(node: ASTNode, now: number): Value {
  return compile(node)(new Frame({ now }))
}
