// Checks mappings before they are kept: the pipeline leaves out what it cannot use, without a word to whoever wrote it.
import type { EventMapping, EventType, IdentityMapping, JsonValue, ProfileMapping } from '@segue/event-model'
import { BadMapping } from '../errors.js'
import type { EventMappingNode, IdentityMappingNode, ProfileMappingNode, SlotMappingNode } from './mapping.js'

/** What of an event can be read, and what of a profile can be written. */
const EVENT_ROOTS = [
  'properties',
  'data',
  'traits',
  'context',
  'id',
  'type',
  'source',
  'occurredAt',
  'receivedAt',
  'valid',
  'tags',
]
const PROFILE_ROOTS = ['data', 'traits', 'interests', 'consents', 'counters', 'aux']

/** Parts that would reach into JavaScript's own machinery. */
const FORBIDDEN_PARTS = ['', '__proto__', 'constructor', 'prototype']

/** More are no mapping any more but a program. */
const MOST_MAPPINGS = 200

/** Throws BAD_MAPPING with its place. */
export function readEventMappings(mappings: readonly EventMappingNode[]): EventMapping[] {
  return readAll(mappings, 'eventMappings', ({ to, from, value }, path) => {
    checkPath(to, ['data'], [...path, 'to'])
    return { to, ...readOrigin({ from, value }, path) }
  })
}

/** Throws BAD_MAPPING with its place. */
export function readProfileMappings(mappings: readonly ProfileMappingNode[]): ProfileMapping[] {
  return readAll(mappings, 'profileMappings', ({ to, from, value, operation }, path) => {
    const braces = /\{([^{}]*)\}/g
    for (const [, inside = ''] of to.matchAll(braces)) checkPath(inside, EVENT_ROOTS, [...path, 'to'])
    checkPath(to.replace(braces, 'filled'), PROFILE_ROOTS, [...path, 'to'])
    return { to, operation, ...(operation === 'delete' ? {} : readOrigin({ from, value }, path)) }
  })
}

/** Throws BAD_MAPPING with its place. */
export function readIdentityMappings(mappings: readonly IdentityMappingNode[]): IdentityMapping[] {
  return readAll(mappings, 'identities', ({ kind, from }, path) => {
    checkPath(from, EVENT_ROOTS, [...path, 'from'])
    return { kind, from }
  })
}

/** Throws BAD_MAPPING with its place. */
export function readSlots(slots: readonly SlotMappingNode[]): EventType['slots'] {
  const entries = readAll(slots, 'slots', ({ slot, from }, path) => {
    checkPath(from, EVENT_ROOTS, [...path, 'from'])
    return [slot, from] as const
  })
  if (new Set(entries.map(([slot]) => slot)).size < entries.length) {
    throw BadMapping({ problem: 'A slot is named twice: one property fills it.' }, ['input', 'slots'])
  }
  return Object.fromEntries(entries)
}

function readAll<Given, Kept>(
  mappings: readonly Given[],
  field: string,
  read: (mapping: Given, path: readonly string[]) => Kept,
): Kept[] {
  if (mappings.length > MOST_MAPPINGS) {
    throw BadMapping({ problem: `At most ${MOST_MAPPINGS} mappings, not ${mappings.length}.` }, ['input', field])
  }
  return mappings.map((mapping, index) => read(mapping, ['input', field, String(index)]))
}

function readOrigin(
  { from, value }: { from: string | null | undefined; value: JsonValue | undefined },
  path: readonly string[],
): Pick<EventMapping, 'from' | 'value'> {
  if (from == null && value == null) throw BadMapping({ problem: 'Say from where, or give a constant value.' }, path)
  if (from != null && value != null) throw BadMapping({ problem: 'Say from where, or give a value; not both.' }, path)
  if (from == null) return { value: value ?? null }
  checkPath(from, EVENT_ROOTS, [...path, 'from'])
  return { from }
}

function checkPath(text: string, roots: readonly string[], path: readonly string[]): void {
  const [root = '', ...parts] = text.split('.')
  if (!roots.includes(root)) {
    throw BadMapping({ problem: `${JSON.stringify(text)} has to begin with one of ${roots.join(', ')}.` }, path)
  }
  const leads = parts.length > 0 || !['data', 'traits', ...PROFILE_ROOTS].includes(root) || roots === EVENT_ROOTS
  if (!leads || parts.some((part) => FORBIDDEN_PARTS.includes(part))) {
    throw BadMapping({ problem: `${JSON.stringify(text)} is no path: names, with dots between them.` }, path)
  }
}
