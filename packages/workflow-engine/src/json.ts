// JSON as the engine passes it around, and how much of it there is.
import type { JsonValue } from '@segue/conditions'

export type { JsonValue }

/** A JSON object. Values that came in are shared, not copied: nobody changes one in place. */
export type JsonObject = { [key: string]: JsonValue }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Roughly how many bytes a value takes as JSON; counting stops once it is more than `limit`.
 * Rough is enough: it guards against values that grow without bound, at a few nanoseconds for plain ones.
 */
export function roughSize(value: JsonValue, limit: number): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 8
  let size = 2
  const pending: JsonValue[] = [value]
  for (let next = pending.pop(); next !== undefined && size <= limit; next = pending.pop()) {
    if (typeof next === 'string') size += next.length + 3
    else if (typeof next !== 'object' || next === null) size += 8
    else if (Array.isArray(next)) for (const element of next) pending.push(element)
    else {
      for (const [key, element] of Object.entries(next)) {
        size += key.length + 4
        pending.push(element)
      }
    }
  }
  return size
}

/** Deeper values are mistakes, and would break what writes them as JSON. */
const MAX_DEPTH = 100

/**
 * A value as it comes back from JSON: times become ISO 8601 texts, what JSON does not have becomes null or is left out.
 * What is plain already is shared, not copied. Undefined when it is nested too deeply (or in a circle).
 */
export function plainJson(value: unknown, depth = 0): JsonValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object') return null
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (depth > MAX_DEPTH) return undefined
  return Array.isArray(value) ? plainList(value, depth) : plainMap(value, depth)
}

function plainList(list: readonly unknown[], depth: number): JsonValue[] | undefined {
  let changed = false
  const copy: JsonValue[] = []
  for (const element of list) {
    const plain = plainJson(element, depth + 1)
    if (plain === undefined) return undefined
    if (!Object.is(plain, element)) changed = true
    copy.push(plain)
  }
  return changed ? copy : (list as JsonValue[])
}

function plainMap(map: object, depth: number): JsonObject | undefined {
  let changed = false
  const copy: [string, JsonValue][] = []
  for (const [key, element] of Object.entries(map)) {
    if (element === undefined) {
      changed = true
      continue
    }
    const plain = plainJson(element, depth + 1)
    if (plain === undefined) return undefined
    if (!Object.is(plain, element)) changed = true
    copy.push([key, plain])
  }
  return changed ? Object.fromEntries(copy) : (map as JsonObject)
}
