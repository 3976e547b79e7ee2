// Dead letters back into the inbox, or away.
import { toBytes, toId, type Database } from '@segue/database'
import { partitionOf, type Envelope } from '@segue/event-model'

/**
 * Moves the letters with these ids to the inbox and returns the ids that were there. Runs inside the caller's transaction, in three statements
 * for any number. Two that replay the same letter at once: the second waits for the first's row locks and finds nothing, so an event
 * enters once. Index: the primary keys.
 */
export async function replayDeadLetters(transaction: Database, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const letters = await transaction.query<{ id: Buffer; body: Buffer }[]>(
    'SELECT id, body FROM dead_letter WHERE id IN (?) ORDER BY id FOR UPDATE',
    [ids.map(toBytes)],
  )
  if (letters.length === 0) return []
  const found = letters.map((letter) => letter.id)
  await transaction.query(
    `INSERT INTO inbox (partition_no, id, source_id, received_at, body)
     SELECT chosen.partition_no, d.id, d.source_id, d.received_at, d.body
       FROM dead_letter d
       JOIN (${letters.map(() => 'SELECT ? AS id, ? AS partition_no').join(' UNION ALL ')}) AS chosen ON chosen.id = d.id
      ORDER BY chosen.partition_no, d.id`,
    letters.flatMap(({ id, body }) => [id, partitionFor(toId(id), body)]),
  )
  await transaction.query('DELETE FROM dead_letter WHERE id IN (?)', [found])
  return found.map(toId)
}

/**
 * Deletes the letters with these ids and returns the ids that were there. Runs inside the caller's transaction, so that one that somebody
 * replays meanwhile is not reported twice. Index: the primary key.
 */
export async function discardDeadLetters(transaction: Database, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const letters = await transaction.query<{ id: Buffer }[]>(
    'SELECT id FROM dead_letter WHERE id IN (?) ORDER BY id FOR UPDATE',
    [ids.map(toBytes)],
  )
  if (letters.length > 0) {
    await transaction.query('DELETE FROM dead_letter WHERE id IN (?)', [letters.map((letter) => letter.id)])
  }
  return letters.map((letter) => toId(letter.id))
}

/** As the collector chose it; a body that is no envelope any more goes anywhere, to fail again with its reason. */
function partitionFor(eventId: string, body: Buffer): number {
  try {
    return partitionOf(JSON.parse(body.toString('utf8')) as Envelope)
  } catch {
    return partitionOf({ eventId, identities: [] })
  }
}
