// Sessions that ended before their access tokens did: read whole, once a second, so that each subgraph refuses those tokens within about a second.
import { connect, toId } from '@segue/database'
import type { Logger } from '@segue/service'
import { describeError } from './describe-error.js'
import { SessionEnded } from './errors.js'
import type { SignedInAccount } from './rights.js'

/** How long an ended session is still believed, at most. */
const POLL_MS = 1000
/** A database that takes this long for a handful of rows is away; the connection is given up and the next poll makes a new one. */
const SLOW_MS = 3000

export interface Revocations {
  /** Whether the token that `account` came from was ended before its time. For subscriptions too, which ask with each message. */
  isRevoked(account: Pick<SignedInAccount, 'sessionId' | 'expiresAt'>): boolean
  /** Throws SESSION_ENDED where `isRevoked`. */
  refuseRevoked(account: Pick<SignedInAccount, 'sessionId' | 'expiresAt'> | undefined): void
  close(): Promise<void>
}

/**
 * Watches the table through a connection of its own, so a busy pool does not hold it up. Rejects when the table cannot be read at first; afterwards
 * an unreachable database leaves what is known in force, and the log says so.
 */
export async function watchRevocations(databaseUrl: string, logger: Logger): Promise<Revocations> {
  const pool = connect({ url: databaseUrl, connections: 1 })
  let untilBySession = new Map<string, number>()
  let failing = false
  let closed = false

  const read = async (): Promise<void> => {
    // Index: by_until. Rows of sessions that ended within the last quarter of an hour: a handful. Whole, not only what is new: a transaction that
    // commits late would be missed by any "since".
    const [rows] = await pool.query({
      sql: 'SELECT session_id, until FROM revoked_session WHERE until > UTC_TIMESTAMP(3)',
      timeout: SLOW_MS,
    })
    const revoked = rows as { session_id: Buffer; until: Date }[]
    untilBySession = new Map(revoked.map(({ session_id, until }) => [toId(session_id), until.getTime()]))
  }
  const poll = async (): Promise<void> => {
    try {
      await read()
      if (failing) logger.info('Ended sessions can be read again')
      failing = false
    } catch (error) {
      if (!failing) logger.error({ error: describeError(error) }, 'Ended sessions cannot be read; what is known counts')
      failing = true
    }
  }

  try {
    await read()
  } catch (error) {
    await pool.end()
    throw error
  }
  let polling = Promise.resolve()
  const timer = setInterval(() => {
    polling = polling.then(() => (closed ? undefined : poll()))
  }, POLL_MS)
  const isRevoked: Revocations['isRevoked'] = ({ sessionId, expiresAt }) =>
    // Tokens that a session got after its rights changed end later than `until`, and count.
    expiresAt <= (untilBySession.get(sessionId) ?? 0)
  return {
    isRevoked,
    refuseRevoked(account) {
      if (account && isRevoked(account)) throw SessionEnded()
    },
    async close() {
      closed = true
      clearInterval(timer)
      await polling
      await pool.end()
    },
  }
}
