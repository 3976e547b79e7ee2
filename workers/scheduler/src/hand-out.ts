// Cuts what is due into ranges, and makes a job of each for the scheduler workers.
import { RESUME_DUE, type DueRange } from '@segue/database'
import type { MySqlBackend } from '@segue/agenda-mysql'
import type { Agenda } from 'agenda'
import type { Pool, PoolConnection } from 'mysql2/promise'
import { deleteEnded, isAnythingDue, lockJob, selectDue, selectRanges, type DueRow, type Gap } from './sql/hand-out.js'

/** Name of the job that hands out. */
export const HAND_OUT_DUE = 'hand-out-due'

/** Rows of a range: two batches of a worker, so that a range takes it about a tenth of a second, and a dead worker holds up few. */
const RANGE_ROWS = 512
/**
 * Ranges that are out at the same time at most. What waits longer waits in the table, where a row that is cancelled or put off meanwhile costs nothing; enough to
 * keep a dozen workers busy until the next hand-out.
 */
const MOST_RANGES = 40

const FIRST_ID = '00000000-0000-0000-0000-000000000000'
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** What a hand-out did, for metrics. */
export interface HandOutOutcome {
  ranges: number
  rows: number
  /** Ranges that are out now. */
  outstanding: number
}

const NOTHING: HandOutOutcome = { ranges: 0, rows: 0, outstanding: 0 }

/**
 * Hands out once, in one transaction: rows that are due and in no range that is out. Rows that come into a range later are done with it, or
 * handed out when it has ended.
 */
export async function handOut(pool: Pool, backend: MySqlBackend, agenda: Agenda): Promise<HandOutOutcome> {
  const connection = await pool.getConnection()
  try {
    // Most turns end here: a transaction would cost five times as much.
    if (!(await isAnythingDue(connection))) {
      connection.release()
      return NOTHING
    }
    await connection.beginTransaction()
    const outcome = await handOutOn(connection, backend, agenda)
    await connection.commit()
    connection.release()
    return outcome
  } catch (error) {
    // Closed, it rolls back, whatever state it is in.
    connection.destroy()
    throw error
  }
}

async function handOutOn(tx: PoolConnection, backend: MySqlBackend, agenda: Agenda): Promise<HandOutOutcome> {
  const now = await lockJob(tx, HAND_OUT_DUE)
  if (now === undefined) return NOTHING
  const all = await selectRanges(tx)
  await deleteEnded(
    tx,
    all.filter(({ ended }) => ended).map(({ jobId }) => jobId),
  )
  const out = all.filter(({ ended }) => !ended).map(({ range }) => range)
  const room = MOST_RANGES - out.length
  if (room <= 0) return { ranges: 0, rows: 0, outstanding: out.length }
  const rows = await selectDue(tx, gapsBetween(out, now), room * RANGE_ROWS)
  const ranges = cut(rows, RANGE_ROWS).slice(0, room)
  await backend.withTransaction(tx, async () => {
    // One after the other on the one connection. They run in the order in which their rows fell due, which is past by every clock's account.
    for (const range of ranges) await agenda.create(RESUME_DUE, range).schedule(new Date(range.from.dueAt)).save()
  })
  return {
    ranges: ranges.length,
    rows: ranges.reduce((sum, range) => sum + range.rows, 0),
    outstanding: out.length + ranges.length,
  }
}

/** What lies before, between and behind ranges, up to now. */
function gapsBetween(ranges: readonly DueRange[], now: number): Gap[] {
  const sorted = ranges.toSorted((a, b) => a.from.dueAt - b.from.dueAt || compare(a.from.id, b.from.id))
  const gaps: Gap[] = []
  let from = { dueAt: 0, id: FIRST_ID }
  for (const range of sorted) {
    gaps.push({ from, to: range.from })
    if (isBehind(range.to, from)) from = range.to
  }
  gaps.push({ from, to: { dueAt: now, id: LAST_ID } })
  return gaps.filter((gap) => isBehind(gap.to, gap.from))
}

/** Ranges of at most `size` rows; none reaches over the end of its gap. Rows are in order. */
function cut(rows: readonly DueRow[], size: number): DueRange[] {
  const ranges: DueRange[] = []
  let gap = -1
  for (const row of rows) {
    const place = { dueAt: row.dueAt, id: row.id }
    const last = ranges.at(-1)
    if (last && row.gap === gap && last.rows < size) {
      last.to = place
      last.rows += 1
    } else ranges.push({ from: place, to: place, rows: 1 })
    gap = row.gap
  }
  return ranges
}

function isBehind(a: DueRange['to'], b: DueRange['to']): boolean {
  return a.dueAt > b.dueAt || (a.dueAt === b.dueAt && a.id > b.id)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
