// From the circumstances a client states to the envelope's context.
import type { EnvelopeContext, JsonObject, JsonValue } from '@segue/event-model'

const DOCUMENTS = ['page', 'screen', 'campaign', 'device', 'os', 'browser', 'library'] as const
const TEXTS = ['userAgent', 'locale', 'timezone', 'ip'] as const
/** Kept elsewhere or not at all: who somebody is belongs into identities and traits. */
const LEFT_OUT = new Set<string>([
  ...DOCUMENTS,
  ...TEXTS,
  'time',
  'traits',
  'user',
  'groupId',
  'active',
  'integrations',
])

/**
 * Maps a stated context (Segment's names; the tracker's are translated before). Nulls are dropped, unknown members are kept under `other`.
 */
export function contextOf(stated: JsonObject | undefined): EnvelopeContext {
  const context: EnvelopeContext = {}
  if (!stated) return context
  for (const name of DOCUMENTS) {
    const document = asObject(stated[name])
    if (document) context[name] = withoutNulls(document)
  }
  for (const name of TEXTS) {
    const text = stated[name]
    if (typeof text === 'string' && text !== '') context[name] = text.slice(0, 1000)
  }
  for (const name in stated) {
    const value = stated[name]
    if (LEFT_OUT.has(name) || value === null || value === undefined) continue
    context.other ??= {}
    context.other[name] = value
  }
  return context
}

/** The tracker's context: `time.tz` and `browser.local` say what Segment calls timezone, browser, device and locale. */
export function trackerContext(stated: JsonObject | undefined): EnvelopeContext {
  const zone = asObject(stated?.['time'])?.['tz']
  const local = asObject(asObject(stated?.['browser'])?.['local'])
  if (!stated || (zone === undefined && !local)) return contextOf(stated)
  const browser = asObject(local?.['browser'])
  return contextOf({
    userAgent: browser?.['userAgent'] ?? null,
    locale: browser?.['language'] ?? null,
    timezone: zone ?? null,
    ...stated,
    ...(local && { browser: browser ?? null, device: asObject(stated['device']) ?? local['device'] ?? null }),
  })
}

function withoutNulls(document: JsonObject): JsonObject {
  if (!hasNulls(document)) return document
  const kept: JsonObject = {}
  for (const key in document) {
    const value = document[key]
    if (value !== null && value !== undefined) kept[key] = value
  }
  return kept
}

function hasNulls(document: JsonObject): boolean {
  for (const key in document) if (document[key] === null) return true
  return false
}

function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}
