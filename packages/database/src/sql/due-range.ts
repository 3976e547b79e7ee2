// Due delayed events are handed out as ranges of the index (due_at, id): what the scheduler and its workers must agree on.
import { toBytes } from '../identifier.js'

/** Name of the Agenda job that resumes a range; its data is a `DueRange`. */
export const RESUME_DUE = 'resume-due'

/** A delayed event that could not be done so often is dead, until somebody replays it. */
export const MOST_ATTEMPTS = 8

/** A place in the index: `dueAt` in ms since 1970. */
export interface DuePlace {
  dueAt: number
  id: string
}

/** Both ends belong to it. */
export interface DueRange {
  from: DuePlace
  to: DuePlace
  /** How many rows it had when it was cut. */
  rows: number
}

/**
 * The SQL condition that a delayed event lies behind `from` and before `to`, with or without these places themselves. Written as ranges that
 * both servers find in the index `due`: a comparison of pairs would walk all rows of the first moment.
 */
export function betweenPlaces(
  from: DuePlace,
  behind: '>' | '>=',
  to: DuePlace,
  before: '<' | '<=',
): { condition: string; values: (Date | Buffer)[] } {
  const [first, last] = [new Date(from.dueAt), new Date(to.dueAt)]
  const [firstId, lastId] = [toBytes(from.id), toBytes(to.id)]
  if (from.dueAt === to.dueAt)
    return { condition: `due_at = ? AND id ${behind} ? AND id ${before} ?`, values: [first, firstId, lastId] }
  return {
    condition: `(due_at = ? AND id ${behind} ? OR due_at > ? AND due_at < ? OR due_at = ? AND id ${before} ?)`,
    values: [first, firstId, first, last, last, lastId],
  }
}
