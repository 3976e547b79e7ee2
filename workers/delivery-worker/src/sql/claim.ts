// Finds deliveries that are due and claims them. All times are the database's.
import type { JsonObject } from '@segue/outgoing'
import type { Connection, Pool, ResultSetHeader, RowDataPacket } from 'mysql2/promise'

/** Somebody sends a leased row now. Its `next_at` is the lease's end, unless a person wants it to be sent at once. */
const FREE = '(lease_until IS NULL OR lease_until <= UTC_TIMESTAMP(3))'
const DUE = `state = 'queued' AND next_at <= UTC_TIMESTAMP(3) AND ${FREE}`

/** A delivery that may be claimed. */
export interface DueDelivery {
  id: Buffer
  destination: string
  /** Its time is over: without another attempt when its destination does not work now. */
  expired: boolean
}

function dueOf(row: RowDataPacket): DueDelivery {
  return { id: row['id'], destination: row['destination'], expired: row['expired'] === 1 }
}

const COLUMNS = 'id, destination, COALESCE(give_up_at <= UTC_TIMESTAMP(3), 0) AS expired'

/** The deliveries that are due longest. Locks nothing. Index: ready; what is claimed, put off or finished is not in its range. */
export async function selectDue(pool: Pool, limit: number): Promise<DueDelivery[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT ${COLUMNS} FROM delivery FORCE INDEX (ready) WHERE ${DUE} ORDER BY next_at, id LIMIT ?`,
    [limit],
  )
  return rows.map(dueOf)
}

/**
 * Destinations that have something due, whatever is due to others: for when one of them fills the head of the queue. Index: of_destination, one dive into
 * it for each destination there ever was, and one to see whether something is due.
 */
export async function selectDueDestinations(pool: Pool): Promise<string[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `WITH RECURSIVE place AS (
       SELECT MIN(destination) AS destination FROM delivery
       UNION ALL
       SELECT (SELECT MIN(d.destination) FROM delivery d WHERE d.destination > place.destination)
       FROM place WHERE place.destination IS NOT NULL
     )
     SELECT destination FROM place WHERE destination IS NOT NULL AND EXISTS (
       SELECT 1 FROM delivery x WHERE x.destination = place.destination AND x.next_at <= UTC_TIMESTAMP(3)
     )`,
  )
  return rows.map((row) => row['destination'])
}

/** The deliveries to each of some destinations that are due longest, in one statement. Locks nothing. Index: of_destination, one short scan each. */
export async function selectDueOf(
  pool: Pool,
  wanted: { destination: string; limit: number }[],
): Promise<DueDelivery[]> {
  if (wanted.length === 0) return []
  const [rows] = await pool.query<RowDataPacket[]>(
    wanted
      .map(
        () =>
          `(SELECT ${COLUMNS} FROM delivery FORCE INDEX (of_destination) WHERE destination = ? AND ${DUE} ORDER BY next_at, id LIMIT ?)`,
      )
      .join(' UNION ALL '),
    wanted.flatMap(({ destination, limit }) => [destination, limit]),
  )
  return rows.map(dueOf)
}

/** A delivery that this worker holds. */
export interface ClaimedDelivery extends DueDelivery {
  transport: string
  delayedEventId: Buffer | null
  workflowId: Buffer | null
  profileId: Buffer | null
  request: JsonObject
  requiredConsents: string[]
  /** Made so far. */
  attempts: number
  /** The failure of the last one. */
  error: JsonObject | null
  /** Milliseconds until a failed attempt is the last one. */
  giveUpInMs: number
}

/**
 * Claims those of the deliveries that nobody else has claimed meanwhile; `owner` is unlike that of any other claim, so that what this one
 * writes later can be told from what others do. Short; whoever meets here passes over the other's rows (SKIP LOCKED). Index: primary key.
 */
export async function claim(
  tx: Connection,
  ids: Buffer[],
  { owner, leaseMs, giveUpMs }: { owner: string; leaseMs: number; giveUpMs: number },
): Promise<ClaimedDelivery[]> {
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT ${COLUMNS}, transport, delayed_event_id, workflow_id, profile_id, request, required_consents, attempts, error,
       COALESCE(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), give_up_at) / 1000, ?) AS give_up_in
     FROM delivery FORCE INDEX (PRIMARY) WHERE id IN (?) AND ${DUE} ORDER BY id FOR UPDATE SKIP LOCKED`,
    [giveUpMs, ids],
  )
  if (rows.length === 0) return []
  // Due again when the lease ends. Assignments see those before them: next_at is given the new lease.
  await tx.query(
    `UPDATE delivery SET lease_owner = ?, lease_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND, next_at = lease_until,
       give_up_at = COALESCE(give_up_at, UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND)
     WHERE id IN (?)`,
    [owner, leaseMs * 1000, giveUpMs * 1000, rows.map((row) => row['id'])],
  )
  return rows.map((row) => ({
    ...dueOf(row),
    transport: row['transport'],
    delayedEventId: row['delayed_event_id'],
    workflowId: row['workflow_id'],
    profileId: row['profile_id'],
    request: JSON.parse(row['request']),
    requiredConsents: row['required_consents'] === null ? [] : JSON.parse(row['required_consents']),
    attempts: row['attempts'],
    error: row['error'] === null ? null : JSON.parse(row['error']),
    giveUpInMs: Number(row['give_up_in']),
  }))
}

/** Extends leases that this worker still has. Index: primary key. */
export async function renew(pool: Pool, held: { id: Buffer; owner: string }[], leaseMs: number): Promise<void> {
  if (held.length === 0) return
  await pool.query(
    `UPDATE delivery SET lease_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND, next_at = lease_until
     WHERE id IN (?) AND lease_owner IN (?) AND state = 'queued'`,
    [leaseMs * 1000, held.map(({ id }) => id), [...new Set(held.map(({ owner }) => owner))]],
  )
}

/**
 * Puts off what is due to destinations that do not work, without an attempt; what is beyond its time stays, to be given up. Returns how many. Index:
 * of_destination; in portions, so that a claim of another worker never waits long for a row.
 */
export async function putOff(
  pool: Pool,
  destinations: { destination: string; ms: number }[],
  { giveUpMs, limit }: { giveUpMs: number; limit: number },
): Promise<number> {
  if (destinations.length === 0) return 0
  const [result] = await pool.query<ResultSetHeader>(
    `UPDATE delivery FORCE INDEX (of_destination)
     SET next_at = UTC_TIMESTAMP(3) + INTERVAL (CASE destination ${destinations.map(() => 'WHEN ? THEN ?').join(' ')} END) MICROSECOND,
       give_up_at = COALESCE(give_up_at, UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND)
     WHERE destination IN (?) AND ${DUE} AND (give_up_at IS NULL OR give_up_at > UTC_TIMESTAMP(3)) LIMIT ?`,
    [
      ...destinations.flatMap(({ destination, ms }) => [destination, Math.ceil(ms * 1000)]),
      giveUpMs * 1000,
      destinations.map(({ destination }) => destination),
      limit,
    ],
  )
  return result.affectedRows
}
