// Waits for a segment that the profile is in by now.
import type { Pool, RowDataPacket } from 'mysql2/promise'

/** A place in the primary key of segment_wait. */
export interface SegmentWaitPlace {
  segmentId: Buffer
  delayedEventId: Buffer
}

const BEHIND = '(segment_id > ? OR segment_id = ? AND delayed_event_id > ?)'
const UP_TO = '(segment_id < ? OR segment_id = ? AND delayed_event_id <= ?)'

/** The place `rows` rows behind `from`; undefined when there are fewer. Primary key. */
export async function selectPageEnd(
  pool: Pool,
  from: SegmentWaitPlace,
  rows: number,
): Promise<SegmentWaitPlace | undefined> {
  const [found] = await pool.query<RowDataPacket[]>(
    `SELECT segment_id, delayed_event_id FROM segment_wait WHERE ${BEHIND} ORDER BY segment_id, delayed_event_id LIMIT ?, 1`,
    [...placeValues(from), rows - 1],
  )
  const [end] = found
  return end && { segmentId: end['segment_id'], delayedEventId: end['delayed_event_id'] }
}

/** Waits of a page whose profile is in the segment and that nobody has ended. Primary keys of all four tables; locks nothing. */
export async function selectEntered(
  pool: Pool,
  from: SegmentWaitPlace,
  to: SegmentWaitPlace | undefined,
  limit: number,
): Promise<Buffer[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT STRAIGHT_JOIN waiting.delayed_event_id AS id
     FROM segment_wait waiting
     JOIN run_state run ON run.run_id = waiting.run_id
     JOIN segment_membership membership
       ON membership.segment_id = waiting.segment_id AND membership.profile_id = run.profile_id
     JOIN delayed_event due
       ON due.id = waiting.delayed_event_id AND due.outcome IS NULL AND due.dead = FALSE
     WHERE ${qualified(BEHIND)} ${to ? `AND ${qualified(UP_TO)}` : ''} LIMIT ?`,
    [...placeValues(from), ...(to ? placeValues(to) : []), limit],
  )
  return rows.map((row) => row['id'])
}

/** Ends these waits: they are due now. One that somebody else has ended meanwhile stays as it is. Primary key. */
export async function endSegmentWaits(pool: Pool, ids: Buffer[]): Promise<void> {
  if (ids.length === 0) return
  await pool.query(
    `UPDATE delayed_event SET outcome = '{"kind":"segment"}', due_at = UTC_TIMESTAMP(3)
     WHERE id IN (?) AND outcome IS NULL AND dead = FALSE`,
    [ids],
  )
}

function placeValues({ segmentId, delayedEventId }: SegmentWaitPlace): Buffer[] {
  return [segmentId, segmentId, delayedEventId]
}

function qualified(condition: string): string {
  return condition.replaceAll(/\b(segment_id|delayed_event_id)\b/g, 'waiting.$1')
}
