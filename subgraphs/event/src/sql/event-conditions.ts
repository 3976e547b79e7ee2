// The conditions of an event filter, as the statements that list and count events share them.
import { toBytes } from '@segue/database'

/** Which events are asked for; what is absent does not restrict. Times are of the occurrence. */
export interface EventConditions {
  type?: string | undefined
  sourceId?: string | undefined
  valid?: boolean | undefined
  from?: Date | undefined
  to?: Date | undefined
}

/** Conditions over table `event` as `e`, each with its parameters. */
export function eventConditions({ type, sourceId, valid, from, to }: EventConditions): {
  sql: string[]
  parameters: unknown[]
} {
  const sql: string[] = []
  const parameters: unknown[] = []
  const only = (condition: string, ...values: unknown[]): void => {
    sql.push(condition)
    parameters.push(...values)
  }
  if (type !== undefined) only('e.type = ?', type)
  // An event never happens later than it is received: whole partitions before `from` need not be read.
  if (from) only('e.occurred_at >= ? AND e.id >= ?', from, firstIdAt(from))
  if (to) only('e.occurred_at <= ?', to)
  if (sourceId !== undefined) only('e.source_id = ?', sourceId)
  if (valid !== undefined) only('e.valid = ?', valid)
  return { sql, parameters }
}

/** The lowest UUIDv7 of a moment: 48 bits of milliseconds (RFC 9562), the rest zero. */
function firstIdAt(moment: Date): Buffer {
  const id = Buffer.alloc(16)
  id.writeUIntBE(Math.max(0, moment.getTime()), 0, 6)
  return id
}

/** When the event was received: the time in its UUIDv7. */
export function receivedAt(eventId: string): Date {
  return new Date(toBytes(eventId).readUIntBE(0, 6))
}
