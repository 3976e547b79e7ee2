// When a field was written, so that two writes of one field always end the same, whichever arrives first.
import type { JsonObject } from '@segue/event-model'

/**
 * `occurredAt` (ms, base 36, nine digits: until the year 5188) and the event's id: sorts by time, then by id, as text. The later stamp wins a
 * field. A leading `!` marks a value set once: it yields to every ordinary write, and among its like the earliest stays.
 */
export type Stamp = string

/** Stamps of a list: when it was set as a whole ('' never), then one for each element. */
export type ListStamps = [base: Stamp, ...elements: Stamp[]]

/** Stamps of a counter: what was added since `base`, the stamp of the value it was set to ('' for none). */
export type CounterStamps = [added: number, base: Stamp]

/** Mirrors the document: for each field its stamp. In an object, key '' holds when the object's own path was last written or deleted. */
export type StampNode = Stamp | ListStamps | CounterStamps | StampTree
export interface StampTree {
  [key: string]: StampNode
}

export function stampOf(occurredAt: number, eventId: string): Stamp {
  return Math.max(0, Math.floor(occurredAt)).toString(36).padStart(9, '0') + eventId.replaceAll('-', '')
}

export function onceStamp(stamp: Stamp): Stamp {
  return `!${stamp}`
}

/** Whether a write with stamp `a` takes a field that holds stamp `b`. Equal stamps are one event's: its last write counts. */
export function wins(a: Stamp, b: Stamp): boolean {
  return a.startsWith('!') && b.startsWith('!') ? a <= b : a >= b
}

export function isTree(node: StampNode | undefined): node is StampTree {
  return typeof node === 'object' && !Array.isArray(node)
}

export function isCounter(node: StampNode | undefined): node is CounterStamps {
  return Array.isArray(node) && typeof node[0] === 'number'
}

export function isList(node: StampNode | undefined): node is ListStamps {
  return Array.isArray(node) && typeof node[0] === 'string'
}

/** The latest stamp anywhere below a node. */
export function latest(node: StampNode): Stamp {
  if (typeof node === 'string') return node
  if (isCounter(node)) return node[1]
  if (isList(node)) return node.reduce((a, b) => (a > b ? a : b))
  return Object.values(node).reduce<Stamp>((found, child) => {
    const stamp = latest(child)
    return stamp > found ? stamp : found
  }, '')
}

/** A member of an object itself: a field may be called `toString`. */
export function own<Value>(object: { [key: string]: Value }, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** A JSON object that is not an array: its fields are written one by one. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
