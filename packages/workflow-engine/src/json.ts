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
