// Conditions out of what Agenda lets people select jobs by.
import type { JobsQueryOptions, RemoveJobsOptions } from 'agenda'

/** A condition for WHERE. Its values are scalars or lists of them: an object, the driver would write out as SQL. */
export interface Condition {
  text: string
  values: unknown[]
}

/** Of ids the single one counts before the list, of names the single one before the list before the exclusion, as in Agenda's own backends. */
export function conditionOf(options: RemoveJobsOptions): Condition | undefined {
  const names: [string, unknown][] = []
  if (options.name) names.push(['name = ?', String(options.name)])
  else if (options.names?.length) names.push(['name IN (?)', options.names.map(String)])
  else if (options.notNames?.length) names.push(['name NOT IN (?)', options.notNames.map(String)])
  return joined([...idParts(options), ...names, ...dataParts(options.data)])
}

/** The same for queries; state is computed, see jobs.ts. */
export function queryConditionOf(options: JobsQueryOptions): Condition {
  const parts: [string, unknown][] = []
  if (options.name) parts.push(['name = ?', String(options.name)])
  else if (options.names?.length) parts.push(['name IN (?)', options.names.map(String)])
  if (options.search) {
    const pattern = `%${String(options.search).replace(/[\\%_]/g, '\\$&')}%`
    parts.push(['name COLLATE utf8mb4_general_ci LIKE ?', pattern])
  }
  if (options.includeDisabled === false) parts.push(['disabled = ?', 0])
  return joined([...parts, ...idParts(options), ...dataParts(options.data)]) ?? { text: 'TRUE', values: [] }
}

function idParts(options: { id?: string; ids?: string[] }): [string, unknown][] {
  // An id column holds ASCII alone; a literal beyond it would make the server refuse the comparison.
  if (options.id) return [['id = CONVERT(? USING ascii)', String(options.id)]]
  if (options.ids?.length) return [['id IN (?)', options.ids.map((id) => String(id).replace(/[^\x20-\x7e]/g, '?'))]]
  return []
}

/** The data holds at least this: objects member by member, arrays element by element. */
function dataParts(data: unknown): [string, unknown][] {
  return data === undefined ? [] : [['JSON_CONTAINS(data, ?)', JSON.stringify(data)]]
}

function joined(parts: [string, unknown][]): Condition | undefined {
  if (parts.length === 0) return undefined
  return { text: parts.map(([text]) => text).join(' AND '), values: parts.map(([, value]) => value) }
}
