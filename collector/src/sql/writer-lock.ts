// The lock by which a writer knows that its former connection is really over.
import type { RowDataPacket } from 'mysql2'
import type { Connection } from 'mysql2'

/**
 * Takes the writer's lock for this connection; true when it has it. The server gives it back only when the connection that held it has ended
 * and its last statement is committed or rolled back, so whoever gets it knows that nothing of a former connection can still be
 * written. Waits up to `seconds`. No table is touched and no right is needed.
 */
export function takeWriterLock(
  connection: Connection,
  name: string,
  seconds: number,
  done: (error: Error | null, taken: boolean) => void,
): void {
  connection.query<RowDataPacket[]>('SELECT GET_LOCK(?, ?) AS taken', [name, seconds], (error, rows) => {
    done(error, !error && rows[0]?.['taken'] === 1)
  })
}
