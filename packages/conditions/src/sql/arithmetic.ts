// Arithmetic that never fails: databases end a whole statement when a double overflows or, writing rows, when something is divided by zero.
import { FIRST_TIMESTAMP, LAST_TIMESTAMP } from '../compare.js'
import { double, sql, type Sql } from './fragment.js'

export interface Operand {
  sql: Sql
  /** The value, when it is written out. */
  constant?: number
}

/** Half of what lies just beyond the largest double: halves are exact, so whether a sum overflows is known before it is made. */
const HALF = sql`8.98846567431158e307`
/** 2 to the 512th, the square root of what lies just beyond the largest double, and its inverse; for products likewise. */
const ROOT = sql`1.3407807929942597e154`
const INVERSE_ROOT = sql`7.458340731200207e-155`

const SIGNS = { '+': sql`+`, '-': sql`-`, '*': sql`*` } as const

export function add(operator: '+' | '-', left: Operand, right: Operand): Sql {
  const result = sql`(${left.sql} ${SIGNS[operator]} ${right.sql})`
  // A number this small disappears beside the largest ones.
  if (Math.min(Math.abs(left.constant ?? Infinity), Math.abs(right.constant ?? Infinity)) < 1e290) return result
  return sql`(CASE WHEN ABS(${left.sql} / 2 ${SIGNS[operator]} ${right.sql} / 2) < ${HALF} THEN ${result} END)`
}

export function calculate(operator: '*' | '/' | '%', left: Operand, right: Operand): Sql {
  if (operator === '*') {
    const result = sql`(${left.sql} * ${right.sql})`
    if (Math.min(Math.abs(left.constant ?? Infinity), Math.abs(right.constant ?? Infinity)) <= 1) return result
    return sql`(CASE WHEN ABS((${left.sql} * ${INVERSE_ROOT}) * (${right.sql} * ${INVERSE_ROOT})) < 1 THEN ${result} END)`
  }
  // Nothing is divided by NULL: no warning that a strict database would make an error.
  const divisor = sql`NULLIF(${right.sql}, 0e0)`
  if (operator === '%') return sql`MOD(${left.sql}, ${divisor})`
  const result = sql`(${left.sql} / ${divisor})`
  if (Math.abs(right.constant ?? 0) >= 1) return result
  const fits = sql`ABS((${left.sql} * ${INVERSE_ROOT}) / NULLIF(${right.sql} * ${ROOT}, 0e0)) < 1`
  return sql`(CASE WHEN ABS(${right.sql}) >= 1 THEN ${result} WHEN ${fits} THEN ${result} END)`
}

export function negate(value: Sql): Sql {
  return sql`(0e0 - ${value})`
}

/** Timestamps and durations in milliseconds; `kind` is that of the result. */
export function sumOfTimes(kind: 'timestamp' | 'duration' | 'bool', operator: '+' | '-', left: Sql, right: Sql): Sql {
  const sum = sql`(${left} ${SIGNS[operator]} ${right})`
  return kind === 'timestamp' ? timestamp(sum) : sum
}

/** Whole milliseconds in the years that conditions know. */
export function timestamp(ms: Sql): Sql {
  const whole = sql`TRUNCATE(${ms}, 0)`
  return sql`(CASE WHEN ${whole} BETWEEN ${double(FIRST_TIMESTAMP)} AND ${double(LAST_TIMESTAMP)} THEN ${whole} END)`
}
