// The private database of a bench: fully durable, gone afterwards, its settings printed beside the figures.
import { mkdirSync, mkdtempSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { startPrivateDatabase, type PrivateDatabase } from '@segue/private-database'
import type { Connection, RowDataPacket } from 'mysql2/promise'

/** The project's folder, as seen from the compiled benches. */
export const root = join(import.meta.dirname, '../../..')

/** Starts a durable server with this much memory for pages and this much redo log. */
export function startBenchDatabase(size: { bufferPoolMb: number; redoLogMb: number }): Promise<PrivateDatabase> {
  const scratch = join(root, '.segue/test')
  mkdirSync(scratch, { recursive: true })
  return startPrivateDatabase({
    folder: mkdtempSync(join(scratch, 'bench-')),
    cacheFolder: join(root, '.segue/mariadb'),
    port: 0,
    durability: 'full',
    ...size,
    temporary: true,
  })
}

/** Prints how durable the server is and on which machine; `about` says what this bench adds. */
export async function printSettings(connection: Connection, about: string): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT @@version AS version, @@innodb_flush_log_at_trx_commit AS flush_log_at_trx_commit, @@innodb_doublewrite AS doublewrite,
       @@innodb_buffer_pool_size DIV 1048576 AS buffer_pool_mb, @@innodb_log_file_size DIV 1048576 AS redo_log_mb, @@log_bin AS log_bin`,
  )
  console.log('durability:', JSON.stringify(rows[0]))
  console.log(`machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}${about}`)
}
