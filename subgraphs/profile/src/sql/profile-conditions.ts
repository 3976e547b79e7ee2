// The conditions of a profile filter, as the statements that list, search and count profiles share them.

/** Which profiles are asked for; what is absent does not restrict. */
export interface ProfileConditions {
  identified?: boolean | undefined
  hasEmail?: boolean | undefined
  hasPhone?: boolean | undefined
  seenAfter?: Date | undefined
  seenBefore?: Date | undefined
}

/** Conditions over table `profile` as `p`, each with its parameters. */
export function profileConditions(filter: ProfileConditions): { sql: string[]; parameters: unknown[] } {
  const sql: string[] = []
  const parameters: unknown[] = []
  if (filter.identified !== undefined) {
    sql.push('p.identified = ?')
    parameters.push(filter.identified)
  }
  if (filter.hasEmail !== undefined) sql.push(`p.email IS ${filter.hasEmail ? 'NOT ' : ''}NULL`)
  if (filter.hasPhone !== undefined) sql.push(`p.phone IS ${filter.hasPhone ? 'NOT ' : ''}NULL`)
  if (filter.seenAfter) {
    sql.push('p.last_seen_at >= ?')
    parameters.push(filter.seenAfter)
  }
  if (filter.seenBefore) {
    sql.push('p.last_seen_at < ?')
    parameters.push(filter.seenBefore)
  }
  return { sql, parameters }
}
