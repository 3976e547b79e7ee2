// Small parts that batched statements share.
import type { JsonValue } from '@segue/event-model'

/** JSON for a column, null for nothing. */
export function json(value: JsonValue | null | undefined): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** Cuts text to a column's characters; a code point is never split. */
export function cut(text: string | null | undefined, characters: number): string | null {
  if (text === null || text === undefined) return null
  return text.length <= characters
    ? text
    : [...text.slice(0, characters + 1)].slice(0, characters).join('').slice(0, characters)
}
