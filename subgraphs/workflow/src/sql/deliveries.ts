// Lists of deliveries, and the changes that people make to many of them at once.
import { toBytes, toId, type Database } from '@segue/database'
import type { SqlPage } from '@segue/graphql'
import type { DeliveryRow, DeliveryState } from '../delivery/delivery.js'
import { highestId, lowestId } from './ids-of-time.js'

/** Which ones, with ids that are checked. */
export interface DeliveryRestriction {
  state?: `${DeliveryState}` | undefined
  workflowId?: string | undefined
  destination?: string | undefined
  runId?: string | undefined
  /** All ids under which a profile's deliveries may lie. */
  profileIds?: readonly string[] | undefined
  createdFrom?: Date | undefined
  createdBefore?: Date | undefined
  errorCode?: string | undefined
  ids?: readonly string[] | undefined
}

interface RawRow {
  id: Buffer
  transport: string
  destination: string
  run_id: Buffer | null
  workflow_id: Buffer | null
  node_id: string | null
  profile_id: Buffer | null
  state: `${DeliveryState}`
  attempts: number
  next_at: Date | null
  created_at: Date
  finished_at: Date | null
}

const COLUMNS =
  'id, transport, destination, run_id, workflow_id, node_id, profile_id, state, attempts, next_at, created_at, finished_at'

/** A page in the order of ids. Index: delivery(state, id), (workflow_id, id) or the primary key, read until the page is full; a time is a range of ids in them. */
export async function selectDeliveries(
  database: Database,
  restriction: DeliveryRestriction,
  page: Pick<SqlPage<DeliveryRow>, 'condition' | 'values' | 'order' | 'limit'>,
): Promise<DeliveryRow[]> {
  const { conditions, values } = where(restriction)
  const rows = await database.query<RawRow[]>(
    `SELECT ${COLUMNS} FROM delivery WHERE ${[...conditions, page.condition].join(' AND ')} ORDER BY ${page.order} LIMIT ?`,
    [...values, ...page.values, page.limit],
  )
  return rows.map(toRow)
}

/** Those of these ids that are there. Primary key. */
export async function deliveriesById(database: Database, ids: readonly string[]): Promise<DeliveryRow[]> {
  if (ids.length === 0) return []
  const rows = await database.query<RawRow[]>(`SELECT ${COLUMNS} FROM delivery WHERE id IN (?)`, [ids.map(toBytes)])
  return rows.map(toRow)
}

/** What was sent and what came back, as it is stored. */
export interface DeliveryJson {
  request: string | object
  response: string | object | null
  error: string | object | null
  required_consents: string | object | null
}

/** Of these ids. Primary key. */
export async function deliveryDetails(database: Database, ids: readonly string[]): Promise<Map<string, DeliveryJson>> {
  const rows = await database.query<(DeliveryJson & { id: Buffer })[]>(
    'SELECT id, request, response, error, required_consents FROM delivery WHERE id IN (?)',
    [ids.map(toBytes)],
  )
  return new Map(rows.map((row) => [toId(row.id), row]))
}

/**
 * Puts finished deliveries that were not delivered into the queue again, as new ones: up to `limit`, the oldest first; gives their ids. Nobody waits for them any more. The delivery
 * worker holds queued ones only, so they do not meet; of two that ask at once the second finds them queued. Index: as `selectDeliveries`; the change by primary key.
 */
export async function replayDeliveries(
  transaction: Database,
  restriction: DeliveryRestriction,
  limit: number,
): Promise<string[]> {
  const ids = await lock(transaction, restriction, `state IN ('rejected', 'cancelled')`, limit)
  if (ids.length === 0) return []
  await transaction.query(
    `UPDATE delivery SET state = 'queued', attempts = 0, next_at = UTC_TIMESTAMP(3), finished_at = NULL,
            lease_owner = NULL, lease_until = NULL, delayed_event_id = NULL
      WHERE id IN (?)`,
    [ids],
  )
  return ids.map(toId)
}

/**
 * Cancels up to `limit` queued deliveries that no worker is sending, the oldest first, and ends the waits for them; gives their ids, and the workflows whose waits ended. Locks deliveries
 * before delayed events, as the delivery worker does.
 */
export async function cancelDeliveries(
  transaction: Database,
  restriction: DeliveryRestriction,
  limit: number,
): Promise<{ ids: string[]; workflowIds: string[] }> {
  const free = `state = 'queued' AND (lease_until IS NULL OR lease_until < UTC_TIMESTAMP(3))`
  const ids = await lock(transaction, restriction, free, limit)
  if (ids.length === 0) return { ids: [], workflowIds: [] }
  const waits = await transaction.query<{ delayed_event_id: Buffer; workflow_id: Buffer | null }[]>(
    'SELECT delayed_event_id, workflow_id FROM delivery WHERE id IN (?) AND delayed_event_id IS NOT NULL',
    [ids],
  )
  await transaction.query(
    `UPDATE delivery SET state = 'cancelled', next_at = NULL, finished_at = UTC_TIMESTAMP(3), lease_owner = NULL, lease_until = NULL
      WHERE id IN (?)`,
    [ids],
  )
  if (waits.length > 0) {
    await transaction.query(
      'UPDATE delayed_event SET outcome = ?, due_at = UTC_TIMESTAMP(3) WHERE id IN (?) AND outcome IS NULL',
      [JSON.stringify(CANCELLED), waits.map((wait) => wait.delayed_event_id)],
    )
  }
  const workflowIds = waits.flatMap(({ workflow_id }) => (workflow_id ? [toId(workflow_id)] : []))
  return { ids: ids.map(toId), workflowIds }
}

/** What the run gets as the answer. */
const CANCELLED = {
  kind: 'answer',
  delivered: false,
  error: { code: 'CANCELLED', message: 'The delivery was cancelled before it was sent.' },
  response: null,
}

/** Locks up to `limit` of them in the order of their ids. */
async function lock(
  transaction: Database,
  restriction: DeliveryRestriction,
  condition: string,
  limit: number,
): Promise<Buffer[]> {
  const { conditions, values } = where(restriction)
  const rows = await transaction.query<{ id: Buffer }[]>(
    `SELECT id FROM delivery WHERE ${[...conditions, condition].join(' AND ')} ORDER BY id LIMIT ? FOR UPDATE`,
    [...values, limit],
  )
  return rows.map(({ id }) => id)
}

function where(restriction: DeliveryRestriction): { conditions: string[]; values: unknown[] } {
  const { state, workflowId, destination, runId, profileIds, createdFrom, createdBefore, errorCode, ids } = restriction
  const conditions: string[] = []
  const values: unknown[] = []
  const add = (condition: string, ...given: unknown[]): void => {
    conditions.push(condition)
    values.push(...given)
  }
  if (state !== undefined) add('state = ?', state)
  if (workflowId !== undefined) add('workflow_id = ?', toBytes(workflowId))
  if (destination !== undefined) add('destination = ?', destination)
  if (runId !== undefined) add('run_id = ?', toBytes(runId))
  if (profileIds !== undefined) add('profile_id IN (?)', profileIds.map(toBytes))
  if (createdFrom !== undefined) add('id >= ? AND created_at >= ?', lowestId(createdFrom), createdFrom)
  if (createdBefore !== undefined) add('id <= ? AND created_at < ?', highestId(createdBefore), createdBefore)
  if (errorCode !== undefined) add(`JSON_UNQUOTE(JSON_EXTRACT(error, '$.code')) = ?`, errorCode)
  if (ids !== undefined) add('id IN (?)', ids.map(toBytes))
  if (conditions.length === 0) add('TRUE')
  return { conditions, values }
}

function toRow(row: RawRow): DeliveryRow {
  return {
    id: toId(row.id),
    transport: row.transport,
    destination: row.destination,
    runId: row.run_id && toId(row.run_id),
    workflowId: row.workflow_id && toId(row.workflow_id),
    nodeId: row.node_id,
    profileId: row.profile_id && toId(row.profile_id),
    state: row.state,
    attempts: Number(row.attempts),
    nextAt: row.next_at,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  }
}
