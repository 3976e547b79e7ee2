// What people give to Agenda: the repository, the notification channel and the job log over one set of connections.
import type { AgendaBackend } from 'agenda'
import { Database, type AnyConnection, type ConnectionSource } from './database.js'
import { AgendaMySqlError } from './errors.js'
import { MySqlJobLogger } from './job-logger.js'
import { MySqlNotificationChannel } from './notification-channel.js'
import { MySqlJobRepository } from './repository.js'
import { tablesOf } from './sql/schema.js'

/** Settings of the backend. One of `pool`, `connectionString` and `poolConfig` says where the database is. */
export interface MySqlBackendConfig extends ConnectionSource {
  /** Begins the names of the three tables: `<prefix>jobs`, `<prefix>notifications`, `<prefix>logs`. Default: `agenda_`. */
  tablePrefix?: string
  /** Create the tables on connect when they are missing (default). `false` when your migrations run `agendaSchema()`. */
  ensureSchema?: boolean
  /** The most jobs that one claim takes from the database, 1 to 1000. Default: 200; 1 claims each job on its own. */
  prefetch?: number
  /** Tell other processes about new jobs and job states through a table (see the README for what it costs). Default: `false`. */
  notifications?: boolean | { pollIntervalMs?: number }
}

/**
 * Agenda on MySQL 8 or MariaDB 10.6 and newer.
 *
 * ```ts
 * const agenda = new Agenda({ backend: new MySqlBackend({ connectionString: 'mysql://user:password@host/database' }) })
 * ```
 * @throws AgendaMySqlError NO_CONNECTION_GIVEN, BAD_TABLE_PREFIX, BAD_PREFETCH
 */
export class MySqlBackend implements AgendaBackend {
  readonly name = 'MySQL'
  readonly repository: MySqlJobRepository
  readonly notificationChannel: MySqlNotificationChannel | undefined
  readonly logger: MySqlJobLogger
  private readonly database: Database

  constructor(config: MySqlBackendConfig) {
    const { tablePrefix = 'agenda_', ensureSchema = true, prefetch = 200, notifications = false } = config
    if (!Number.isInteger(prefetch) || prefetch < 1 || prefetch > 1000) {
      throw new AgendaMySqlError('BAD_PREFETCH', { prefetch })
    }
    const tables = tablesOf(tablePrefix)
    this.database = new Database(config)
    this.repository = new MySqlJobRepository(this.database, { tablePrefix, tables, ensureSchema, prefetch })
    this.logger = new MySqlJobLogger({ database: this.database, tablePrefix, ensureSchema: false })
    if (notifications) {
      this.notificationChannel = new MySqlNotificationChannel({
        database: this.database,
        tablePrefix,
        ensureSchema: false,
        ...(typeof notifications === 'object' && notifications),
      })
    }
  }

  /** Whether Agenda's stop() ends the connections: not when they came as a `pool`. */
  get ownsConnection(): boolean {
    return this.database.ownsConnection
  }

  /**
   * Connects and creates missing tables. Waits up to half a minute for a database that is coming up; rejects at once
   * when it answers but refuses.
   */
  connect(): Promise<void> {
    return this.repository.connect()
  }

  async disconnect(): Promise<void> {
    await this.notificationChannel?.disconnect()
    await this.logger.idle()
    await this.repository.disconnect()
  }

  /**
   * Everything that `work` saves, changes, removes or reads through Agenda runs on `connection`, inside the transaction
   * that you began on it: it becomes visible with your commit and is gone with your rollback.
   *
   * ```ts
   * await connection.beginTransaction()
   * await connection.query('INSERT INTO orders …')
   * await backend.withTransaction(connection, () => agenda.now('send receipt', { order }))
   * await connection.commit()
   * ```
   * Await everything inside the callback, and start Agenda outside of it. Running jobs is not affected: claims and states
   * of runs never take part in your transaction.
   */
  withTransaction<T>(connection: AnyConnection, work: () => Promise<T>): Promise<T> {
    return this.repository.withTransaction(connection, work)
  }
}
