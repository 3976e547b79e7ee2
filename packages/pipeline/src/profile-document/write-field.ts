// One write to one field of a profile's document: set, set once, append, increment, delete, each decided by stamps.
import { isDeepStrictEqual } from 'node:util'
import type { FieldOperation, JsonObject, JsonValue } from '@segue/event-model'
import {
  isCounter,
  isList,
  isObject,
  isTree,
  latest,
  onceStamp,
  own,
  wins,
  type ListStamps,
  type Stamp,
  type StampTree,
} from './stamp.js'

/** A list keeps its latest elements up to this many: a profile is read whole with every event. */
export const LIST_LIMIT = 500

/** Thrown by `writeField` when a field that holds something else is to be incremented. */
export class NotANumber extends Error {
  override readonly name = 'NotANumber'
  constructor(readonly path: readonly string[]) {
    super(`${path.join('.')} does not hold a number, so nothing can be added to it.`)
  }
}

/**
 * Writes `value` at `path` of `document`, in place, when its stamp wins. An object given to `set` or `setOnce` is written field by field. Returns
 * whether anything changed. The result does not depend on the order in which writes arrive, with one exception: a
 * field that is both set and incremented keeps the increments that arrived before a later-arriving, earlier set.
 */
export function writeField(
  document: JsonObject,
  stamps: StampTree,
  operation: FieldOperation,
  path: readonly string[],
  value: JsonValue,
  stamp: Stamp,
): boolean {
  if ((operation === 'set' || operation === 'setOnce') && isObject(value)) {
    let changed = false
    for (const [key, child] of Object.entries(value)) {
      if (key !== '' && key !== '__proto__' && writeField(document, stamps, operation, [...path, key], child, stamp))
        changed = true
    }
    return changed
  }

  const written = operation === 'setOnce' ? onceStamp(stamp) : stamp
  const parent = descend(document, stamps, path, written)
  if (!parent) return false
  const key = path[path.length - 1] as string
  switch (operation) {
    case 'set':
    case 'setOnce':
      return Array.isArray(value) ? setList(parent, key, value, written) : setScalar(parent, key, value, written)
    case 'append':
      return append(parent, key, Array.isArray(value) ? value : [value], written)
    case 'increment':
      return increment(parent, key, value, written, path)
    case 'decrement':
      return increment(parent, key, typeof value === 'number' ? -value : value, written, path)
    case 'delete':
      return remove(parent, key, written)
    default:
      throw new Error(`Unknown operation ${String(operation satisfies never)}.`)
  }
}

interface Parent {
  values: JsonObject
  stamps: StampTree
}

/** Walks to the object that holds the last part of the path, making objects on the way. Undefined when a later write there forbids it. */
function descend(values: JsonObject, stamps: StampTree, path: readonly string[], stamp: Stamp): Parent | undefined {
  for (const key of path.slice(0, -1)) {
    const node = stamps[key]
    if (node === undefined || isTree(node)) {
      if (isTree(node) && typeof node[''] === 'string' && !wins(stamp, node[''])) return undefined
      const tree: StampTree = node ?? {}
      stamps[key] = tree
      stamps = tree
    } else {
      const held = latest(node)
      if (!wins(stamp, held)) return undefined
      const tree: StampTree = { '': held }
      stamps[key] = tree
      stamps = tree
      values[key] = {}
    }
    const child = values[key]
    if (isObject(child)) values = child
    else values = values[key] = {}
  }
  return { values, stamps }
}

function setScalar({ values, stamps }: Parent, key: string, value: JsonValue, stamp: Stamp): boolean {
  const node = stamps[key]
  if (isTree(node)) return overwriteTree({ values, stamps }, key, node, stamp, value)
  if (node !== undefined && !wins(stamp, latest(node))) return false
  stamps[key] = stamp
  if (values[key] === value) return node !== stamp
  values[key] = value
  return true
}

function setList({ values, stamps }: Parent, key: string, value: JsonValue[], stamp: Stamp): boolean {
  const node = stamps[key]
  if (isTree(node)) {
    if (!wins(stamp, latest(node))) return overwriteTree({ values, stamps }, key, node, stamp, undefined)
  } else if (isList(node)) {
    if (!wins(stamp, node[0])) return false
    const kept = elements(values[key], node).filter((element) => element.stamp > stamp)
    putList({ values, stamps }, key, stamp, [...value.map((item) => ({ value: item, stamp })), ...kept])
    return true
  } else if (node !== undefined && !wins(stamp, latest(node))) return false
  putList(
    { values, stamps },
    key,
    stamp,
    value.map((item) => ({ value: item, stamp })),
  )
  return true
}

function append({ values, stamps }: Parent, key: string, added: JsonValue[], stamp: Stamp): boolean {
  const node = own(stamps, key)
  let base: Stamp = ''
  let held: Element[] = []
  if (isList(node)) {
    base = node[0]
    held = elements(values[key], node)
  } else if (node !== undefined) {
    if (isTree(node) || isCounter(node)) return false
    base = node
    const value = own(values, key)
    if (value !== undefined && value !== null) held = [{ value, stamp: node }]
  }
  if (!wins(stamp, base)) return false
  let changed = false
  // No more than a list keeps: each is compared with all that is held.
  for (const value of added.slice(-LIST_LIMIT)) {
    const same = held.find((element) => isSame(element.value, value))
    if (same && same.stamp >= stamp) continue
    if (same) same.stamp = stamp
    else held.push({ value, stamp })
    changed = true
  }
  if (changed) putList({ values, stamps }, key, base, held)
  return changed
}

function increment(
  { values, stamps }: Parent,
  key: string,
  amount: JsonValue,
  stamp: Stamp,
  path: readonly string[],
): boolean {
  const node = own(stamps, key)
  const value = own(values, key) ?? 0
  if (typeof amount !== 'number' || typeof value !== 'number' || isList(node) || isTree(node))
    throw new NotANumber(path)
  const [added, base]: [number, Stamp] = node === undefined ? [0, ''] : isCounter(node) ? node : [0, node as Stamp]
  if (!wins(stamp, base)) return false
  stamps[key] = [sum(added, amount), base]
  values[key] = sum(value, amount)
  return true
}

function remove({ values, stamps }: Parent, key: string, stamp: Stamp): boolean {
  const node = stamps[key]
  if (isTree(node)) return overwriteTree({ values, stamps }, key, node, stamp, undefined)
  if (isList(node)) {
    if (!wins(stamp, node[0])) return false
    const kept = elements(values[key], node).filter((element) => element.stamp > stamp)
    if (kept.length > 0) {
      putList({ values, stamps }, key, stamp, kept)
      return true
    }
  } else if (node !== undefined && !wins(stamp, latest(node))) return false
  stamps[key] = stamp
  delete values[key]
  return true
}

/** A write over a whole object: what was written below it later stays, the rest goes; the value itself counts only when nothing stays. */
function overwriteTree(
  { values, stamps }: Parent,
  key: string,
  tree: StampTree,
  stamp: Stamp,
  value: JsonValue | undefined,
): boolean {
  if (typeof tree[''] === 'string' && !wins(stamp, tree[''])) return false
  const children = values[key]
  const object = isObject(children) ? children : {}
  if (!pruneBefore(object, tree, stamp)) {
    stamps[key] = stamp
    if (value === undefined) delete values[key]
    else values[key] = value
    return true
  }
  tree[''] = stamp
  return true
}

/** Takes away what was written before `stamp`; returns whether anything is left. */
export function pruneBefore(values: JsonObject, tree: StampTree, stamp: Stamp): boolean {
  let left = false
  for (const [key, node] of Object.entries(tree)) {
    if (key === '') continue
    const child = values[key]
    if (isTree(node)) {
      if (pruneBefore(isObject(child) ? child : {}, node, stamp)) left = true
      else {
        delete tree[key]
        delete values[key]
      }
    } else if (isList(node)) {
      const kept = elements(child, node).filter((element) => element.stamp > stamp)
      if (kept.length > 0 || node[0] > stamp) {
        if (node[0] <= stamp) putList({ values, stamps: tree }, key, stamp, kept)
        left = true
      } else {
        delete tree[key]
        delete values[key]
      }
    } else if (latest(node) > stamp) left = true
    else {
      delete tree[key]
      delete values[key]
    }
  }
  return left
}

interface Element {
  value: JsonValue
  stamp: Stamp
}

/** Whether two elements are one. Deep comparison is slow even where a look is enough, and lists compare each with each. */
export function isSame(a: JsonValue, b: JsonValue): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && isDeepStrictEqual(a, b))
}

/** A list's elements with their stamps. */
export function elements(value: JsonValue | undefined, [, ...stamps]: ListStamps): Element[] {
  return Array.isArray(value) ? value.map((item, i) => ({ value: item, stamp: stamps[i] ?? '' })) : []
}

/** Stores a list ordered by its elements' stamps (a stable sort keeps what one event wrote in its order), cut to the latest. */
export function putList({ values, stamps }: Parent, key: string, base: Stamp, list: Element[]): void {
  const kept = list.toSorted((a, b) => (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0)).slice(-LIST_LIMIT)
  values[key] = kept.map((element) => element.value)
  stamps[key] = [base, ...kept.map((element) => element.stamp)]
}

/**
 * Adds amounts so that the order of additions does not show: six decimals are kept (enough for money), so sums of decimals come out as
 * the double nearest to the exact sum. Beyond nine thousand million the plain sum is taken: doubles have no six decimals there. It stays
 * finite, as JSON knows no infinity.
 */
export function sum(a: number, b: number): number {
  const plain = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, a + b))
  return Math.abs(plain) < 9e9 ? Math.round(plain * 1e6) / 1e6 : plain
}
