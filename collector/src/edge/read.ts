// Reads values out of parsed JSON with errors that name the place. Null counts as absent: clients send it where they know nothing.
import type { JsonObject, JsonValue } from '@segue/event-model'
import { Refusal } from '../errors.js'

/**
 * How deep objects and lists may be nested in what is kept. MariaDB's JSON functions stop at 32 levels, and what is kept ends
 * up a few levels down in an event or a profile.
 */
export const MAX_DEPTH = 20

/** An error about the shape of a request. */
export function wrong(path: string, problem: string): Refusal {
  return new Refusal('SHAPE_INVALID', { path, problem })
}

/** An object, or undefined when absent. Throws for anything else, as all readers here. */
export function object(value: JsonValue | undefined, path: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(path, 'must be an object')
  return value
}

/** A list. */
export function list(value: JsonValue | undefined, path: string): JsonValue[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw wrong(path, 'must be a list')
  return value
}

/** A text of at most `max` characters; numbers become text, as clients are careless with ids. Empty counts as absent. */
export function text(value: JsonValue | undefined, path: string, max: number): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const found = typeof value === 'number' ? String(value) : value
  if (typeof found !== 'string') throw wrong(path, 'must be a text')
  if (found.length > max) throw wrong(path, `must have at most ${max} characters`)
  return found
}

/** Free data that is kept: checked for depth, and names that would be dangerous removed. */
export function data(value: JsonValue | undefined, path: string): JsonObject | undefined {
  const found = object(value, path)
  if (found && !clean(found, MAX_DEPTH)) throw new Refusal('TOO_DEEP', { path, limit: MAX_DEPTH })
  return found
}

/**
 * Walks free data: false when it is nested deeper than `levels`. Removes members named `__proto__`: they are plain data here, but become
 * something else in the first piece of code that copies them by assignment.
 */
function clean(value: JsonObject | JsonValue[], levels: number): boolean {
  if (levels === 0) return false
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null && !clean(item, levels - 1)) return false
    return true
  }
  for (const key in value) {
    if (key === '__proto__') {
      delete value[key]
      continue
    }
    const item = value[key]
    if (typeof item === 'object' && item !== null && !clean(item, levels - 1)) return false
  }
  return true
}
