// Connections: a mysql2 pool for hand-written SQL, a TypeORM data source for ordinary reads and writes; same settings for both.
import mysql2 from 'mysql2'
import { createPool, type Pool, type PoolOptions } from 'mysql2/promise'
import { DataSource } from 'typeorm'
import { ENTITIES } from './entities/index.js'

export interface DatabaseOptions {
  /** mysql://user:password@host:port/database */
  url: string
  /** Most connections at once. */
  connections: number
  /**
   * Seconds after which the server ends a connection that is idle, or stuck in the middle of a statement or an answer. A frozen worker cannot
   * hold its locks longer than this; unset for processes that hold none.
   */
  idleTimeoutSeconds?: number
  /** For a process that writes JSON columns only with JSON it has just made: MariaDB then does not parse each value again. */
  trustsOwnJson?: true
}

/** A pool: UTC, READ COMMITTED (no gap locks: workers on neighbouring keys do not meet), dates as Date, JSON as text. */
export function connect({ url, connections, idleTimeoutSeconds, trustsOwnJson }: DatabaseOptions): Pool {
  const options: PoolOptions = {
    uri: url,
    connectionLimit: connections,
    timezone: 'Z',
    charset: 'utf8mb4_unicode_ci',
    // MariaDB sends JSON as text, MySQL as JSON: text from both, parsed where it is used.
    jsonStrings: true,
    supportBigNumbers: true,
    enableKeepAlive: true,
    // A row count must say what matched, not what changed: fencing compares it.
    flags: ['FOUND_ROWS'],
  }
  const pool = createPool(options)
  const settings = [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION time_zone = '+00:00'`,
    // Whatever the server's own: nothing is cut or zeroed in silence, and values are escaped with backslashes, as the driver does.
    `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
    ...(idleTimeoutSeconds ? [timeouts(Math.ceil(idleTimeoutSeconds))] : []),
    // A comment to MySQL, whose JSON type has no such check to leave out.
    ...(trustsOwnJson ? ['SET SESSION sql_safe_updates = 0 /*M! , check_constraint_checks = 0 */'] : []),
  ]
  // The first statements of a new connection go out before whatever its first user sends. A failure closes the connection and
  // surfaces to that user.
  pool.pool.on('connection', (connection) => {
    for (const statement of settings) connection.query(statement, (error) => error && connection.destroy())
  })
  return pool
}

function timeouts(seconds: number): string {
  return `SET SESSION wait_timeout = ${seconds}, net_read_timeout = ${seconds}, net_write_timeout = ${seconds}`
}

/** TypeORM over the same tables, for subgraphs and migrations. Not initialized. */
export function dataSource({ url, connections }: DatabaseOptions): DataSource {
  return new DataSource({
    type: 'mysql',
    // Left to itself TypeORM asks for it by name, which in bundled code is another copy, loaded once more.
    driver: mysql2,
    url,
    entities: ENTITIES,
    synchronize: false,
    timezone: 'Z',
    charset: 'utf8mb4_unicode_ci',
    supportBigNumbers: true,
    poolSize: connections,
    extra: { jsonStrings: false },
  })
}
