// saveJobState: many jobs' states in one write, each behind its own fence.
import type { JobParameters } from 'agenda'
import type { Database } from './database.js'
import { AgendaMySqlError } from './errors.js'
import { GroupCommit } from './group-commit.js'
import { lockOf, repeatsByInterval, toMillis, toRunFields } from './job-row.js'
import { unlockJobs } from './sql/claim.js'
import { readJob } from './sql/jobs.js'
import { saveStates, type StateSave } from './sql/save-state.js'

export class JobStates {
  private readonly saves: GroupCommit<StateSave, true>

  constructor(
    private readonly database: Database,
    private readonly jobs: string,
    /** The beginning of all tokens of this process. */
    private readonly owner: string,
    private readonly newToken: () => string,
    /** How far this process's clock is ahead of the database's, in milliseconds. */
    private readonly clockAhead: () => number,
  ) {
    this.saves = new GroupCommit(
      (saves) => this.saveTogether(saves),
      (save) => (save.fail_reason?.length ?? 0) + 300,
    )
  }

  /**
   * Stores the state of a run. @throws AgendaMySqlError JOB_GONE when the job was removed or another worker has claimed
   * it since, JOB_DISABLED when it was disabled after its claim and before its start.
   */
  async save(job: JobParameters, lastModifiedBy: string | undefined): Promise<void> {
    if (!job._id) throw new AgendaMySqlError('NO_JOB_ID')
    const lock = lockOf(job)
    const lockedAt = toMillis(job, 'lockedAt')
    const nextRunAt = toMillis(job, 'nextRunAt')
    const save: StateSave = {
      id: String(job._id),
      name: job.name,
      token: lock?.token ?? null,
      schedule_version: lock?.scheduleVersion ?? null,
      is_start: lock?.starting && lockedAt !== null ? 1 : 0,
      // An interval begins now, whatever o'clock that is here.
      next_run_at: nextRunAt !== null && repeatsByInterval(job) ? nextRunAt - this.clockAhead() : nextRunAt,
      // Our clock minus our clock: what the database subtracts from its own.
      lock_age: lockedAt === null ? null : Math.max(0, Date.now() - lockedAt),
      ...toRunFields(job),
      last_modified_by: lastModifiedBy ?? null,
    }
    try {
      await this.saves.submit(save)
      if (lock) lock.starting = false
    } catch (error) {
      if (error instanceof AgendaMySqlError && error.code === 'JOB_DISABLED' && lock) {
        await unlockJobs(this.database.session, this.jobs, [save.id], { token: lock.token })
      }
      throw error
    }
  }

  /** Resolves when nothing is on its way to the database. */
  idle(): Promise<void> {
    return this.saves.idle()
  }

  private async saveTogether(saves: StateSave[]): Promise<(true | Error)[]> {
    // The same job twice in one statement would be written once.
    const doubled = new Set(saves.map(({ id }) => id)).size < saves.length
    return this.database.trying(async () => {
      const stored = doubled ? 0 : await this.write(saves)
      if (stored === saves.length) return saves.map((): true => true)
      // Some fence did not hold; one by one tells whose. What was stored before is stored once more, unchanged.
      const results: (true | Error)[] = []
      for (const save of saves) {
        const isStored = saves.length > 1 && (await this.write([save])) === 1
        results.push(isStored ? true : await this.refusal(save))
      }
      return results
    })
  }

  private write(saves: StateSave[]): Promise<number> {
    return saveStates(this.database.session, this.jobs, saves, this.owner, this.newToken())
  }

  private async refusal({ id, name, token, is_start }: StateSave): Promise<Error> {
    const row = await readJob(this.database.session, this.jobs, id)
    const isDisabled = is_start === 1 && row?.lock_token === token && Number(row?.disabled) === 1
    return new AgendaMySqlError(isDisabled ? 'JOB_DISABLED' : 'JOB_GONE', { id, name })
  }
}
