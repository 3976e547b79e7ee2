// Sessions and their refresh tokens. Times are the database's, so processes whose clocks differ agree on what is recent.
import { toBytes, toId, type Database } from '@segue/database'
import type { EntityManager } from 'typeorm'

export interface NewSession {
  id: string
  accountId: string
  address: string
  userAgent: string
  tokenHash: Buffer
}

/** Starts a session with its first refresh token. New rows: nobody waits. */
export async function insertSession(tx: EntityManager, session: NewSession, idleSeconds: number): Promise<void> {
  const { id, accountId, address, userAgent, tokenHash } = session
  await tx.query(
    `INSERT INTO account_session (id, account_id, created_at, last_used_at, expires_at, address, user_agent, generation, rotated_at)
     VALUES (?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL ? SECOND, ?, ?, 1, UTC_TIMESTAMP(3))`,
    [toBytes(id), toBytes(accountId), idleSeconds, address, userAgent],
  )
  await insertRefreshToken(tx, id, 1, tokenHash)
}

/** Index: primary key. */
export async function insertRefreshToken(
  tx: EntityManager,
  sessionId: string,
  generation: number,
  tokenHash: Buffer,
): Promise<void> {
  await tx.query('INSERT INTO refresh_token (token_hash, session_id, generation) VALUES (?, ?, ?)', [
    tokenHash,
    toBytes(sessionId),
    generation,
  ])
}

/** Whose token it is; undefined: nobody's that has not ended. Index: primary keys. Locks nothing: look again when the session is locked. */
export async function findRefreshToken(
  database: Database,
  tokenHash: Buffer,
): Promise<{ sessionId: string; accountId: string; generation: number } | undefined> {
  const [row] = await database.query<{ session_id: Buffer; account_id: Buffer; generation: number }[]>(
    `SELECT t.session_id, s.account_id, t.generation
       FROM refresh_token t JOIN account_session s ON s.id = t.session_id WHERE t.token_hash = ?`,
    [tokenHash],
  )
  return row && { sessionId: toId(row.session_id), accountId: toId(row.account_id), generation: row.generation }
}

/** Locks a session that has not ended. Two refreshes of it come one after the other. Lock the account first. Index: primary key. */
export async function lockSession(
  tx: EntityManager,
  id: string,
): Promise<{ generation: number; millisecondsSinceRotation: number } | undefined> {
  const [row] = await tx.query<{ generation: number; since: number }[]>(
    `SELECT generation, TIMESTAMPDIFF(MICROSECOND, rotated_at, UTC_TIMESTAMP(3)) DIV 1000 AS since
       FROM account_session WHERE id = ? AND expires_at > UTC_TIMESTAMP(3) FOR UPDATE`,
    [toBytes(id)],
  )
  return row && { generation: row.generation, millisecondsSinceRotation: Number(row.since) }
}

/** Moves a locked session on to its next generation of tokens, and its end with it. Index: primary key. */
export async function advanceSession(
  tx: EntityManager,
  id: string,
  client: { address: string; userAgent: string },
  lifetime: { idleSeconds: number; longestSeconds: number },
): Promise<void> {
  await tx.query(
    `UPDATE account_session
        SET generation = generation + 1, rotated_at = UTC_TIMESTAMP(3), last_used_at = UTC_TIMESTAMP(3), address = ?, user_agent = ?,
            expires_at = LEAST(UTC_TIMESTAMP(3) + INTERVAL ? SECOND, created_at + INTERVAL ? SECOND)
      WHERE id = ?`,
    [client.address, client.userAgent, lifetime.idleSeconds, lifetime.longestSeconds, toBytes(id)],
  )
}

/** Forgets tokens of generations before `generation`. Index: of_session. */
export async function forgetRefreshTokens(tx: EntityManager, sessionId: string, generation: number): Promise<void> {
  await tx.query('DELETE FROM refresh_token WHERE session_id = ? AND generation < ?', [toBytes(sessionId), generation])
}

/** The sessions of an account but for its `most` newest; a thousand at once. Index: of_account. */
export async function sessionsBeyond(tx: EntityManager, accountId: string, most: number): Promise<string[]> {
  const rows = await tx.query<{ id: Buffer }[]>(
    'SELECT id FROM account_session WHERE account_id = ? ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET ?',
    [toBytes(accountId), most],
  )
  return rows.map(({ id }) => toId(id))
}

/** Seconds that a session has left. Index: primary key. */
export async function secondsLeft(tx: EntityManager, id: string): Promise<number> {
  const [row] = await tx.query<{ seconds: number }[]>(
    'SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), expires_at) AS seconds FROM account_session WHERE id = ?',
    [toBytes(id)],
  )
  return row?.seconds ?? 0
}

/** Deletes sessions and their tokens. Index: of_session, primary key. A refresh at the same time holds the session's row: it comes before, or finds none. */
export async function deleteSessions(tx: EntityManager, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const keys = ids.toSorted().map(toBytes)
  await tx.query('DELETE FROM account_session WHERE id IN (?)', [keys])
  await tx.query('DELETE FROM refresh_token WHERE session_id IN (?)', [keys])
}
