// Dotted paths into events and profiles, as mappings and slots name them.
import type { JsonObject, JsonValue } from '@segue/event-model'

/** Parts that would reach into JavaScript's own machinery. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype', ''])

const cache = new Map<string, readonly string[] | null>()
/** Mappings and slots name a bounded set of paths; texts out of events come through `{…}` and could be many, so the cache is emptied past this. */
const CACHE_LIMIT = 20_000

/** Parts of a dotted path, or null when a part is empty or forbidden. */
export function parsePath(path: string): readonly string[] | null {
  let parts = cache.get(path)
  if (parts === undefined) {
    const split = path.split('.')
    parts = split.some((part) => FORBIDDEN.has(part)) ? null : split
    if (cache.size >= CACHE_LIMIT) cache.clear()
    cache.set(path, parts)
  }
  return parts
}

const INDEX = /^(0|[1-9]\d{0,8})$/

/** The value at a path, from its part number `from` on; a number indexes a list. Undefined when any part is absent. */
export function readPath(root: JsonObject, path: readonly string[], from = 0): JsonValue | undefined {
  let value: JsonValue | undefined = root
  for (let i = from; i < path.length; i++) {
    const part = path[i] as string
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value)) value = INDEX.test(part) ? value[Number(part)] : undefined
    else value = Object.hasOwn(value, part) ? value[part] : undefined
  }
  return value
}

/** Puts a value at a path, making objects on the way; what stands in the way is replaced. */
export function putPath(root: JsonObject, path: readonly string[], value: JsonValue): void {
  let object = root
  for (const part of path.slice(0, -1)) {
    const child: JsonValue | undefined = Object.hasOwn(object, part) ? object[part] : undefined
    object = typeof child === 'object' && child !== null && !Array.isArray(child) ? child : (object[part] = {})
  }
  const last = path[path.length - 1]
  if (last !== undefined) object[last] = value
}
