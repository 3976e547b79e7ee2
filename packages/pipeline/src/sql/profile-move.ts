// Statements that move a merged profile's history to the canonical profile.
import type { Connection, RowDataPacket } from 'mysql2/promise'

export interface Move {
  aliasId: Buffer
  profileId: Buffer
}

/** Merges whose history waits to be moved, oldest first, with their canonical profile. A plain read. */
export async function selectCanonical(connection: Connection, limit: number): Promise<Move[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT m.alias_id, a.profile_id FROM profile_move m JOIN profile_alias a ON a.alias_id = m.alias_id LIMIT ?`,
    [limit],
  )
  return rows.map((row) => ({ aliasId: row['alias_id'], profileId: row['profile_id'] }))
}

/** Takes those of the given merges that no other worker is moving (SKIP LOCKED), until the commit, and reads their profile again. */
export async function claimMoves(tx: Connection, aliases: Buffer[]): Promise<Move[]> {
  const [claimed] = await tx.query<RowDataPacket[]>(
    'SELECT alias_id FROM profile_move WHERE alias_id IN (?) ORDER BY alias_id FOR UPDATE SKIP LOCKED',
    [aliases],
  )
  if (claimed.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT alias_id, profile_id FROM profile_alias WHERE alias_id IN (?)',
    [claimed.map((row) => row['alias_id'])],
  )
  return rows.map((row) => ({ aliasId: row['alias_id'], profileId: row['profile_id'] }))
}

export interface ActivityKey {
  profileId: Buffer
  at: Date
  kind: 'event' | 'run'
  ref: Buffer
}

/** Up to `limit` entries of the aliases. Index: primary key. Nobody adds to an alias, so no lock is needed. */
export async function selectActivityOf(tx: Connection, aliases: Buffer[], limit: number): Promise<ActivityKey[]> {
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT profile_id, at, kind, ref FROM activity WHERE profile_id IN (?) LIMIT ?',
    [aliases, limit],
  )
  return rows.map((row) => ({ profileId: row['profile_id'], at: row['at'], kind: row['kind'], ref: row['ref'] }))
}

/** Points activity, and the events and runs it names, to the canonical profiles. All by primary keys. */
export async function moveActivity(tx: Connection, rows: ActivityKey[]): Promise<void> {
  if (rows.length === 0) return
  for (const [kind, table] of [
    ['event', 'event'],
    ['run', 'workflow_run'],
  ] as const) {
    const refs = rows.filter((row) => row.kind === kind).map((row) => row.ref)
    if (refs.length === 0) continue
    await tx.query(
      `UPDATE ?? t JOIN profile_alias a ON a.alias_id = t.profile_id SET t.profile_id = a.profile_id WHERE t.id IN (?)`,
      [table, refs],
    )
  }
  await tx.query(
    `UPDATE activity t JOIN profile_alias a ON a.alias_id = t.profile_id SET t.profile_id = a.profile_id
     WHERE ${rows.map(() => '(t.profile_id = ? AND t.at = ? AND t.kind = ? AND t.ref = ?)').join(' OR ')}`,
    rows.flatMap((row) => [row.profileId, row.at, row.kind, row.ref]),
  )
}

/** Points sessions to the canonical profiles. Index: of_profile. */
export async function moveSessions(tx: Connection, aliases: Buffer[]): Promise<void> {
  await tx.query(
    'UPDATE session t JOIN profile_alias a ON a.alias_id = t.profile_id SET t.profile_id = a.profile_id WHERE t.profile_id IN (?)',
    [aliases],
  )
}

/** Gives the canonical profile the aliases' segments; where both were in one, the membership it had stays. Index: of_profile. */
export async function moveMemberships(tx: Connection, aliases: Buffer[]): Promise<void> {
  await tx.query(
    `INSERT IGNORE INTO segment_membership (segment_id, profile_id, original_profile_id, entered_at)
     SELECT m.segment_id, a.profile_id, m.original_profile_id, m.entered_at
     FROM segment_membership m JOIN profile_alias a ON a.alias_id = m.profile_id WHERE m.profile_id IN (?)`,
    [aliases],
  )
  await tx.query('DELETE FROM segment_membership WHERE profile_id IN (?)', [aliases])
}

/** Ends merges whose history is moved. */
export async function deleteMoves(tx: Connection, aliases: Buffer[]): Promise<void> {
  await tx.query('DELETE FROM profile_move WHERE alias_id IN (?)', [aliases])
}
