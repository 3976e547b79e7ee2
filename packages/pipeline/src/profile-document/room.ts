// How much a profile may hold: it is read and written whole with every event of its person, and strangers choose what is put into it.
import type { JsonValue } from '@segue/event-model'
import type { StampedDocument } from './merge-documents.js'

/**
 * Characters of document and stamps together that writing fills a profile to. Usual ones have a few thousand; a batch may hold five hundred
 * that are full.
 */
export const PROFILE_LIMIT = 256 * 1024

/** Two profiles are joined up to this size: fields of both stay, so the limit is wider than that of writing. */
export const MERGED_LIMIT = 2 * PROFILE_LIMIT

/** What a field takes beside its name and value: its stamp and the signs around. */
const FIELD = 64

/** Characters of a document as the database keeps it. */
export function sizeOf({ values, stamps }: StampedDocument): number {
  return JSON.stringify(values).length + JSON.stringify(stamps).length
}

/** At most so many characters a document grows when this is written. */
export function weightOf(value: JsonValue): number {
  if (typeof value === 'string') return FIELD + value.length
  if (typeof value !== 'object' || value === null) return FIELD
  let weight = FIELD
  if (Array.isArray(value)) for (const item of value) weight += weightOf(item)
  else for (const key in value) weight += 2 * key.length + weightOf(value[key] ?? null)
  return weight
}
