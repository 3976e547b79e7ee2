// Failed attempts, counted for a while: the same for every process of the subgraph.
import type { Database } from '@segue/database'

/**
 * Begins the counts of these subjects that there are none of or that are over. Index: primary key, in whose order rows are locked, so two that begin the same
 * ones wait instead of deadlocking. `failures` is set before `until`, so it sees the old one.
 */
export async function beginCounts(
  database: Database,
  subjects: readonly Buffer[],
  windowSeconds: number,
): Promise<void> {
  await database.query(
    `INSERT INTO sign_in_attempt (subject_hash, failures, until)
     VALUES ${subjects.map(() => '(?, 0, UTC_TIMESTAMP(3) + INTERVAL ? SECOND)').join(', ')}
     ON DUPLICATE KEY UPDATE failures = IF(until <= UTC_TIMESTAMP(3), 0, failures),
                             until = IF(until <= UTC_TIMESTAMP(3), VALUES(until), until)`,
    subjects.toSorted(Buffer.compare).flatMap((subject) => [subject, windowSeconds]),
  )
}

/** Counts a failure of the subject unless there are `most` already; whether it did. Of many at once no more than `most` do. Index: primary key. */
export async function countAttempt(database: Database, subject: Buffer, most: number): Promise<boolean> {
  const { affectedRows } = await database.query<{ affectedRows: number }>(
    'UPDATE sign_in_attempt SET failures = failures + 1 WHERE subject_hash = ? AND failures < ?',
    [subject, most],
  )
  return affectedRows > 0
}

/** Seconds until the subject's count begins anew. Index: primary key. */
export async function secondsOfCount(database: Database, subject: Buffer): Promise<number> {
  const [row] = await database.query<{ seconds: number }[]>(
    'SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), until) AS seconds FROM sign_in_attempt WHERE subject_hash = ?',
    [subject],
  )
  return row?.seconds ?? 0
}

/** Takes one failure of the subject back. Index: primary key. */
export async function uncountAttempt(database: Database, subject: Buffer): Promise<void> {
  await database.query('UPDATE sign_in_attempt SET failures = failures - 1 WHERE subject_hash = ? AND failures > 0', [
    subject,
  ])
}

/** Forgets the failures of the subject. Index: primary key. */
export async function forgetAttempts(database: Database, subject: Buffer): Promise<void> {
  await database.query('DELETE FROM sign_in_attempt WHERE subject_hash = ?', [subject])
}
