// Deletes what counts no more. Each statement looks at an index on the time that it goes by.
import type { Database } from '@segue/database'

/** Rows a statement: a fraction of a second, and what is left over is for the next time. */
const MOST = 1000

/**
 * Indexes: by_expiry, by_until, by_creation. What two processes delete at once they delete once; nothing that counts is touched. Invitations stay a month
 * beyond their end, so that an admin sees which were not accepted.
 */
export async function sweep(database: Database): Promise<void> {
  const ended = await database.query<{ id: Buffer }[]>(
    'SELECT id FROM account_session WHERE expires_at < UTC_TIMESTAMP(3) ORDER BY expires_at LIMIT ?',
    [MOST],
  )
  if (ended.length > 0) {
    const ids = ended.map(({ id }) => id).toSorted(Buffer.compare)
    // Tokens first: those of a session that is gone would never be found again.
    await database.query('DELETE FROM refresh_token WHERE session_id IN (?)', [ids])
    await database.query('DELETE FROM account_session WHERE id IN (?) AND expires_at < UTC_TIMESTAMP(3)', [ids])
  }
  await database.query('DELETE FROM revoked_session WHERE until < UTC_TIMESTAMP(3) - INTERVAL 1 HOUR LIMIT ?', [MOST])
  await database.query('DELETE FROM sign_in_attempt WHERE until < UTC_TIMESTAMP(3) LIMIT ?', [MOST])
  await database.query('DELETE FROM password_reset WHERE expires_at < UTC_TIMESTAMP(3)')
  await database.query(
    'DELETE FROM invitation WHERE created_at < UTC_TIMESTAMP(3) - INTERVAL 60 DAY AND expires_at < UTC_TIMESTAMP(3) - INTERVAL 30 DAY LIMIT ?',
    [MOST],
  )
}
