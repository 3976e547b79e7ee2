// Ends access tokens before their time: every subgraph reads these rows once a second.
import { toBytes } from '@segue/database'
import { ACCESS_TOKEN_SECONDS } from '@segue/graphql'
import type { EntityManager } from 'typeorm'

/** Clocks of two machines differ by five seconds at most, and a verifier lets a token live five seconds longer. */
const LEEWAY_SECONDS = 10

/**
 * Ends the access tokens that these sessions and API keys have now; those that they get from now on end later and count (`AccessIssuer` sees to it).
 * Call it when whoever gives tokens out is locked out, by the account's row or the key's: its time is that of this statement. Index: primary key, in
 * whose order rows are locked.
 */
export async function revokeTokens(
  tx: EntityManager,
  ids: readonly string[],
  tokenSeconds = ACCESS_TOKEN_SECONDS,
): Promise<void> {
  if (ids.length === 0) return
  await tx.query(
    `INSERT INTO revoked_session (session_id, until)
     VALUES ${ids.map(() => '(?, UTC_TIMESTAMP(3) + INTERVAL ? SECOND)').join(', ')}
     ON DUPLICATE KEY UPDATE until = GREATEST(until + INTERVAL 2 SECOND, VALUES(until))`,
    ids.toSorted().flatMap((id) => [toBytes(id), tokenSeconds + LEEWAY_SECONDS]),
  )
}

/** Until when tokens of the session or key that were given out before do not count; null: all count. Index: primary key. */
export async function revokedUntil(tx: EntityManager, id: string): Promise<Date | null> {
  const [row] = await tx.query<{ until: Date }[]>('SELECT until FROM revoked_session WHERE session_id = ?', [
    toBytes(id),
  ])
  return row?.until ?? null
}
