// DDL of the partitions. Names and bounds are made by us; nothing here comes from outside.
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { firstIdOf, partitionName, type Month } from '../months.js'

/** Names of a table's partitions, in order. */
export async function selectPartitions(connection: Connection, table: string): Promise<string[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT partition_name AS name FROM information_schema.partitions
     WHERE table_schema = DATABASE() AND table_name = ? ORDER BY partition_ordinal_position`,
    [table],
  )
  return rows.map((row) => row['name'])
}

/** Splits months off the last, open partition. Fast while that one is empty, which it is as long as this runs once a month. */
export async function addPartitions(connection: Connection, table: string, months: Month[]): Promise<void> {
  const parts = months.map(
    (month) => `PARTITION ${partitionName(month)} VALUES LESS THAN (x'${firstIdOf(month + 1).toString('hex')}')`,
  )
  await connection.query(
    `ALTER TABLE ?? REORGANIZE PARTITION p_later INTO (${parts.join(', ')}, PARTITION p_later VALUES LESS THAN (MAXVALUE))`,
    [table],
  )
}

/** Removes months with all their rows, whatever their number, at once. */
export async function dropPartitions(connection: Connection, table: string, months: Month[]): Promise<void> {
  await connection.query(`ALTER TABLE ?? DROP PARTITION ${months.map(partitionName).join(', ')}`, [table])
}
