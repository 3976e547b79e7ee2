// Changes to many things at once: chosen by their ids or by a filter, up to a limit, told to the audit as one.
import { readId } from '@segue/graphql'
import { ChooseOne, TooMany } from './errors.js'

/** One transaction for all: some ten thousand rows of some hundred bytes, less than a second. */
export const MOST_CHOSEN = 10_000
/** When nothing is said. */
const DEFAULT_CHOSEN = 1000

/** The ids, each once. Throws BAD_ID and TOO_MANY. */
export function readIds(ids: readonly string[], most: number): string[] {
  if (ids.length > most) throw TooMany({ limit: most, count: ids.length }, ['input', 'ids'])
  return [...new Set(ids.map((id, index) => readId(id, ['input', 'ids', String(index)])))]
}

/** How many a filter may find. Throws TOO_MANY. */
export function readLimit(limit: number | null | undefined, most: number): number {
  if (limit == null) return Math.min(DEFAULT_CHOSEN, most)
  if (limit > most || limit < 1) throw TooMany({ limit: most, count: limit }, ['input', 'limit'])
  return limit
}

/** Throws CHOOSE_ONE unless there are ids or a filter, and not both. */
export function checkChoice({ ids, filter }: { ids?: unknown; filter?: unknown }): void {
  if ((ids == null) === (filter == null)) throw ChooseOne({}, ['input'])
}

/** One thing is found again in the audit by its id, several by their action: `*` is no id. */
export function subjectOf(type: string, [id, ...others]: readonly string[]): { type: string; id: string } {
  return { type, id: others.length === 0 ? (id ?? '*') : '*' }
}

/** Which of the ids were asked for and not found. */
export function missingOf(asked: readonly string[] | undefined, done: readonly string[]): string[] {
  const found = new Set(done)
  return (asked ?? []).filter((id) => !found.has(id))
}
