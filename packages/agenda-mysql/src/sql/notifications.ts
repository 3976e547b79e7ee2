// The table through which processes tell each other: appended to, read from its tail, swept from its head.
import type { Session } from '../database.js'
import { NOW } from './clock.js'

export interface NotificationRow {
  id: number
  channel: string
  sender: string
  body: string
}

/** One row for all notifications of a batch. Appends to the primary key. */
export async function insertNotification(
  session: Session,
  table: string,
  row: Omit<NotificationRow, 'id'>,
): Promise<void> {
  await session.change(`INSERT INTO ${table} (channel, sender, body, sent_at) VALUES (?, ?, ?, ${NOW})`, [
    row.channel,
    row.sender,
    row.body,
  ])
}

/** The id after which notifications are new. */
export async function lastNotificationId(session: Session, table: string): Promise<number> {
  const [row] = await session.rows<{ id: number | null }>(`SELECT MAX(id) AS id FROM ${table}`)
  return Number(row?.id ?? 0)
}

/** Rows after `after`, and rows in `missing` that have been committed since. Primary key; an empty answer costs one look-up. */
export function readNotifications(
  session: Session,
  table: string,
  after: number,
  missing: readonly number[],
  limit: number,
): Promise<NotificationRow[]> {
  const late = missing.length > 0 ? 'OR id IN (?)' : ''
  return session.rows(
    `SELECT id, channel, sender, body FROM ${table} WHERE id > ? ${late} ORDER BY id LIMIT ?`,
    missing.length > 0 ? [after, missing, limit] : [after, limit],
  )
}

/** Deletes notifications that everybody has had time to read, from the head of the primary key. */
export async function sweepNotifications(session: Session, table: string, olderThanMs: number): Promise<void> {
  await session.change(`DELETE FROM ${table} WHERE sent_at < ${NOW} - ? ORDER BY id LIMIT 5000`, [olderThanMs])
}
