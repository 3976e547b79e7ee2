// Paths to fields: names joined by dots, the first one a root such as `traits`. Parsed once, when a workflow compiles.

/** Parts of a profile that workflows read. The pipeline's `ProfileWriter.read` answers each of these names. */
export const PROFILE_ROOTS = [
  'id',
  'createdAt',
  'firstSeenAt',
  'lastSeenAt',
  'data',
  'traits',
  'interests',
  'consents',
  'counters',
  'aux',
  'segments',
] as const

/** Parts of a profile that workflows write. The rest belongs to the system: ids, segments, times. */
export const WRITABLE_ROOTS: readonly string[] = ['data', 'traits', 'interests', 'consents', 'counters', 'aux']

/** Names that would reach into JavaScript's own objects; refused in every path and key. */
const FORBIDDEN_NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype']

/** Deeper paths are mistakes; longer ones do not fit the change log. */
const MAX_NAMES = 10
const MAX_LENGTH = 255

/** A parsed path; made by `parsePath` only, so having one means it was checked. */
export interface FieldPath {
  /** As written: `traits.address.city`. */
  readonly text: string
  /** The names: `['traits', 'address', 'city']`. */
  readonly names: readonly [string, ...string[]]
}

/** Parses a path; a string says what is wrong with it. */
export function parsePath(text: string): FieldPath | string {
  const [root, ...rest] = text.split('.')
  if (root === undefined || text.length > MAX_LENGTH) return `A path has at most ${MAX_LENGTH} characters.`
  const names: [string, ...string[]] = [root, ...rest]
  if (names.length > MAX_NAMES) return `A path has at most ${MAX_NAMES} names.`
  if (names.some((name) => name.trim() === '')) return `${JSON.stringify(text)} has an empty name between its dots.`
  const forbidden = names.find(isForbiddenName)
  return forbidden === undefined ? { text, names } : `${forbidden} cannot be the name of a field.`
}

export function isForbiddenName(name: string): boolean {
  return FORBIDDEN_NAMES.includes(name)
}
