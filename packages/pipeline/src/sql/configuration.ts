// Reads of what people set up. Small tables, read whole once a second by each worker.
import type { EventSchema, EventType, IdentityKind } from '@segue/event-model'
import type { Connection, Pool, RowDataPacket } from 'mysql2/promise'
import type { ContactPolicy } from '@segue/workflow-engine'

/** All event types. */
export async function selectEventTypes(pool: Pool): Promise<EventType[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT id, name, group_name, description, tags, journey_stage, sample, event_mappings, profile_mappings, identities, slots
     FROM event_type`,
  )
  return rows.map((row) => ({
    id: row['id'],
    name: row['name'],
    group: row['group_name'],
    description: row['description'],
    tags: JSON.parse(row['tags']),
    journeyStage: row['journey_stage'],
    sample: JSON.parse(row['sample']),
    eventMappings: JSON.parse(row['event_mappings']),
    profileMappings: JSON.parse(row['profile_mappings']),
    identities: JSON.parse(row['identities']),
    slots: JSON.parse(row['slots']),
  }))
}

/** All event schemas. */
export async function selectEventSchemas(pool: Pool): Promise<EventSchema[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT event_type_id, source_id, `schema`, on_invalid FROM event_schema',
  )
  return rows.map((row) => ({
    eventTypeId: row['event_type_id'],
    sourceId: row['source_id'] === '' ? null : row['source_id'],
    schema: JSON.parse(row['schema']),
    onInvalid: row['on_invalid'],
  }))
}

/** All identity kinds. */
export async function selectIdentityKinds(pool: Pool): Promise<IdentityKind[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT kind, normalization, one_per_profile, may_merge, trusted_only, movable, identifies, strength FROM identity_kind',
  )
  return rows.map((row) => ({
    kind: row['kind'],
    normalization: row['normalization'],
    onePerProfile: row['one_per_profile'] === 1,
    mayMerge: row['may_merge'] === 1,
    trustedOnly: row['trusted_only'] === 1,
    movable: row['movable'] === 1,
    identifies: row['identifies'] === 1,
    strength: row['strength'],
  }))
}

/** A trigger that may start runs now, with the graph of its workflow's live version. */
export interface LiveTrigger {
  id: Buffer
  eventTypeId: string
  sourceId: string | null
  condition: string | null
  requiredConsents: string[]
  workflowId: Buffer
  version: number
  startNode: string | null
  graph: unknown
}

/** Enabled triggers of enabled, deployed workflows, oldest first: the order in which they run. */
export async function selectLiveTriggers(pool: Pool): Promise<LiveTrigger[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT t.id, t.event_type_id, t.source_id, t.\`condition\`, t.required_consents, t.start_node, v.workflow_id, v.version, v.graph
     FROM workflow_trigger t
     JOIN workflow w ON w.id = t.workflow_id
     JOIN workflow_version v ON v.workflow_id = w.id AND v.version = w.live_version
     WHERE t.enabled AND w.enabled
     ORDER BY t.id`,
  )
  return rows.map((row) => ({
    id: row['id'],
    eventTypeId: row['event_type_id'],
    sourceId: row['source_id'],
    condition: row['condition'],
    requiredConsents: JSON.parse(row['required_consents']),
    workflowId: row['workflow_id'],
    version: row['version'],
    startNode: row['start_node'],
    graph: JSON.parse(row['graph']),
  }))
}

/** Workflows that are not deleted, and which version of each is live. */
export async function selectWorkflows(
  database: Pick<Connection, 'query'>,
): Promise<{ id: Buffer; version: number | null }[]> {
  const [rows] = await database.query<RowDataPacket[]>('SELECT id, live_version FROM workflow')
  return rows.map((row) => ({ id: row['id'], version: row['live_version'] }))
}

/** Which of the workflows are there at this moment. Index: primary key. */
export async function selectExistingWorkflows(tx: Connection, ids: Buffer[]): Promise<Buffer[]> {
  const [rows] = await tx.query<RowDataPacket[]>('SELECT id FROM workflow WHERE id IN (?)', [ids])
  return rows.map((row) => row['id'])
}

/** Graphs of versions. Index: primary key. */
export async function selectVersions(
  database: Pick<Connection, 'query'>,
  keys: { workflowId: Buffer; version: number }[],
): Promise<{ workflowId: Buffer; version: number; graph: unknown }[]> {
  const [rows] = await database.query<RowDataPacket[]>(
    'SELECT workflow_id, version, graph FROM workflow_version WHERE (workflow_id, version) IN (?)',
    [keys.map(({ workflowId, version }) => [workflowId, version])],
  )
  return rows.map((row) => ({
    workflowId: row['workflow_id'],
    version: row['version'],
    graph: JSON.parse(row['graph']),
  }))
}

/** When and how often people may be written to. */
export async function selectContactPolicies(pool: Pool): Promise<ContactPolicy[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT channel, quiet_from, quiet_until, time_zone, caps FROM contact_policy',
  )
  return rows.map((row) => ({
    channel: row['channel'],
    quiet:
      row['quiet_from'] === null || row['quiet_until'] === null
        ? null
        : { from: row['quiet_from'], until: row['quiet_until'] },
    timeZone: row['time_zone'],
    caps: JSON.parse(row['caps']),
  }))
}
