// Claiming in batches: Agenda asks for one job at a time, over and over; the database is asked for many at once.
import type { Database } from './database.js'
import type { JobRow, Lock } from './job-row.js'
import {
  findDueJobs,
  findExpiredJobs,
  hasClaimableJob,
  lockJobs,
  unlockJobs,
  type ClaimableRow,
  type ClaimCriteria,
} from './sql/claim.js'

/** What Agenda asks with, in durations. */
export interface ClaimRequest extends ClaimCriteria {
  lastModifiedBy: string | null
}

export interface Claim {
  row: JobRow
  lock: Lock
}

interface Waiter {
  request: ClaimRequest
  resolve: (claim: Claim | undefined) => void
  reject: (error: unknown) => void
}

/** The claims of one job name. */
interface Lane {
  waiting: Waiter[]
  /** Claimed beyond what was asked for; given back as soon as nobody asks. */
  spare: Claim[]
  /** What the spare jobs were claimed with. */
  spareRequest: ClaimRequest | undefined
  /** Jobs handed out since Agenda began to ask without a pause. */
  served: number
  /** In this run of questions, no lock that has expired is left. */
  noneExpired: boolean
  /** The last look found nothing, so the next one looks before it locks. */
  idle: boolean
  working: boolean
}

export class Claims {
  private readonly lanes = new Map<string, Lane>()
  private readonly givingBack = new Set<Promise<void>>()

  constructor(
    private readonly database: Database,
    private readonly jobs: string,
    /** The most that one claim takes. */
    private readonly prefetch: number,
    private readonly newToken: () => string,
    /** Told what the database's clock said at a moment of ours. */
    private readonly clockSeen: (databaseMs: number, ourMs: number) => void,
  ) {}

  /** The next job of a name, locked; undefined when there is none. */
  next(request: ClaimRequest): Promise<Claim | undefined> {
    const lane = this.laneOf(request.name)
    return new Promise((resolve, reject) => {
      lane.waiting.push({ request, resolve, reject })
      if (!lane.working) void this.serve(lane)
    })
  }

  /** Gives back what was claimed ahead. After it, the database shows exactly the locks of the jobs that were handed out. */
  async giveBackSpare(): Promise<void> {
    for (const lane of this.lanes.values()) this.giveBack(lane)
    await Promise.all(this.givingBack)
  }

  private laneOf(name: string): Lane {
    const known = this.lanes.get(name)
    if (known) return known
    const lane: Lane = {
      waiting: [],
      spare: [],
      spareRequest: undefined,
      served: 0,
      noneExpired: false,
      idle: false,
      working: false,
    }
    this.lanes.set(name, lane)
    return lane
  }

  private async serve(lane: Lane): Promise<void> {
    lane.working = true
    while (lane.waiting.length > 0) {
      this.serveSpare(lane)
      const [first] = lane.waiting
      if (!first) break
      // Who comes while the database works is not answered with a look that began before: it asks again.
      const asked = lane.waiting.filter(({ request }) => isAlike(request, first.request))
      lane.waiting = lane.waiting.filter((waiter) => !asked.includes(waiter))
      try {
        const claims = await this.claim(lane, first.request, asked.length)
        for (const waiter of asked) waiter.resolve(claims.shift())
        lane.served += asked.length
        lane.spare = claims
        lane.spareRequest = first.request
      } catch (error) {
        for (const waiter of asked) waiter.reject(error)
      }
    }
    lane.working = false
    // Agenda asks again at once, in the same turn of the event loop, or it has enough.
    setImmediate(() => {
      if (lane.working || lane.waiting.length > 0) return
      lane.served = 0
      lane.noneExpired = false
      this.giveBack(lane)
    })
  }

  private serveSpare(lane: Lane): void {
    if (lane.spare.length > 0 && lane.waiting.some(({ request }) => !isAlike(request, lane.spareRequest))) {
      this.giveBack(lane)
    }
    while (lane.spare.length > 0 && lane.waiting.length > 0) {
      lane.waiting.shift()?.resolve(lane.spare.shift())
      lane.served++
    }
  }

  /**
   * As many jobs as are asked for, and half as many again as this run of questions has used up, so at most a third is claimed
   * in vain. Names that are asked for at the same time share that, lest the first one take all that Agenda may lock.
   */
  private async claim(lane: Lane, request: ClaimRequest, asked: number): Promise<Claim[]> {
    const { session } = this.database
    if (lane.idle && !(await hasClaimableJob(session, this.jobs, request))) return []
    const limit = Math.max(asked, Math.min(this.prefetch, Math.floor(lane.served / 2 / this.busyLanes())))
    const token = this.newToken()
    const sentAt = Date.now()
    const rows = await this.database.ownTransaction(async (transaction) => {
      const due = await findDueJobs(transaction, this.jobs, request, limit)
      const expired = lane.noneExpired ? [] : await findExpiredJobs(transaction, this.jobs, request, limit)
      const chosen = inOrder([...due, ...expired]).slice(0, limit)
      lane.noneExpired = expired.every((row) => chosen.includes(row)) && expired.length < limit
      if (chosen.length === 0) return []
      const ids = chosen.map(({ id }) => id)
      await lockJobs(transaction, this.jobs, ids, { token, lastModifiedBy: request.lastModifiedBy })
      return chosen
    })
    const now = Date.now()
    lane.idle = rows.length === 0
    const [first] = rows
    if (first) this.clockSeen(Number(first.db_now), (sentAt + now) / 2)
    return rows.map((row) => ({
      row: {
        ...row,
        next_run_at: row.next_run_at ?? row.db_now,
        locked_at: Number(row.db_now),
        lock_token: token,
        last_modified_by: request.lastModifiedBy,
      },
      lock: { token, scheduleVersion: Number(row.schedule_version), starting: true },
    }))
  }

  private busyLanes(): number {
    return [...this.lanes.values()].filter(({ working }) => working).length
  }

  private giveBack(lane: Lane): void {
    const claims = lane.spare
    lane.spare = []
    const [first] = claims
    if (!first) return
    // Spare jobs are all of one claim: a new one is made only when the last one is used up or given back.
    const ids = claims.map(({ row }) => row.id)
    // Should it fail, the locks end by themselves.
    const done = unlockJobs(this.database.session, this.jobs, ids, { token: first.lock.token }).catch(() => {})
    this.givingBack.add(done)
    void done.finally(() => this.givingBack.delete(done))
  }
}

/** The one due longest first; of equals the one with the highest priority. A job without a next run has been due since it was locked. */
function inOrder(rows: ClaimableRow[]): ClaimableRow[] {
  const dueAt = (row: ClaimableRow): number => Number(row.next_run_at ?? row.locked_at)
  return rows.sort((a, b) => dueAt(a) - dueAt(b) || Number(b.priority) - Number(a.priority))
}

/** Two questions whose answers can stand for each other; the durations come from subtracting clock readings, so they waver. */
function isAlike(a: ClaimRequest, b: ClaimRequest | undefined): boolean {
  return (
    b !== undefined &&
    a.lastModifiedBy === b.lastModifiedBy &&
    Math.abs(a.horizonMs - b.horizonMs) < 50 &&
    Math.abs(a.lifetimeMs - b.lifetimeMs) < 50
  )
}
