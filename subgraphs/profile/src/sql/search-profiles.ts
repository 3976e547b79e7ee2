// Profiles by what somebody typed: a whole identity, or the beginning of a name, an e-mail address or a phone number.
import { toBytes, toId, type Database } from '@segue/database'
import { profileConditions, type ProfileConditions } from './profile-conditions.js'

/** A profile that was found, and by what: 0 an identity, 1 name, 2 e-mail, 3 phone. The three fields order the results. */
export interface FoundProfile {
  found: number
  value: string
  id: string
}

/** What is searched for. */
export interface ProfileSearch {
  /** As it was typed, trimmed; not empty. */
  text: string
  /** The text as an identity of each kind: SHA-256 of its normalized value. */
  identities: readonly { kind: string; hash: Buffer }[]
  filter: ProfileConditions
  limit: number
  /** Read from the end. */
  backward: boolean
  /** The last result of the page before, in the direction of reading. */
  after?: FoundProfile | undefined
}

/** The columns that are searched by their beginning, in the order of the results. */
const COLUMNS = [
  { found: 1, column: 'display_name', index: 'by_name' },
  { found: 2, column: 'email', index: 'by_email' },
  { found: 3, column: 'phone', index: 'by_phone' },
] as const

/**
 * The next `limit` results after `after`: those whose identity it is, then by name, e-mail and phone, each in the order of its value. A profile
 * that several find comes once, with the first of them. Indexes: profile_identity's primary key; by_name, by_email, by_phone, each
 * read from the cursor on and only as far as the page goes, however many begin with the text.
 */
export async function searchProfiles(database: Database, search: ProfileSearch): Promise<FoundProfile[]> {
  const { after, backward, identities, limit } = search
  const isAhead = (found: number): boolean => !after || (backward ? found <= after.found : found >= after.found)
  const selects = [
    ...(isAhead(0) && identities.length > 0 ? [selectByIdentity(search)] : []),
    ...COLUMNS.filter(({ found }) => isAhead(found)).map((column) => selectByPrefix(search, column)),
  ]
  if (selects.length === 0) return []
  const direction = backward ? 'DESC' : 'ASC'
  const rows = await database.query<{ found: number; value: string; id: Buffer }[]>(
    `${selects.map((select) => `(${select.sql})`).join('\nUNION ALL\n')}
      ORDER BY found ${direction}, value ${direction}, id ${direction} LIMIT ?`,
    [...selects.flatMap((select) => select.parameters), limit],
  )
  return rows.map(({ found, value, id }) => ({ found: Number(found), value, id: toId(id) }))
}

/** The place of a profile that a page ended with; undefined when it has none any more. Index: the primary key. */
export async function foundPosition(database: Database, found: number, id: string): Promise<FoundProfile | undefined> {
  const column = COLUMNS.find((candidate) => candidate.found === found)?.column
  if (found !== 0 && column === undefined) return undefined
  const [row] = await database.query<{ value: string | null }[]>(
    `SELECT ${column ?? "''"} AS value FROM profile WHERE id = ?`,
    [toBytes(id)],
  )
  return row && row.value !== null ? { found, value: row.value, id } : undefined
}

/** At most one profile for each kind of identity. */
function selectByIdentity({ identities, filter, backward, after, limit }: ProfileSearch): {
  sql: string
  parameters: unknown[]
} {
  const conditions = profileConditions(filter)
  const rest = after?.found === 0 ? after : undefined
  return {
    sql: `SELECT DISTINCT 0 AS found, '' AS value, p.id
            FROM profile_identity i JOIN profile p ON p.id = i.profile_id
           WHERE (i.kind, i.value_hash) IN (?)
             ${rest ? `AND p.id ${backward ? '<' : '>'} ?` : ''}
             ${conditions.sql.map((condition) => `AND ${condition}`).join(' ')}
           ORDER BY p.id ${backward ? 'DESC' : 'ASC'} LIMIT ?`,
    parameters: [
      identities.map(({ kind, hash }) => [kind, hash]),
      ...(rest ? [toBytes(rest.id)] : []),
      ...conditions.parameters,
      limit,
    ],
  }
}

function selectByPrefix(
  { text, identities, filter, backward, after, limit }: ProfileSearch,
  { found, column, index }: (typeof COLUMNS)[number],
): { sql: string; parameters: unknown[] } {
  const conditions = profileConditions(filter)
  const sql = [`p.${column} LIKE ? ESCAPE '|'`, ...conditions.sql]
  const parameters: unknown[] = [prefixPattern(text, column), ...conditions.parameters]
  for (const earlier of COLUMNS) {
    if (earlier.found >= found) break
    sql.push(`(p.${earlier.column} IS NULL OR p.${earlier.column} NOT LIKE ? ESCAPE '|')`)
    parameters.push(prefixPattern(text, earlier.column))
  }
  if (identities.length > 0) {
    sql.push(
      'NOT EXISTS (SELECT 1 FROM profile_identity i WHERE (i.kind, i.value_hash) IN (?) AND i.profile_id = p.id)',
    )
    parameters.push(identities.map(({ kind, hash }) => [kind, hash]))
  }
  const [beyond, direction] = backward ? ['<', 'DESC'] : ['>', 'ASC']
  if (after?.found === found) {
    sql.push(`p.${column} ${beyond}= ? AND (p.${column} ${beyond} ? OR p.id ${beyond} ?)`)
    parameters.push(after.value, after.value, toBytes(after.id))
  }
  return {
    sql: `SELECT ${found} AS found, p.${column} AS value, p.id FROM profile p FORCE INDEX (${index})
           WHERE ${sql.join(' AND ')}
           ORDER BY p.${column} ${direction}, p.id ${direction} LIMIT ?`,
    parameters: [...parameters, limit],
  }
}

/** Phone numbers are kept without their punctuation; a text that has no digits is the beginning of none. */
function prefixPattern(text: string, column: (typeof COLUMNS)[number]['column']): string {
  if (column !== 'phone') return `${text.replace(/[|%_]/g, '|$&')}%`
  const digits = text.replace(/[\s\-()./]/g, '').replace(/^00/, '+')
  return /^\+?\d+$/.test(digits) ? `${digits}%` : ''
}
