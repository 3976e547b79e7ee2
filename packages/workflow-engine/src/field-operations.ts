// What a workflow does to a profile: operations on fields, and what each of them means.
import { isDeepStrictEqual } from 'node:util'
import { FieldBlocked, NotAList, NotANumber, NumberTooLarge } from './errors.js'
import { isObject, type JsonObject, type JsonValue } from './json.js'
import type { FieldPath } from './paths.js'

/**
 * One change of one field, as the pipeline receives it. `path` is `root.name...`, such as `traits.plan`.
 * A map given to `set` or `setOnce` is written field by field: what it does not name stays.
 */
export type FieldOperation =
  /** Writes the value; null is written as null. */
  | { op: 'set'; path: string; value: JsonValue }
  /** Writes the value unless the field holds one; null counts as none. */
  | { op: 'setOnce'; path: string; value: JsonValue }
  /** Adds a number; a field that is absent or null counts as 0. */
  | { op: 'increment'; path: string; value: number }
  /** Adds the value, or each element of a list, at the end of a list, unless it is there already. */
  | { op: 'append'; path: string; value: JsonValue }
  /** Removes the field. */
  | { op: 'delete'; path: string }

/**
 * The profile as a workflow meets it; the pipeline implements it. What `read` gives and what `apply` gets is shared:
 * neither side changes it in place.
 */
export interface ProfileWriter {
  /** The value at a path, or of a whole root (see `PROFILE_ROOTS`); undefined when there is none. Times are `Date`s. */
  read(path: string): JsonValue | Date | undefined
  /** Called only after a run completed, in the order of the writes, with operations that fit what `read` gave. */
  apply(operation: FieldOperation): void
}

/**
 * The object after an operation; what it does not touch is shared with the object before, which stays as it was.
 * @throws NodeError NOT_A_NUMBER, NUMBER_TOO_LARGE, NOT_A_LIST or FIELD_BLOCKED when the field holds something that
 * does not fit. A text never turns silently into a list, nor a list into a text.
 */
export function applyOperation(before: JsonObject, path: FieldPath, operation: FieldOperation): JsonObject {
  return write(before, path, 0, operation)
}

function write(parent: JsonObject, path: FieldPath, depth: number, operation: FieldOperation): JsonObject {
  const name = path.names[depth] ?? ''
  const current = Object.hasOwn(parent, name) ? parent[name] : undefined
  if (depth === path.names.length - 1) return writeField(parent, name, current, operation)
  if (current === undefined || current === null) {
    return operation.op === 'delete' ? parent : replaced(parent, name, write({}, path, depth + 1, operation))
  }
  if (!isObject(current)) {
    const above = path.names.slice(0, depth + 1).join('.')
    throw FieldBlocked({ field: path.text, parent: above, found: kindOf(current) })
  }
  return replaced(parent, name, write(current, path, depth + 1, operation))
}

function writeField(
  parent: JsonObject,
  name: string,
  current: JsonValue | undefined,
  operation: FieldOperation,
): JsonObject {
  switch (operation.op) {
    case 'set':
    case 'setOnce': {
      const value = written(current, operation.value, operation.op === 'setOnce')
      return value === undefined ? parent : replaced(parent, name, value)
    }
    case 'increment':
      return replaced(parent, name, increased(current, operation))
    case 'append':
      return replaced(parent, name, appended(current, operation))
    case 'delete': {
      const { [name]: _removed, ...rest } = parent
      return rest
    }
  }
}

/** What a field holds after `value` was written to it; undefined when it stays without a value. */
function written(current: JsonValue | undefined, value: JsonValue, once: boolean): JsonValue | undefined {
  const isEmpty = current === undefined || current === null
  if (!isObject(value)) return once && !isEmpty ? current : value
  if (!isObject(current) && !isEmpty && once) return current
  let after = isObject(current) ? current : undefined
  for (const [key, child] of Object.entries(value)) {
    if (key === '' || key === '__proto__') continue
    const next = written(after && Object.hasOwn(after, key) ? after[key] : undefined, child, once)
    if (next !== undefined) after = replaced(after ?? {}, key, next)
  }
  return after ?? current
}

/** A copy with one field replaced. (Assigned, because `{ ...parent, [name]: value }` takes twice as long; paths hold no `__proto__`.) */
function replaced(parent: JsonObject, name: string, value: JsonValue): JsonObject {
  const copy = { ...parent }
  copy[name] = value
  return copy
}

function increased(current: JsonValue | undefined, { path, value }: { path: string; value: number }): number {
  if (typeof (current ?? 0) !== 'number') throw NotANumber({ field: path, found: kindOf(current) })
  const sum = Number(current ?? 0) + value
  if (!Number.isFinite(sum)) throw NumberTooLarge({ field: path })
  return sum
}

function appended(current: JsonValue | undefined, { path, value }: { path: string; value: JsonValue }): JsonValue[] {
  if (current !== undefined && current !== null && !Array.isArray(current)) {
    throw NotAList({ field: path, found: kindOf(current) })
  }
  const list = [...(current ?? [])]
  for (const element of Array.isArray(value) ? value : [value]) {
    if (!list.some((present) => isDeepStrictEqual(present, element))) list.push(element)
  }
  return list
}

/** The kind of a value in the words of messages. */
function kindOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object') return 'map'
  return typeof value === 'string' ? 'text' : typeof value
}
