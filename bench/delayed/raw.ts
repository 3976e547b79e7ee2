// The limit to compare with: the rows that resuming wrote and deleted, once more by batched statements that think nothing.
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise'

const BATCH = 256
/** As many as a scheduler worker has. */
const CONNECTIONS = 2

/** Everything that resuming reads, changes or deletes, and `activity`, to which it may add. */
const TABLES = ['profile', 'workflow_run', 'run_state', 'delayed_event', 'activity'] as const

/** Copies these tables' rows, as they are before resuming, into a database with the same schema. */
export async function copyTables(pool: Pool, from: string, to: string): Promise<void> {
  for (const table of TABLES) {
    await pool.query(`DELETE FROM ${to}.${table}`)
    await pool.query(`INSERT INTO ${to}.${table} SELECT * FROM ${from}.${table}`)
  }
  // As tables are known that were not filled a moment ago: else a plan may walk through all of one.
  for (const database of [from, to])
    await pool.query(`ANALYZE TABLE ${TABLES.map((table) => `${database}.${table}`).join(', ')}`)
}

interface Material {
  columns: Record<string, string[]>
  /** By id in hex, as they are after resuming. */
  profiles: Map<string, unknown[]>
  runs: Map<string, unknown[]>
  /** Ids of what is to be done, in the order in which it fell due. */
  due: { id: Buffer; runId: Buffer; profileId: Buffer }[]
}

/** What is to be written: `after` is the database in which it was resumed, `before` the copy. */
export async function readMaterial(after: Pool, before: Pool): Promise<Material> {
  const columns: Record<string, string[]> = {}
  const byId = async (table: string): Promise<Map<string, unknown[]>> => {
    const [rows] = await after.query<RowDataPacket[]>(`SELECT * FROM ${table}`)
    columns[table] = Object.keys(rows[0] ?? {})
    return new Map(rows.map((row) => [row['id'].toString('hex'), Object.values(row)]))
  }
  const [rows] = await before.query<RowDataPacket[]>(
    `SELECT d.id, d.run_id, r.profile_id FROM delayed_event d JOIN run_state r ON r.run_id = d.run_id ORDER BY d.due_at, d.id`,
  )
  return {
    profiles: await byId('profile'),
    runs: await byId('workflow_run'),
    columns,
    due: rows.map((row) => ({ id: row['id'], runId: row['run_id'], profileId: row['profile_id'] })),
  }
}

/** Does it all over two connections. Returns rows a second. */
export async function writeRaw(pool: Pool, material: Material): Promise<number> {
  const batches = Array.from({ length: Math.ceil(material.due.length / BATCH) }, (_, i) =>
    material.due.slice(i * BATCH, (i + 1) * BATCH),
  ).values()
  const began = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const connection = await pool.getConnection()
      // All take from the one list.
      for (const batch of batches) await writeUntilItWorks(connection, material, batch)
      connection.release()
    }),
  )
  return material.due.length / ((performance.now() - began) / 1000)
}

/** Two batches may meet at neighbouring entries of an index, as those of a worker do: tried again. */
async function writeUntilItWorks(
  connection: PoolConnection,
  material: Material,
  batch: Material['due'],
): Promise<void> {
  try {
    await writeBatch(connection, material, batch)
  } catch (error) {
    if ((error as { errno?: number }).errno !== 1213) throw error
    await connection.rollback()
    await writeUntilItWorks(connection, material, batch)
  }
}

async function writeBatch(connection: PoolConnection, material: Material, batch: Material['due']): Promise<void> {
  const sorted = (ids: Buffer[]): Buffer[] => ids.toSorted(Buffer.compare)
  const [ids, runIds, profileIds] = [
    sorted(batch.map(({ id }) => id)),
    sorted(batch.map(({ runId }) => runId)),
    sorted(batch.map(({ profileId }) => profileId)),
  ]
  await connection.beginTransaction()
  await connection.query('SELECT * FROM profile WHERE id IN (?) ORDER BY id FOR UPDATE', [profileIds])
  await connection.query('SELECT * FROM run_state WHERE run_id IN (?) ORDER BY run_id FOR UPDATE', [runIds])
  await connection.query('SELECT * FROM delayed_event WHERE id IN (?) ORDER BY id FOR UPDATE', [ids])
  const rowsOf = (rows: Map<string, unknown[]>, keys: Buffer[]): unknown[][] =>
    keys.flatMap((key) => [rows.get(key.toString('hex')) ?? []])
  await upsert(connection, 'profile', material.columns['profile'] ?? [], rowsOf(material.profiles, profileIds))
  await upsert(connection, 'workflow_run', material.columns['workflow_run'] ?? [], rowsOf(material.runs, runIds))
  await connection.query('DELETE FROM run_state WHERE run_id IN (?)', [runIds])
  await connection.query('DELETE FROM delayed_event WHERE id IN (?)', [ids])
  await connection.commit()
}

async function upsert(connection: PoolConnection, table: string, columns: string[], rows: unknown[][]): Promise<void> {
  // Prepared, in the sizes the pipeline prepares: the quickest way this driver has.
  for (const size of [256, 128, 64, 32, 1]) {
    while (rows.length >= size) {
      const part = rows.splice(0, size)
      const row = `(${columns.map(() => '?').join(', ')})`
      await connection.execute(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${part.map(() => row).join(', ')} ON DUPLICATE KEY UPDATE ${columns
          .slice(1)
          .map((column) => `${column} = VALUES(${column})`)
          .join(', ')}`,
        part.flat() as (string | number | Buffer | Date | null)[],
      )
    }
  }
}
