// Comparing and calculating under our null rules: nothing throws, a missing or unfit operand gives false or null.
import { Duration, isMap, toValue, type Value } from './values.js'

/** Longest string and list an evaluation may build; a condition that grows beyond them is a mistake or an attack. */
const MAX_STRING = 1_000_000
const MAX_LIST = 10_000

/** `==`: false when either side is null. Different kinds are unequal; lists and maps compare by content. */
export function isEqual(left: Value, right: Value): boolean {
  return left !== null && right !== null && sameContent(left, right)
}

/** `!=`: false when either side is null, so it is not the opposite of `==` for absent fields. */
export function isUnequal(left: Value, right: Value): boolean {
  return left !== null && right !== null && !sameContent(left, right)
}

function sameContent(left: Value, right: Value): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (left instanceof Date) return right instanceof Date && left.getTime() === right.getTime()
  if (left instanceof Duration) return right instanceof Duration && left.ms === right.ms
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((element, index) => sameContent(toValue(element), toValue(right[index])))
    )
  }
  if (!isMap(right)) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameContent(toValue(left[key]), toValue(right[key])))
  )
}

/**
 * Order of two values: negative, 0 or positive; undefined when they cannot be ordered (a null, or different kinds).
 * Strings compare by code point, as UTF-8 bytes do, booleans false before true.
 */
export function order(left: Value, right: Value): number | undefined {
  if (typeof left === 'number') return typeof right === 'number' ? left - right : undefined
  if (typeof left === 'string') {
    if (typeof right !== 'string') return undefined
    return textOrder(left, right)
  }
  if (left instanceof Date) return right instanceof Date ? left.getTime() - right.getTime() : undefined
  if (left instanceof Duration) return right instanceof Duration ? left.ms - right.ms : undefined
  if (typeof left === 'boolean') return typeof right === 'boolean' ? Number(left) - Number(right) : undefined
  return undefined
}

/** JavaScript orders by UTF-16 code unit, which puts an emoji before U+E000; databases and people's data order by code point. */
function textOrder(left: string, right: string): number {
  if (left === right) return 0
  const shorter = Math.min(left.length, right.length)
  let at = 0
  while (at < shorter && left.charCodeAt(at) === right.charCodeAt(at)) at++
  return at === shorter ? left.length - right.length : rank(left.charCodeAt(at)) - rank(right.charCodeAt(at))
}

/** A code unit's place: surrogates, which stand for code points from U+10000, come last. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}

/** `in`: an element of a list, or a key of a map whose value is not null. Null is in nothing. */
export function isIn(element: Value, container: Value): boolean {
  if (element === null) return false
  if (Array.isArray(container)) return container.some((candidate) => isEqual(element, toValue(candidate)))
  if (!isMap(container) || typeof element !== 'string' || !Object.hasOwn(container, element)) return false
  return toValue(container[element]) !== null
}

/** `+`: numbers, strings, lists, timestamps with durations. Null when an operand is null or does not fit. */
export function add(left: Value, right: Value): Value {
  if (typeof left === 'number') return typeof right === 'number' ? finite(left + right) : null
  if (typeof left === 'string') {
    return typeof right === 'string' && left.length + right.length <= MAX_STRING ? left + right : null
  }
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length + right.length <= MAX_LIST ? [...left, ...right] : null
  }
  if (left instanceof Duration) {
    if (right instanceof Duration) return new Duration(left.ms + right.ms)
    return right instanceof Date ? timestampAt(right.getTime() + left.ms) : null
  }
  if (left instanceof Date && right instanceof Duration) return timestampAt(left.getTime() + right.ms)
  return null
}

/** `-`: numbers, timestamps and durations. Null when an operand is null or does not fit. */
export function subtract(left: Value, right: Value): Value {
  if (typeof left === 'number') return typeof right === 'number' ? finite(left - right) : null
  if (left instanceof Date) {
    if (right instanceof Date) return new Duration(left.getTime() - right.getTime())
    return right instanceof Duration ? timestampAt(left.getTime() - right.ms) : null
  }
  if (left instanceof Duration && right instanceof Duration) return new Duration(left.ms - right.ms)
  return null
}

/** `*`, `/` and `%`: numbers only; dividing by zero gives null. `/` keeps the fraction: 1 / 2 is 0.5. */
export function calculate(operator: '*' | '/' | '%', left: Value, right: Value): Value {
  if (typeof left !== 'number' || typeof right !== 'number') return null
  if (operator === '*') return finite(left * right)
  return finite(operator === '/' ? left / right : left % right)
}

/** Numbers beyond the range of doubles are no values. */
function finite(value: number): Value {
  return Number.isFinite(value) ? value : null
}

/** The years that conditions know, in milliseconds since 1970: what a `Date` and a DATETIME can both hold. */
export const FIRST_TIMESTAMP = Date.UTC(1000, 0, 1)
export const LAST_TIMESTAMP = Date.UTC(10_000, 0, 1) - 1

/** A timestamp of whole milliseconds, or null when it lies outside the years 1000 to 9999. */
export function timestampAt(ms: number): Value {
  const whole = Math.trunc(ms)
  return whole >= FIRST_TIMESTAMP && whole <= LAST_TIMESTAMP ? toValue(new Date(whole)) : null
}
