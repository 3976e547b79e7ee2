// A database made ready: built-ins in, partitions ahead, retention by dropping partitions.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { connect, deleteOldFeed } from '@segue/database'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../../test/setup/database.js'
import { firstIdOf, monthOf, partitionName } from './months.js'
import { keepPartitions } from './partitions.js'
import { prepareDatabase } from './prepare.js'
import { deleteOldMutationRequests } from './sql/mutation-request.js'
import { deletePastRuns } from './sql/past-runs.js'

let database: TestDatabase
let pool: Pool
beforeAll(async () => {
  database = await createTestDatabase()
  await Promise.all([prepareDatabase(database.url), prepareDatabase(database.url)])
  pool = connect({ url: database.url, connections: 2 })
})
afterAll(async () => {
  await pool.end()
  await database.close()
})

async function column(sql: string): Promise<unknown[]> {
  const [rows] = await pool.query<RowDataPacket[]>(sql)
  return rows.map((row) => Object.values(row)[0])
}

const partitions = (table: string): Promise<unknown[]> =>
  column(
    `SELECT partition_name FROM information_schema.partitions WHERE table_schema = '${database.name}' AND table_name = '${table}'
     ORDER BY partition_ordinal_position`,
  )

test('two that prepare a new database at once leave it ready, and a third finds nothing to do', async () => {
  expect(await prepareDatabase(database.url)).toEqual([])
  expect(await column('SELECT COUNT(*) FROM identity_kind')).toEqual([6])
  expect(Number((await column('SELECT COUNT(*) FROM event_type'))[0])).toBeGreaterThanOrEqual(66)
  const now = monthOf(Date.now())
  const expected = [0, 1, 2, 3].map((ahead) => partitionName(now + ahead))
  for (const table of ['event', 'workflow_run', 'activity', 'audit_entry'])
    expect(await partitions(table)).toEqual([...expected, 'p_later'])
})

test('what a migration left that was killed half-way is taken over', async () => {
  const half = await createTestDatabase()
  try {
    await prepareDatabase(half.url)
    await pool.query('DROP TABLE ??, ??', [`${half.name}.schema_migration`, `${half.name}.account`])
    expect(await prepareDatabase(half.url)).toHaveLength(8)
    expect(await column(`SELECT COUNT(*) FROM \`${half.name}\`.partition_lease`)).toEqual([16])
  } finally {
    await half.close()
  }
})

test('a long read makes a change of partitions wait, not everybody behind it', async () => {
  const fresh = await createTestDatabase()
  const others = connect({ url: fresh.url, connections: 2 })
  try {
    await prepareDatabase(fresh.url)
    await others.query(`ALTER TABLE event DROP PARTITION ${partitionName(monthOf(Date.now()) + 3)}`)
    const reader = await others.getConnection()
    await reader.beginTransaction()
    await reader.query('SELECT 1 FROM event')
    await expect(prepareDatabase(fresh.url)).rejects.toMatchObject({ code: 'ER_LOCK_WAIT_TIMEOUT' })
    await others.query('SELECT 1 FROM event')
    await reader.rollback()
    reader.release()
    await prepareDatabase(fresh.url)
  } finally {
    await others.end()
    await fresh.close()
  }
})

test('months past the retention go as whole partitions, later ones and their rows stay', async () => {
  const now = monthOf(Date.now())
  const row = (month: number): unknown[] => [firstIdOf(month), 'shop', 'page-view', new Date(), '{}', '{}']
  await pool.query('INSERT INTO event (id, source_id, type, occurred_at, properties, context) VALUES ?', [
    [row(now), row(now + 1), row(now + 2)],
  ])
  const connection = await pool.getConnection()
  const inThreeMonths = Date.UTC(Math.floor((now + 3) / 12), (now + 3) % 12, 15)
  const changes = await keepPartitions(connection, inThreeMonths, { events: 2, audit: 3 })
  connection.release()
  expect(changes.dropped).toHaveLength(3)
  expect(await partitions('event')).toEqual([
    ...[1, 2, 3, 4, 5, 6].map((ahead) => partitionName(now + ahead)),
    'p_later',
  ])
  // The audit is kept by a time of its own.
  expect((await partitions('audit_entry'))[0]).toBe(partitionName(now))
  expect(await column('SELECT HEX(id) FROM event ORDER BY id')).toEqual(
    [now + 1, now + 2].map((month) => firstIdOf(month).toString('hex').toUpperCase()),
  )
})

test('mutations that clients gave an id are forgotten after their time, others are not', async () => {
  const row = (name: string): unknown[] => [Buffer.alloc(16), name, Buffer.alloc(32), Buffer.alloc(32)]
  await pool.query(
    `INSERT INTO mutation_request (account_id, mutation, client_id_hash, input_hash, created_at)
     VALUES (?, UTC_TIMESTAMP(3) - INTERVAL 25 HOUR), (?, UTC_TIMESTAMP(3) - INTERVAL 23 HOUR)`,
    [row('old'), row('young')],
  )
  const connection = await pool.getConnection()
  expect(await deleteOldMutationRequests(connection, 24)).toBe(false)
  connection.release()
  expect(await column('SELECT mutation FROM mutation_request')).toEqual(['young'])
})

test('what there was to do is kept as jobs, and what watchers may still ask for is kept in the feed', async () => {
  expect(await column('SELECT kind FROM job ORDER BY id')).toEqual(
    expect.arrayContaining(['migrate-schema', 'keep-partitions']),
  )
  expect(await column("SELECT COUNT(*) FROM job WHERE state <> 'done'")).toEqual([0])
  await pool.query('DELETE FROM change_feed')
  const row = (minutes: number): string => `(UTC_TIMESTAMP(3) - INTERVAL ${minutes} MINUTE, x'7b7d')`
  await pool.query(`INSERT INTO change_feed (at, body) VALUES ${[30, 20, 16, 10, 1].map(row).join(', ')}`)
  const feed = { query: async <Rows>(sql: string, values?: unknown[]) => (await pool.query(sql, values))[0] as Rows }
  const minutes = (): Promise<unknown[]> =>
    column('SELECT TIMESTAMPDIFF(MINUTE, at, UTC_TIMESTAMP(3)) FROM change_feed ORDER BY seq')
  expect(await deleteOldFeed(feed, 900, 2)).toBe(true)
  expect(await deleteOldFeed(feed, 900, 2)).toBe(false)
  expect((await minutes()).map(Number)).toEqual([10, 1])
  // The newest stays: what comes after it is then known to be all.
  await pool.query('UPDATE change_feed SET at = at - INTERVAL 1 HOUR')
  expect(await deleteOldFeed(feed, 900, 100)).toBe(false)
  expect((await minutes()).map(Number)).toEqual([61])
})

test('what runs left behind is forgotten once it is of no use, what still waits is not', async () => {
  const id = (daysAgo: number, last: number): Buffer => {
    const bytes = Buffer.alloc(16, last)
    bytes.writeUIntBE(Date.now() - daysAgo * 86_400_000, 0, 6)
    return bytes
  }
  const state = (daysAgo: number, state: string, last: number): unknown[] => [id(daysAgo, last), state]
  for (const [runId, kind] of [state(100, 'failed', 1), state(100, 'waiting', 2), state(80, 'failed', 3)])
    await pool.query(
      `INSERT INTO run_state (run_id, workflow_id, version, state, updated_at, body) VALUES (?, x'00', 1, ?, NOW(), '{}')`,
      [runId, kind],
    )
  for (const [deliveryId, kind] of [state(100, 'rejected', 4), state(100, 'queued', 5), state(1, 'delivered', 6)])
    await pool.query(
      `INSERT INTO delivery (id, transport, destination, request, state, created_at) VALUES (?, 'http', 'd', '{}', ?, NOW())`,
      [deliveryId, kind],
    )
  await pool.query(
    `INSERT INTO workflow_memory (profile_id, workflow_id, node_id, key_hash, times, expires_at)
     VALUES (x'01', x'00', 'old', x'00', '[]', NOW() - INTERVAL 1 DAY), (x'01', x'00', 'young', x'00', '[]', NOW() + INTERVAL 1 DAY),
       (x'01', x'00', 'forever', x'00', '[]', NULL)`,
  )
  await pool.query(
    `INSERT INTO rate_slot (workflow_id, node_id, key_hash, next_at) VALUES (x'00', 'old', x'00', 1), (x'00', 'young', x'00', ?)`,
    [Date.now() * 1000],
  )
  const connection = await pool.getConnection()
  expect(await deletePastRuns(connection)).toBe(false)
  connection.release()
  expect(await column('SELECT CONCAT(state, ORD(SUBSTR(run_id, 16))) FROM run_state ORDER BY run_id')).toEqual([
    'waiting2',
    'failed3',
  ])
  expect(await column('SELECT state FROM delivery ORDER BY id')).toEqual(['queued', 'delivered'])
  expect(await column('SELECT node_id FROM workflow_memory ORDER BY node_id')).toEqual(['forever', 'young'])
  expect(await column('SELECT node_id FROM rate_slot')).toEqual(['young'])
})
