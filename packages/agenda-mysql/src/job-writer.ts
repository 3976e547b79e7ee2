// saveJob: insert, update by id, one job of type `single` a name, one job a unique constraint, debouncing.
import { v7 as uuidv7 } from 'uuid'
import type { JobParameters, UniqueOpts } from 'agenda'
import type { Database, Session } from './database.js'
import { isDuplicate } from './errors.js'
import { GroupCommit } from './group-commit.js'
import { repeatsByInterval, toFields, toRunFields, type JobFields, type JobRow, type RunFields } from './job-row.js'
import { readJob, readSingle } from './sql/jobs.js'
import { findUnique, toConstraint, type UniqueConstraint } from './sql/unique.js'
import { insertJobs, storedIds, updateJob, type Change, type NewJob } from './sql/write-job.js'

export class JobWriter {
  private readonly inserts: GroupCommit<NewJob, JobRow>

  constructor(
    private readonly database: Database,
    private readonly jobs: string,
    /** How far this process's clock is ahead of the database's, in milliseconds. */
    private readonly clockAhead: () => number,
  ) {
    this.inserts = new GroupCommit(
      (rows) => this.insertTogether(rows),
      (row) => (row.data?.length ?? 0) + 300,
    )
  }

  /** Stores the job; undefined when it has an id that is not there (any more). */
  async save(job: JobParameters, lastModifiedBy: string | undefined): Promise<JobRow | undefined> {
    const fields = toFields(job, lastModifiedBy)
    if (fields.next_run_at !== null && repeatsByInterval(job)) fields.next_run_at -= this.clockAhead()
    if (job._id) return this.update(String(job._id), fields, job)
    if (fields.type === 'single') return this.saveSingle(fields, toRunFields(job))
    if (job.unique) return this.saveUnique(fields, toRunFields(job), toConstraint(fields, job.unique), job.uniqueOpts)
    const row = newJob(fields, toRunFields(job))
    const session = this.database.callersTransaction
    if (!session) return this.inserts.submit(row)
    await insertJobs(session, this.jobs, [row])
    return stored(row)
  }

  /** Resolves when nothing is on its way to the database. */
  idle(): Promise<void> {
    return this.inserts.idle()
  }

  private async insertTogether(rows: NewJob[]): Promise<JobRow[]> {
    await this.database.trying(async (attempt) => {
      // A connection lost during the first try leaves open whether it was stored.
      const already =
        attempt === 1
          ? new Set<string>()
          : await storedIds(
              this.database.session,
              this.jobs,
              rows.map(({ id }) => id),
            )
      const missing = rows.filter(({ id }) => !already.has(id))
      if (missing.length > 0) await insertJobs(this.database.session, this.jobs, missing)
    })
    return rows.map(stored)
  }

  private async update(id: string, fields: JobFields, job: JobParameters): Promise<JobRow | undefined> {
    // job.save() leaves out what the processor keeps; who calls the repository may say it.
    const given = (['failedAt', 'failCount', 'failReason'] as const).filter((field) => job[field] !== undefined)
    const run = toRunFields(job)
    const columns = { failedAt: 'failed_at', failCount: 'fail_count', failReason: 'fail_reason' } as const
    const failure: Partial<RunFields> = Object.fromEntries(given.map((field) => [columns[field], run[columns[field]]]))
    return this.database.transaction((session) => this.change(session, id, fields, { failure }))
  }

  /** One job of the type `single` a name, whoever saves it at the same time. */
  private saveSingle(fields: JobFields, run: RunFields): Promise<JobRow | undefined> {
    // A next run that is due already must not put off the one that the job has: `every` at each start of a process would.
    const keepNextRun = fields.next_run_at !== null && fields.next_run_at <= Date.now() - this.clockAhead()
    return this.insertOrChange(
      newJob(fields, run),
      (session, lock) => readSingle(session, this.jobs, fields.name, lock),
      (session, existing) => this.change(session, existing.id, fields, { keepNextRun }),
    )
  }

  private saveUnique(
    fields: JobFields,
    run: RunFields,
    constraint: UniqueConstraint,
    options: UniqueOpts | undefined,
  ): Promise<JobRow | undefined> {
    const { key, shape } = constraint
    const debounce = options?.debounce
    const now = Date.now()
    const created = newJob(fields, run, { key, shape })
    if (debounce) {
      created.debounce_started_at = now
      if (debounce.strategy !== 'leading') created.next_run_at = now + debounce.delay
    }
    return this.insertOrChange(
      created,
      (session, lock) => findUnique(session, this.jobs, constraint, lock),
      async (session, existing) => {
        if (options?.insertOnly && !debounce) return existing
        const changed = { ...fields, debounce_started_at: null, ...debounced(existing, debounce, now) }
        return this.change(session, existing.id, changed, { unique: { key, shape } })
      },
    )
  }

  /**
   * Inserts the job unless `find` finds one, which is then changed. When two meet, the unique index lets one insert; the
   * other looks again, with a locking read, which also in an older snapshot sees what was committed.
   */
  private async insertOrChange(
    created: NewJob,
    find: (session: Session, lock: '' | 'FOR UPDATE') => Promise<JobRow | undefined>,
    change: (session: Session, existing: JobRow) => Promise<JobRow | undefined>,
  ): Promise<JobRow | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.database.transaction(async (session) => {
          const found = await find(session, attempt === 1 ? '' : 'FOR UPDATE')
          const existing = found && (await readJob(session, this.jobs, found.id, 'FOR UPDATE'))
          const changed = existing && (await change(session, existing))
          if (changed) return changed
          await insertJobs(session, this.jobs, [created])
          return stored(created)
        })
      } catch (error) {
        if (!isDuplicate(error) || attempt === 5) throw error
      }
    }
  }

  private async change(session: Session, id: string, fields: JobFields, change: Change): Promise<JobRow | undefined> {
    const isThere = await updateJob(session, this.jobs, id, fields, change)
    return isThere ? readJob(session, this.jobs, id) : undefined
  }
}

/** When a debounced job that exists runs next, and since when it has been put off. */
function debounced(
  existing: JobRow,
  debounce: UniqueOpts['debounce'],
  now: number,
): Pick<JobFields, 'next_run_at' | 'debounce_started_at'> | undefined {
  if (!debounce) return undefined
  const startedAt = existing.debounce_started_at === null ? now : Number(existing.debounce_started_at)
  if (debounce.strategy === 'leading') return { next_run_at: existing.next_run_at, debounce_started_at: startedAt }
  if (debounce.maxWait && now - startedAt >= debounce.maxWait) return { next_run_at: now, debounce_started_at: null }
  return { next_run_at: now + debounce.delay, debounce_started_at: startedAt }
}

function newJob(fields: JobFields, run: RunFields, unique?: { key: Buffer | null; shape: Buffer | null }): NewJob {
  return { id: uuidv7(), ...fields, ...run, unique_key: unique?.key ?? null, unique_shape: unique?.shape ?? null }
}

/** A job that was just inserted, as a read would return it. */
function stored(row: NewJob): JobRow {
  return { ...row, locked_at: null, lock_token: null, schedule_version: 0 }
}
