// When an API key was last used.
import { toBytes } from '@segue/database'
import type { EntityManager } from 'typeorm'

/** Writes it at most once a minute: a busy key is a read, not a write. Index: primary key. */
export async function noteKeyUse(tx: EntityManager, id: string): Promise<void> {
  await tx.query(
    `UPDATE api_key SET last_used_at = UTC_TIMESTAMP(3)
      WHERE id = ? AND (last_used_at IS NULL OR last_used_at < UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE)`,
    [toBytes(id)],
  )
}
