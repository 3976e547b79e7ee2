// Real profiles and events for test runs: the one place where this subgraph reads other subgraphs' tables. Why: docs/decisions/2026-11-25-test-runs-read-profiles.md.
import { resolveAliases, toBytes, toId, type Database } from '@segue/database'
import type { JsonObject, SimulatedEvent } from '@segue/workflow-engine'
import { lowestId } from './ids-of-time.js'

/** JSON is text on MariaDB, parsed on MySQL. */
type Json<Shape> = string | Shape

interface EventRow {
  id: Buffer
  profile_id: Buffer | null
  type: string
  source_id: string
  occurred_at: Date
  valid: number
  properties: Json<JsonObject>
  data: Json<JsonObject> | null
  context: Json<JsonObject>
  tags: Json<string[]> | null
}

/** An event as runs see it, with whose it is. */
export interface TestEvent {
  event: SimulatedEvent
  profileId: string | null
}

const EVENT = 'e.id, e.profile_id, e.type, e.source_id, e.occurred_at, e.valid, e.properties, e.data, e.context, e.tags'

/** An event by its id; undefined when it is not kept. Primary key, which finds the partition. */
export async function testEvent(database: Database, id: string): Promise<TestEvent | undefined> {
  const [row] = await database.query<EventRow[]>(`SELECT ${EVENT} FROM event e WHERE e.id = ?`, [toBytes(id)])
  return row && toEvent(row)
}

/** A profile as runs see it, by its id or a retired one; undefined when there is none. Primary key. */
export async function testProfile(database: Database, given: string): Promise<JsonObject | undefined> {
  const [id = ''] = await resolveAliases(database, [given])
  const [row] = await database.query<
    { created_at: Date; first_seen_at: Date; last_seen_at: Date; document: Json<JsonObject> }[]
  >('SELECT created_at, first_seen_at, last_seen_at, document FROM profile WHERE id = ?', [toBytes(id)])
  if (!row) return undefined
  return {
    ...parsed(row.document),
    id,
    createdAt: row.created_at.toISOString(),
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
  }
}

/**
 * What a profile did within a time, the earliest first, at most `limit`. Index: activity's primary key, then events by theirs; no event happens after its receipt, which is in their ids.
 */
export async function testEvents(
  database: Database,
  profileId: string,
  from: Date,
  to: Date,
  limit: number,
): Promise<TestEvent[]> {
  const rows = await database.query<EventRow[]>(
    `SELECT ${EVENT} FROM activity a STRAIGHT_JOIN event e ON e.id = a.ref
      WHERE a.profile_id = ? AND a.at >= ? AND a.at <= ? AND a.kind = 'event' AND a.ref >= ? AND e.id >= ?
      ORDER BY a.at, a.ref LIMIT ?`,
    [toBytes(profileId), from, to, lowestId(from), lowestId(from), limit],
  )
  return rows.map(toEvent)
}

/** How the deliveries of a run were answered, the latest of each node. Index: delivery(workflow_id, id), from the run's beginning on. */
export async function testAnswers(
  database: Database,
  workflowId: string,
  runId: string,
  startedAt: Date,
  limit: number,
): Promise<
  { nodeId: string; state: string; response: unknown; error: { code?: unknown; message?: unknown } | null }[]
> {
  const rows = await database.query<
    { node_id: string; state: string; response: Json<object> | null; error: Json<object> | null }[]
  >(
    `SELECT node_id, state, response, error FROM delivery
      WHERE workflow_id = ? AND id >= ? AND run_id = ? AND node_id IS NOT NULL AND state IN ('delivered', 'rejected') ORDER BY id LIMIT ?`,
    [toBytes(workflowId), lowestId(startedAt), toBytes(runId), limit],
  )
  return rows.map(({ node_id, state, response, error }) => ({
    nodeId: node_id,
    state,
    response: response === null ? null : parsed(response),
    error: error === null ? null : parsed(error),
  }))
}

function toEvent(row: EventRow): TestEvent {
  const event = {
    id: toId(row.id),
    type: row.type,
    source: row.source_id,
    occurredAt: row.occurred_at.toISOString(),
    receivedAt: new Date(row.id.readUIntBE(0, 6)).toISOString(),
    valid: Number(row.valid) === 1,
    properties: parsed(row.properties),
    data: row.data === null ? {} : parsed(row.data),
    traits: {},
    context: parsed(row.context),
    tags: row.tags === null ? [] : parsed(row.tags),
  }
  return { event, profileId: row.profile_id && toId(row.profile_id) }
}

function parsed<Shape>(json: Json<Shape>): Shape {
  return typeof json === 'string' ? (JSON.parse(json) as Shape) : json
}
