// Small parts that batched statements share.
import { wellFormedJson, type JsonValue } from '@segue/event-model'

/** JSON for a column, null for nothing. */
export function json(value: JsonValue | null | undefined): string | null {
  return value === null || value === undefined ? null : wellFormedJson(JSON.stringify(value))
}

/** Cuts text to a column's characters; a code point is never split. */
export function cut(text: string, characters: number): string
export function cut(text: string | null | undefined, characters: number): string | null
export function cut(text: string | null | undefined, characters: number): string | null {
  if (text === null || text === undefined) return null
  // A code point takes at most two units: so many hold all that may stay.
  return text.length <= characters ? text : [...text.slice(0, 2 * characters)].slice(0, characters).join('')
}
