// The collector's database account can put events in and read what the edge has to know. Nothing else.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise'
import { createMigratedDatabase, type TestDatabase } from '../setup/database.js'
import { createCollectorAccount } from './start-collector.js'

const READABLE = ['event_source', 'event_schema', 'inbox_result']
/** Errors by which the server says no: for a table, a column, a database, a routine, or what needs a right over the whole server. */
const DENIALS = [1142, 1143, 1044, 1227, 1370, 1045, 1419, 1410]

async function expectDenied(statement: Promise<unknown>): Promise<void> {
  const error = await statement.then(
    () => undefined,
    (reason: { errno: number }) => reason.errno,
  )
  expect(DENIALS).toContain(error)
}

let database: TestDatabase
let collector: Connection
let admin: Connection
let accountUrl: string
beforeAll(async () => {
  database = await createMigratedDatabase()
  accountUrl = await createCollectorAccount(database.url)
  collector = await createConnection(accountUrl)
  admin = await createConnection(database.url)
})
afterAll(async () => {
  await collector.end()
  await admin.query('DROP USER ?@?', [new URL(accountUrl).username, '%'])
  await admin.end()
  await database.close()
})

describe('the account of a collector', () => {
  test('may append to the inbox', async () => {
    await collector.query(
      `INSERT INTO inbox (partition_no, id, source_id, received_at, body) VALUES (0, 'aaaaaaaaaaaaaaaa', 's', NOW(3), '{}')`,
    )
    await collector.query(
      `INSERT IGNORE INTO inbox (partition_no, id, source_id, received_at, body) VALUES (0, 'aaaaaaaaaaaaaaaa', 's', NOW(3), '{}')`,
    )
  })

  test('may read sources, schemas and results, and no other table', async () => {
    const [tables] = await admin.query<RowDataPacket[]>(
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
    )
    expect(tables.length).toBeGreaterThan(15)
    for (const { name } of tables) {
      const read = collector.query('SELECT * FROM ?? LIMIT 1', [name])
      if (READABLE.includes(name)) await read
      else await expectDenied(read)
    }
  })

  test('may write to no other table, and change and delete nothing', async () => {
    const [columns] = await admin.query<RowDataPacket[]>(
      `SELECT table_name AS name, MIN(column_name) AS first FROM information_schema.columns
       WHERE table_schema = DATABASE() GROUP BY table_name`,
    )
    for (const { name, first } of columns) {
      if (name !== 'inbox') await expectDenied(collector.query('INSERT INTO ?? () VALUES ()', [name]))
      await expectDenied(collector.query('UPDATE ?? SET ?? = NULL', [name, first]))
      await expectDenied(collector.query('DELETE FROM ??', [name]))
      await expectDenied(collector.query('DROP TABLE ??', [name]))
      await expectDenied(collector.query('ALTER TABLE ?? ADD COLUMN x INT', [name]))
    }
  })

  test.each([
    'CREATE TABLE mine (a INT)',
    'CREATE DATABASE mine',
    'CREATE USER mine',
    'SELECT * FROM mysql.user',
    `SELECT 'x' INTO OUTFILE '/tmp/segue-account-test'`,
    'SET GLOBAL max_connections = 5',
    'CREATE TRIGGER t BEFORE INSERT ON inbox FOR EACH ROW SET NEW.source_id = 1',
    'CREATE VIEW v AS SELECT * FROM event_source',
    'LOCK TABLES inbox WRITE',
    'TRUNCATE TABLE inbox',
    'REPLACE INTO inbox VALUES (0, 0, 0, NOW(3), 0)',
    `INSERT INTO inbox VALUES (0, 0, 0, NOW(3), 0) ON DUPLICATE KEY UPDATE source_id = 'x'`,
    'GRANT SELECT ON profile TO CURRENT_USER',
  ])('may not: %s', async (statement) => {
    await expectDenied(collector.query(statement))
  })
})
