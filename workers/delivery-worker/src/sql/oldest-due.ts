// How far behind the workers are.
import type { Pool, RowDataPacket } from 'mysql2/promise'

/** Seconds since when the delivery that is due longest is due; 0 when none is. Index: ready, its first entry. */
export async function selectOldestDueSeconds(pool: Pool): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT TIMESTAMPDIFF(MICROSECOND, MIN(next_at), UTC_TIMESTAMP(3)) / 1e6 AS age FROM delivery WHERE next_at IS NOT NULL`,
  )
  return Math.max(Number(rows[0]?.['age'] ?? 0), 0)
}
