// The limit to compare with: the rows that the pipeline wrote, written again by batched statements and nothing else.
import type { Pool, PoolConnection, RowDataPacket } from 'mysql2/promise'

const BATCH = 512

/** The tables an event touches, and how each is written. `perBatch`: one row an event; the others once a batch and key. */
const INSERTED = ['event_key', 'event', 'workflow_run', 'activity'] as const

interface Material {
  /** Rows by table, in the order in which they were written. */
  inserted: Record<(typeof INSERTED)[number], unknown[][]>
  columns: Record<string, string[]>
  profiles: Map<string, unknown[]>
  sessions: Map<string, unknown[]>
  /** For each event: whose and in which session, as hex. */
  events: { profile: string; session: string }[]
  inbox: unknown[][]
}

/** Reads what the pipeline wrote. `inbox` is what it was given. */
export async function readMaterial(pool: Pool, inbox: unknown[][]): Promise<Material> {
  const columns: Record<string, string[]> = {}
  const read = async (table: string, order: string): Promise<unknown[][]> => {
    const [rows] = await pool.query<RowDataPacket[]>(`SELECT * FROM ${table} ORDER BY ${order}`)
    columns[table] = Object.keys(rows[0] ?? {})
    return rows.map((row) => Object.values(row))
  }
  const keyed = (rows: unknown[][]): Map<string, unknown[]> =>
    new Map(rows.map((row): [string, unknown[]] => [(row[0] as Buffer).toString('hex'), row]))
  const inserted = {
    event_key: await read('event_key', 'message_time'),
    event: await read('event', 'id'),
    workflow_run: await read('workflow_run', 'id'),
    activity: await read('activity', 'ref'),
  }
  const profiles = keyed(await read('profile', 'id'))
  const sessions = keyed(await read('session', 'id'))
  const events = inserted.event.map((row) => ({
    profile: (row[1] as Buffer).toString('hex'),
    session: (row[3] as Buffer).toString('hex'),
  }))
  return { inserted, columns, profiles, sessions, events, inbox }
}

/** Writes the material into an empty database over `connections`, a batch a transaction. Returns events a second. */
export async function writeRaw(pool: Pool, material: Material, connections: number): Promise<number> {
  for (let i = 0; i < material.inbox.length; i += 1000) {
    await pool.query('INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES ?', [
      material.inbox.slice(i, i + 1000),
    ])
  }
  // Each connection has people of its own, as lanes and workers have: otherwise two batches would wait for each other's profiles.
  const shares = Array.from({ length: connections }, (_, share) =>
    material.events.filter((event) => Number.parseInt(event.profile.slice(-2), 16) % connections === share),
  )
  const written = { rows: 0 }
  const began = performance.now()
  await Promise.all(
    shares.map(async (share) => {
      const connection = await pool.getConnection()
      for (let i = 0; i < share.length; i += BATCH) {
        await writeBatch(connection, material, share.slice(i, i + BATCH), written)
      }
      connection.release()
    }),
  )
  return material.events.length / ((performance.now() - began) / 1000)
}

/** `written` counts over all connections: which rows of the plain inserts come next does not matter, as long as each comes once. */
async function writeBatch(
  connection: PoolConnection,
  material: Material,
  events: Material['events'],
  written: { rows: number },
): Promise<void> {
  const [from, to] = [written.rows, written.rows + events.length]
  written.rows = to
  const profiles = [...new Set(events.map((event) => event.profile))].sort()
  const sessions = [...new Set(events.map((event) => event.session))].sort()
  await connection.beginTransaction()
  await connection.query('SELECT * FROM profile WHERE id IN (?) ORDER BY id FOR UPDATE', [
    profiles.map((id) => Buffer.from(id, 'hex')),
  ])
  const { inserted, inbox } = material
  await insert(connection, material, 'event_key', inserted.event_key.slice(from, to))
  const rowsOf = (rows: Map<string, unknown[]>, ids: string[]): unknown[][] => ids.flatMap((id) => [rows.get(id) ?? []])
  await upsert(connection, material, 'profile', rowsOf(material.profiles, profiles))
  await upsert(connection, material, 'session', rowsOf(material.sessions, sessions))
  await insert(connection, material, 'event', inserted.event.slice(from, to))
  await insert(connection, material, 'workflow_run', inserted.workflow_run.slice(from, to))
  await insert(connection, material, 'activity', inserted.activity.slice(2 * from, 2 * to))
  const byPartition = groupByPartition(inbox.slice(from, to))
  await connection.query(
    `DELETE FROM inbox WHERE ${[...byPartition].map(() => '(partition_no = ? AND id IN (?))').join(' OR ')}`,
    [...byPartition].flat(),
  )
  await connection.commit()
}

async function insert(
  connection: PoolConnection,
  material: Material,
  table: string,
  rows: unknown[][],
  then = '',
): Promise<void> {
  const columns = material.columns[table] ?? []
  // Prepared, in the sizes the pipeline prepares: the quickest way this driver has.
  for (const size of [512, 256, 128, 64, 32, 1]) {
    while (rows.length >= size) {
      const part = rows.splice(0, size)
      const row = `(${columns.map(() => '?').join(', ')})`
      await connection.execute(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${part.map(() => row).join(', ')} ${then}`,
        part.flat() as (string | number | Buffer | Date | null)[],
      )
    }
  }
}

async function upsert(connection: PoolConnection, material: Material, table: string, rows: unknown[][]): Promise<void> {
  const columns = material.columns[table] ?? []
  await insert(
    connection,
    material,
    table,
    rows,
    `ON DUPLICATE KEY UPDATE ${columns
      .slice(1)
      .map((column) => `${column} = VALUES(${column})`)
      .join(', ')}`,
  )
}

function groupByPartition(inbox: unknown[][]): Map<unknown, unknown[]> {
  const groups = new Map<unknown, unknown[]>()
  for (const [partition, id] of inbox) groups.set(partition, [...(groups.get(partition) ?? []), id])
  return groups
}
