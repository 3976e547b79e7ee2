// Agenda's JobLogger: what happened to which job, in a table.
import type { JobLogEntry, JobLogger, JobLogQuery, JobLogQueryResult } from 'agenda'
import { Database, type ConnectionSource } from './database.js'
import { GroupCommit } from './group-commit.js'
import { deleteLogEntries, insertLogEntries, readLogEntries } from './sql/log-entries.js'
import { logs, tablesOf } from './sql/schema.js'

/** Settings of a logger that stands beside another backend; MySqlBackend brings its own. */
export interface MySqlJobLoggerOptions extends ConnectionSource {
  /** Default: `agenda_`; the table is `<prefix>logs`. */
  tablePrefix?: string
  /** Default: `true`. */
  ensureSchema?: boolean
}

/** Entries that come while a write is under way share the next one. */
export class MySqlJobLogger implements JobLogger {
  private readonly database: Database
  private readonly ownsDatabase: boolean
  private readonly table: string
  private readonly ensureSchema: boolean
  private readonly entries: GroupCommit<Omit<JobLogEntry, '_id'>, true>
  private opening: Promise<void> | undefined

  constructor(
    options: MySqlJobLoggerOptions | (Omit<MySqlJobLoggerOptions, keyof ConnectionSource> & { database: Database }),
  ) {
    this.ownsDatabase = !('database' in options)
    this.database = 'database' in options ? options.database : new Database(options)
    this.table = tablesOf(options.tablePrefix ?? 'agenda_').logs
    this.ensureSchema = options.ensureSchema ?? true
    this.entries = new GroupCommit(
      async (entries) => {
        await insertLogEntries(this.database.session, this.table, entries)
        return entries.map((): true => true)
      },
      (entry) => entry.message.length + (entry.error?.length ?? 0) + 300,
    )
  }

  async log(entry: Omit<JobLogEntry, '_id'>): Promise<void> {
    await this.open()
    await this.entries.submit(entry)
  }

  async getLogs(query: JobLogQuery = {}): Promise<JobLogQueryResult> {
    await this.open()
    return readLogEntries(this.database.session, this.table, query)
  }

  async clearLogs(query: JobLogQuery = {}): Promise<number> {
    await this.open()
    return deleteLogEntries(this.database.session, this.table, query)
  }

  /** Resolves when nothing is on its way to the database. */
  idle(): Promise<void> {
    return this.entries.idle()
  }

  /** Ends the own connections of a logger that stands alone. */
  async close(): Promise<void> {
    await this.idle()
    if (this.ownsDatabase) await this.database.close()
  }

  private open(): Promise<void> {
    if (!this.ownsDatabase) return Promise.resolve()
    this.opening ??= this.prepare()
    return this.opening
  }

  private async prepare(): Promise<void> {
    try {
      await this.database.open()
      if (this.ensureSchema) await this.database.session.change(logs(this.table))
    } catch (error) {
      this.opening = undefined
      throw error
    }
  }
}
