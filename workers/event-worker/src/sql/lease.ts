// Who drains which partitions. All times are the database's: no process's clock decides.
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise'

/** A partition held by a worker; `epoch` rises with each change of owner. */
export interface Lease {
  partition: number
  epoch: number
  /** How often it was taken from a worker that had vanished with events in it, since a batch of it was last finished. */
  takeovers: number
}

/** Says that this worker lives for another `seconds`. */
export async function announce(connection: Connection, worker: string, seconds: number): Promise<void> {
  await connection.query(
    `INSERT INTO event_worker (id, expires_at) VALUES (?, UTC_TIMESTAMP(3) + INTERVAL ? SECOND)
     ON DUPLICATE KEY UPDATE expires_at = VALUES(expires_at)`,
    [worker, seconds],
  )
}

/** How many workers live; forgets those that died long ago. */
export async function countLivingWorkers(connection: Connection): Promise<number> {
  await connection.query('DELETE FROM event_worker WHERE expires_at < UTC_TIMESTAMP(3) - INTERVAL 1 MINUTE')
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT COUNT(*) AS n FROM event_worker WHERE expires_at > UTC_TIMESTAMP(3)',
  )
  return Number(rows[0]?.['n'] ?? 1)
}

/**
 * Extends this worker's leases, also those that ran out but that nobody took, and returns all of them. Rows locked by a batch of this worker are
 * left out: the fence extends those. Waiting for them would hold the other lanes' rows meanwhile.
 */
export async function renew(connection: Connection, worker: string, seconds: number): Promise<Lease[]> {
  await connection.beginTransaction()
  try {
    const [idle] = await connection.query<RowDataPacket[]>(
      'SELECT partition_no FROM partition_lease WHERE owner = ? FOR UPDATE SKIP LOCKED',
      [worker],
    )
    await extend(
      connection,
      idle.map((row) => row['partition_no']),
      seconds,
    )
    await connection.commit()
  } catch (error) {
    await connection.rollback()
    throw error
  }
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT partition_no, epoch, takeovers FROM partition_lease WHERE owner = ? ORDER BY partition_no',
    [worker],
  )
  return rows.map(leaseOf)
}

/** Extends leases whose rows this transaction has locked. */
async function extend(tx: Connection, partitions: number[], seconds: number, innocent = false): Promise<void> {
  if (partitions.length === 0) return
  await tx.query(
    `UPDATE partition_lease SET expires_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND
       ${innocent ? ', takeovers = 0, trying = NULL, tries = 0' : ''}
     WHERE partition_no IN (?)`,
    [seconds, partitions],
  )
}

/**
 * Takes up to `limit` partitions that nobody holds or whose lease ran out, in one transaction. SKIP LOCKED leaves out partitions that another
 * worker takes now, and those inside a transaction of their owner: that one is alive, or its connection will soon time out. A worker that ends
 * in order leaves no owner, so an owner here has vanished: that counts, unless the partition is empty, for then no event of it can be why.
 */
export async function take(connection: Connection, worker: string, seconds: number, limit: number): Promise<void> {
  await connection.beginTransaction()
  try {
    const [free] = await connection.query<RowDataPacket[]>(
      `SELECT partition_no,
         CASE WHEN NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.partition_no = partition_lease.partition_no) THEN 0
              ELSE LEAST(takeovers + (owner IS NOT NULL), 255) END AS takeovers
       FROM partition_lease WHERE owner IS NULL OR expires_at < UTC_TIMESTAMP(3)
       ORDER BY partition_no LIMIT ? FOR UPDATE SKIP LOCKED`,
      [limit],
    )
    if (free.length > 0) {
      const partitions = free.map((row) => row['partition_no'])
      await connection.query(
        `UPDATE partition_lease SET owner = ?, epoch = epoch + 1, expires_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND,
           takeovers = ELT(FIELD(partition_no, ?), ?)
         WHERE partition_no IN (?)`,
        [worker, seconds, partitions, free.map((row) => Number(row['takeovers'])), partitions],
      )
    }
    await connection.commit()
  } catch (error) {
    await connection.rollback()
    throw error
  }
}

/** Gives partitions back. Waits for a batch that is still writing to one of them. */
export async function release(connection: Connection, worker: string, partitions: number[]): Promise<void> {
  if (partitions.length === 0) return
  await connection.query('UPDATE partition_lease SET owner = NULL WHERE owner = ? AND partition_no IN (?)', [
    worker,
    partitions,
  ])
}

/** This worker ends: others share its partitions at once. */
export async function retire(connection: Connection, worker: string): Promise<void> {
  await connection.query('UPDATE partition_lease SET owner = NULL WHERE owner = ?', [worker])
  await connection.query('DELETE FROM event_worker WHERE id = ?', [worker])
}

/**
 * Notes, before an event is tried alone, that it is, and returns how often it has been so far; undefined when the lease is somebody else's.
 * Committed at once: it has to outlive this process.
 */
export async function noteTrial(
  connection: Connection,
  worker: string,
  { partition, epoch }: Lease,
  id: Buffer,
): Promise<number | undefined> {
  // `tries` first: assignments see those before them.
  const [noted] = await connection.query<ResultSetHeader>(
    `UPDATE partition_lease SET tries = IF(trying = ?, LEAST(tries + 1, 255), 1), trying = ?
     WHERE partition_no = ? AND owner = ? AND epoch = ?`,
    [id, id, partition, worker, epoch],
  )
  if (noted.affectedRows === 0) return undefined
  const [rows] = await connection.query<RowDataPacket[]>('SELECT tries FROM partition_lease WHERE partition_no = ?', [
    partition,
  ])
  return Number(rows[0]?.['tries']) - 1
}

/**
 * The fence: locks these partitions' leases until the commit, extends them, and says which of them this worker holds, and the time. Nobody takes
 * a lease over while its row is locked, so effects are written by its owner or not at all. With `innocent` the commit also forgets earlier
 * takeovers: what ended those workers is not there any more.
 */
export async function fence(
  tx: Connection,
  worker: string,
  partitions: number[],
  seconds: number,
  innocent: boolean,
): Promise<{ leases: Lease[]; now: number }> {
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT partition_no, epoch, takeovers, UTC_TIMESTAMP(3) AS now FROM partition_lease WHERE partition_no IN (?) AND owner = ?
     ORDER BY partition_no FOR UPDATE`,
    [partitions, worker],
  )
  const leases = rows.map(leaseOf)
  await extend(
    tx,
    leases.map((lease) => lease.partition),
    seconds,
    innocent,
  )
  return { leases, now: rows[0]?.['now'].getTime() ?? 0 }
}

function leaseOf(row: RowDataPacket): Lease {
  return { partition: row['partition_no'], epoch: Number(row['epoch']), takeovers: Number(row['takeovers']) }
}
