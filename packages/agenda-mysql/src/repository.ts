// Agenda's JobRepository on MySQL and MariaDB.
import { randomBytes } from 'node:crypto'
import type {
  JobId,
  JobParameters,
  JobRepository,
  JobRepositoryOptions,
  JobsOverview,
  JobsQueryOptions,
  JobsResult,
  JobWithState,
  RemoveJobsOptions,
} from 'agenda'
import { Claims } from './claims.js'
import type { AnyConnection, Database } from './database.js'
import { GroupCommit } from './group-commit.js'
import { lockOf, repeatsByInterval, toJob, toMillis, type JobRow, type Lock } from './job-row.js'
import { JobStates } from './states.js'
import { JobWriter } from './job-writer.js'
import { lockJobAsKnown, readClock, unlockJobs } from './sql/claim.js'
import { countDue, deleteMatching, queryJobs, readJob, readNames, readOverview, setDisabled } from './sql/jobs.js'
import { agendaSchema, type Tables } from './sql/schema.js'
import { conditionOf } from './sql/selectors.js'
import { deleteJobs } from './sql/write-job.js'

/** Clocks of one machine, or of machines with NTP, differ by less; beyond it dates are carried over from one to the other. */
const SAME_CLOCK_MS = 1000

export interface RepositoryOptions {
  tablePrefix: string
  tables: Tables
  ensureSchema: boolean
  prefetch: number
}

/**
 * Stores Agenda's jobs. Locks and "due" are decided by the database's clock alone: what Agenda hands over as instants of
 * its process's clock is turned into durations.
 */
export class MySqlJobRepository implements JobRepository {
  /** How far this process's clock is ahead of the database's, in milliseconds; 0 when they agree. */
  private clockAhead = 0
  /** Begins every lock token of this process. */
  private readonly owner = randomBytes(8).toString('hex')
  private tokens = 0
  private readonly jobs: string
  private readonly writer: JobWriter
  private readonly claims: Claims
  private readonly states: JobStates
  private readonly removals: GroupCommit<string, number>

  constructor(
    private readonly database: Database,
    private readonly options: RepositoryOptions,
  ) {
    this.jobs = options.tables.jobs
    const newToken = (): string => this.newToken()
    const clockAhead = (): number => this.clockAhead
    this.writer = new JobWriter(database, this.jobs, clockAhead)
    this.claims = new Claims(database, this.jobs, options.prefetch, newToken, (theirs, ours) =>
      this.seeClock(theirs, ours),
    )
    this.states = new JobStates(database, this.jobs, this.owner, newToken, clockAhead)
    this.removals = new GroupCommit((ids) => this.removeTogether(ids))
  }

  async connect(): Promise<void> {
    await this.database.open()
    const { session } = this.database
    if (this.options.ensureSchema) {
      for (const statement of agendaSchema(this.options.tablePrefix)) await session.change(statement)
    }
    const sentAt = Date.now()
    const databaseMs = await readClock(session)
    this.seeClock(databaseMs, (sentAt + Date.now()) / 2)
  }

  /** Lets what is on its way to the database arrive, then ends the own connections. */
  async disconnect(): Promise<void> {
    if (!this.database.isOpen) return
    await this.claims.giveBackSpare()
    await Promise.all([this.writer.idle(), this.states.idle(), this.removals.idle()])
    await this.database.close()
  }

  /** See MySqlBackend.withTransaction. */
  withTransaction<T>(connection: AnyConnection, work: () => Promise<T>): Promise<T> {
    return this.database.lend(connection, work)
  }

  async getJobById(id: string): Promise<JobParameters | null> {
    await this.claims.giveBackSpare()
    const row = await readJob(this.database.callersSession, this.jobs, String(id))
    return row ? this.toJob(row) : null
  }

  async queryJobs(options: JobsQueryOptions = {}): Promise<JobsResult> {
    await this.claims.giveBackSpare()
    const { rows, total } = await queryJobs(this.database.callersSession, this.jobs, options)
    return { jobs: rows.map((row) => ({ ...this.toJob(row), state: row.state }) as JobWithState), total }
  }

  async getJobsOverview(): Promise<JobsOverview[]> {
    await this.claims.giveBackSpare()
    return readOverview(this.database.callersSession, this.jobs)
  }

  getDistinctJobNames(): Promise<string[]> {
    return readNames(this.database.callersSession, this.jobs)
  }

  getQueueSize(): Promise<number> {
    return countDue(this.database.callersSession, this.jobs)
  }

  async removeJobs(options: RemoveJobsOptions): Promise<number> {
    const { id, ...others } = options
    const byIdAlone = id && Object.values(others).every((value) => value === undefined)
    if (byIdAlone && !this.database.callersTransaction) return this.removals.submit(String(id))
    const condition = conditionOf(options)
    if (!condition) return 0
    await this.claims.giveBackSpare()
    return this.inTransaction((session) => deleteMatching(session, this.jobs, condition))
  }

  async purgeAllJobs(): Promise<number> {
    await this.claims.giveBackSpare()
    return this.inTransaction((session) => deleteMatching(session, this.jobs))
  }

  disableJobs(options: RemoveJobsOptions): Promise<number> {
    return this.setDisabled(options, true)
  }

  enableJobs(options: RemoveJobsOptions): Promise<number> {
    return this.setDisabled(options, false)
  }

  async saveJob<DATA = unknown>(
    job: JobParameters<DATA>,
    options: JobRepositoryOptions | undefined,
  ): Promise<JobParameters<DATA>> {
    if (job._id) await this.claims.giveBackSpare()
    const row = await this.writer.save(job as JobParameters, options?.lastModifiedBy)
    // A job that was removed meanwhile is answered as it came, as Agenda's own backends do.
    return row ? (this.toJob(row) as JobParameters<DATA>) : job
  }

  saveJobState(job: JobParameters, options: JobRepositoryOptions | undefined): Promise<void> {
    return this.states.save(job, options?.lastModifiedBy)
  }

  async lockJob(job: JobParameters, options: JobRepositoryOptions | undefined): Promise<JobParameters | undefined> {
    if (!job._id) return undefined
    await this.claims.giveBackSpare()
    const known = { id: String(job._id), name: job.name, nextRunAt: toMillis(job, 'nextRunAt') }
    const token = this.newToken()
    const { session } = this.database
    const lock = { token, lastModifiedBy: options?.lastModifiedBy ?? null }
    if (!(await lockJobAsKnown(session, this.jobs, known, lock))) return undefined
    const row = await readJob(session, this.jobs, known.id)
    if (row?.lock_token !== token) return undefined
    return this.toClaimedJob(row, { token, scheduleVersion: Number(row.schedule_version), starting: true })
  }

  /** Unlocks a job that is not being run; a job that was claimed again since the caller got it stays locked. */
  async unlockJob(job: JobParameters): Promise<void> {
    if (!job._id) return
    await unlockJobs(this.database.session, this.jobs, [String(job._id)], {
      token: lockOf(job)?.token,
      waitingOnly: true,
    })
  }

  async unlockJobs(jobIds: (JobId | string)[]): Promise<void> {
    await this.claims.giveBackSpare()
    await unlockJobs(this.database.session, this.jobs, jobIds.map(String))
  }

  async getNextJobToRun(
    jobName: string,
    nextScanAt: Date,
    lockDeadline: Date,
    now: Date | undefined,
    options: JobRepositoryOptions | undefined,
  ): Promise<JobParameters | undefined> {
    const ourMs = now?.getTime() ?? Date.now()
    const claim = await this.claims.next({
      name: jobName,
      horizonMs: nextScanAt.getTime() - ourMs,
      lifetimeMs: ourMs - lockDeadline.getTime(),
      lastModifiedBy: options?.lastModifiedBy ?? null,
    })
    return claim && this.toClaimedJob(claim.row, claim.lock)
  }

  private newToken(): string {
    this.tokens++
    return `${this.owner}.${this.tokens.toString(36)}`
  }

  private seeClock(databaseMs: number, ourMs: number): void {
    const ahead = ourMs - databaseMs
    this.clockAhead = Math.abs(ahead) < SAME_CLOCK_MS ? 0 : ahead
  }

  /** Agenda compares a lock's age with its own clock, and counts intervals by it. */
  private toJob(row: JobRow): JobParameters {
    const carried = (millis: number | string | null): number | null =>
      millis === null ? null : Number(millis) + this.clockAhead
    return toJob({
      ...row,
      locked_at: carried(row.locked_at),
      next_run_at: repeatsByInterval(row) ? carried(row.next_run_at) : row.next_run_at,
    })
  }

  /** Agenda compares with its own clock whether a job that the database has handed out is due, too. */
  private toClaimedJob(row: JobRow, lock: Lock): JobParameters {
    const nextRunAt = row.next_run_at === null ? null : Number(row.next_run_at) + this.clockAhead
    return toJob({ ...row, next_run_at: nextRunAt, locked_at: Date.now() }, lock)
  }

  private async setDisabled(options: RemoveJobsOptions, disabled: boolean): Promise<number> {
    const condition = conditionOf(options)
    if (!condition) return 0
    await this.claims.giveBackSpare()
    return this.inTransaction((session) => setDisabled(session, this.jobs, condition, disabled))
  }

  /** A change of many rows; READ COMMITTED keeps it from locking rows that do not match. */
  private inTransaction(work: Parameters<Database['transaction']>[0]): Promise<number> {
    return this.database.transaction(work) as Promise<number>
  }

  private async removeTogether(ids: string[]): Promise<number[]> {
    await this.claims.giveBackSpare()
    const found = await this.database.trying(() =>
      this.database.ownTransaction((session) => deleteJobs(session, this.jobs, ids)),
    )
    // The same id twice: the first one removed it.
    return ids.map((id) => (found.delete(id) ? 1 : 0))
  }
}
