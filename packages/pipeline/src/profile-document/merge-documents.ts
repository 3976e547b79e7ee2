// Two profiles' documents become one: field by field the later write stays, lists unite, counters add up.
import type { JsonObject, JsonValue } from '@segue/event-model'
import {
  isCounter,
  isList,
  isObject,
  isTree,
  latest,
  own,
  wins,
  type Stamp,
  type StampNode,
  type StampTree,
} from './stamp.js'
import { elements, isSame, pruneBefore, putList, sum } from './write-field.js'

/** A document with the stamps of its fields. */
export interface StampedDocument {
  values: JsonObject
  stamps: StampTree
}

/**
 * The union of two documents, as if every write to either had been made to one. Symmetric: merging a into b equals merging b into a. Both
 * arguments are used up.
 */
export function mergeDocuments(a: StampedDocument, b: StampedDocument): StampedDocument {
  mergeTrees(a.values, a.stamps, b.values, b.stamps)
  return a
}

function mergeTrees(values: JsonObject, stamps: StampTree, otherValues: JsonObject, otherStamps: StampTree): void {
  const base = later(baseOf(stamps), baseOf(otherStamps))
  if (base !== '') {
    pruneBefore(values, stamps, base)
    pruneBefore(otherValues, otherStamps, base)
    stamps[''] = base
  }
  for (const [key, other] of Object.entries(otherStamps)) {
    if (key !== '') mergeField(values, stamps, key, otherValues[key], other)
  }
}

function mergeField(
  values: JsonObject,
  stamps: StampTree,
  key: string,
  otherValue: JsonValue | undefined,
  other: StampNode,
): void {
  const node = own(stamps, key)
  const value = own(values, key)
  if (node === undefined) return put(values, stamps, key, otherValue, other)
  if (isTree(node) && isTree(other)) {
    if (!isObject(values[key])) values[key] = {}
    const mine = values[key]
    return isObject(mine) ? mergeTrees(mine, node, isObject(otherValue) ? otherValue : {}, other) : undefined
  }
  if (isTree(node)) return mergeOver(values, stamps, key, { value, node }, { value: otherValue, node: other })
  if (isTree(other)) return mergeOver(values, stamps, key, { value: otherValue, node: other }, { value, node })
  if (isCounter(node) || isCounter(other))
    return mergeCounters(values, stamps, key, { value, node }, { value: otherValue, node: other })
  if (isList(node) && isList(other)) {
    const base = later(node[0], other[0])
    const united = elements(value, node).filter((element) => element.stamp >= base)
    for (const element of elements(otherValue, other)) {
      if (element.stamp < base) continue
      const same = united.find((candidate) => isSame(candidate.value, element.value))
      if (!same) united.push(element)
      else if (element.stamp > same.stamp) same.stamp = element.stamp
    }
    return putList({ values, stamps }, key, base, united)
  }
  if (wins(latest(other), latest(node))) put(values, stamps, key, otherValue, other)
}

interface Held {
  value: JsonValue | undefined
  node: StampNode
}

/** An object on one side, a plain value on the other: the plain value's write counts for all of the object that is older. */
function mergeOver(values: JsonObject, stamps: StampTree, key: string, tree: Held, plain: Held): void {
  const stamp = latest(plain.node)
  const object = isObject(tree.value) ? tree.value : {}
  const node = tree.node as StampTree
  if (!wins(stamp, baseOf(node)) || pruneBefore(object, node, stamp)) {
    node[''] = later(baseOf(node), stamp)
    put(values, stamps, key, object, node)
  } else put(values, stamps, key, plain.value, plain.node)
}

/** Each event was counted on one side only, so what was added on both sides adds up; a value that was set counts once. */
function mergeCounters(values: JsonObject, stamps: StampTree, key: string, a: Held, b: Held): void {
  const [mine, theirs] = [counter(a), counter(b)]
  if (!mine || !theirs) {
    const plain = mine ? b : a
    put(values, stamps, key, plain.value, plain.node)
    return
  }
  const set = mine.base >= theirs.base ? mine : theirs
  const added = sum(mine.added, theirs.added)
  put(values, stamps, key, sum(set.start, added), [added, set.base])
}

/** What a number is made of: the value it was set to and what was added since. Undefined for something else. */
function counter({ value, node }: Held): { start: number; added: number; base: Stamp } | undefined {
  if (isCounter(node))
    return typeof value === 'number' ? { start: sum(value, -node[0]), added: node[0], base: node[1] } : undefined
  return typeof node === 'string' && typeof value === 'number' ? { start: value, added: 0, base: node } : undefined
}

function put(values: JsonObject, stamps: StampTree, key: string, value: JsonValue | undefined, node: StampNode): void {
  stamps[key] = node
  if (value === undefined) delete values[key]
  else values[key] = value
}

function baseOf(tree: StampTree): Stamp {
  const base = tree['']
  return typeof base === 'string' ? base : ''
}

function later(a: Stamp, b: Stamp): Stamp {
  return a > b ? a : b
}
