// Moves the history of merged profiles to the canonical one, in chunks: however much it is, no event waits for it. Reads resolve aliases meanwhile.
import { toId } from '@segue/database'
import type { PoolConnection } from 'mysql2/promise'
import { lockProfiles } from './sql/identify.js'
import {
  claimMoves,
  deleteMoves,
  moveActivity,
  moveMemberships,
  moveSessions,
  selectActivityOf,
  selectCanonical,
} from './sql/profile-move.js'

/** Rows a transaction: short enough that an event of the same person waits some hundred milliseconds at most. */
const CHUNK = 1000
/** Merges taken together; most have a handful of rows. */
const MERGES = 50

/**
 * Moves one chunk, in one transaction on `connection`. Returns whether it moved something: then there may be more. Several workers may do
 * this at once; each takes other merges.
 */
export async function moveMerged(connection: PoolConnection): Promise<boolean> {
  // Profiles are locked before anything else, so which merges wait is read first, unlocked, and claimed once they are.
  const found = await selectCanonical(connection, MERGES)
  if (found.length === 0) return false
  await connection.beginTransaction()
  try {
    await lockProfiles(connection, [...new Set(found.map((move) => toId(move.profileId)))].sort())
    const claimed = await claimMoves(
      connection,
      found.map((move) => move.aliasId),
    )
    // A canonical profile that was itself merged between reading and locking is taken up again in the next round.
    const moves = claimed.filter((move) =>
      found.some((one) => one.aliasId.equals(move.aliasId) && one.profileId.equals(move.profileId)),
    )
    if (moves.length > 0) {
      const aliases = moves.map((move) => move.aliasId)
      const activity = await selectActivityOf(connection, aliases, CHUNK)
      await moveActivity(connection, activity)
      if (activity.length < CHUNK) {
        await moveSessions(connection, aliases)
        await moveMemberships(connection, aliases)
        await deleteMoves(connection, aliases)
      }
    }
    await connection.commit()
    // Nothing claimed: other workers are at it, and this one need not look again at once.
    return moves.length > 0
  } catch (error) {
    await connection.rollback()
    throw error
  }
}
