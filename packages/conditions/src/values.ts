// The values a condition works with, and how data from outside becomes one. Null stands for null and for absent.

/** A span of time, as `duration("30d")` or the difference of two timestamps gives it. */
export class Duration {
  readonly #ms: number

  constructor(ms: number) {
    this.#ms = ms
  }

  /** Length in milliseconds; may be negative. (A getter, so that conditions cannot reach it as a field.) */
  get ms(): number {
    return this.#ms
  }
}

/** Any value inside an evaluation. Timestamps are `Date`s; integers and doubles are one kind, `number`. */
export type Value = null | boolean | number | string | Date | Duration | Value[] | { [key: string]: Value }

/** The names of the kinds of values, as messages and the documentation use them. */
export type TypeName = 'null' | 'bool' | 'number' | 'string' | 'timestamp' | 'duration' | 'list' | 'map'

/** A value that can be written as JSON; what `evaluateValue` and `explain` give. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/**
 * Takes a value out of a caller's context. What JSON cannot hold becomes null, except `Date` (a timestamp) and bigint
 * (a number). Lists and maps are not copied: their elements come through here again when they are read.
 */
export function toValue(raw: unknown): Value {
  switch (typeof raw) {
    case 'string':
    case 'boolean':
      return raw
    case 'number':
      return Number.isFinite(raw) ? raw : null
    case 'bigint':
      return Number(raw)
    case 'object':
      if (raw instanceof Date && Number.isNaN(raw.getTime())) return null
      return raw as Value
    default:
      return null
  }
}

/** A map: an object that is neither list, timestamp nor duration. */
export function isMap(value: Value): value is { [key: string]: Value } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Duration)
  )
}

/** Reads a field of a map; null when it is absent or `object` is no map. Own fields only, never those of prototypes. */
export function readField(object: Value, key: string): Value {
  if (typeof object !== 'object' || object === null || Array.isArray(object) || !Object.hasOwn(object, key)) return null
  return toValue((object as { [key: string]: Value })[key])
}

/** Reads `object[index]`: an element of a list by its position from 0, or a field of a map; null when there is none. */
export function readIndex(object: Value, index: Value): Value {
  if (typeof index === 'string') return readField(object, index)
  if (Array.isArray(object) && typeof index === 'number') return toValue(object[index])
  return null
}

/** The kind of a value, for messages. */
export function typeName(value: Value): TypeName {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return 'number'
  if (typeof value === 'string') return 'string'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Date) return 'timestamp'
  return value instanceof Duration ? 'duration' : 'map'
}

/** A value as JSON: timestamps in ISO 8601 (UTC), durations as seconds with an `s`, the way CEL prints them. */
export function toJson(value: Value): JsonValue {
  // JSON has no -0.
  if (value === null || typeof value !== 'object') return value === 0 ? 0 : value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Duration) return `${value.ms / 1000}s`
  if (Array.isArray(value)) return value.map((element) => toJson(toValue(element)))
  // Entries, not assignment: a key `__proto__` in the data stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, toJson(toValue(element))]))
}
