// Writes of what runs want done: deliveries, events, places in queues.
import { toBytes } from '@segue/database'
import { partitionOf, type Envelope } from '@segue/event-model'
import type { Cause, DeliveryRequest, JsonValue } from '@segue/workflow-engine'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { insertRows, type Cell, type InsertStatement } from './insert-rows.js'
import { cut, json } from './rows.js'

const DELIVERIES: InsertStatement = {
  into: 'delivery',
  columns: [
    'id',
    'transport',
    'destination',
    'run_id',
    'delayed_event_id',
    'workflow_id',
    'node_id',
    'profile_id',
    'request',
    'required_consents',
    'state',
    'next_at',
    'created_at',
  ],
}

export interface NewDelivery {
  delivery: DeliveryRequest
  runId: Buffer
  workflowId: Buffer
  nodeId: string
  profileId: Buffer | null
}

/** Hands deliveries to the delivery workers. */
export async function insertDeliveries(tx: Connection, rows: NewDelivery[], now: number): Promise<void> {
  const at = new Date(now)
  await insertRows(
    tx,
    DELIVERIES,
    rows.map(({ delivery, runId, workflowId, nodeId, profileId }): Cell[] => [
      toBytes(delivery.id),
      delivery.transport,
      destinationOf(delivery),
      runId,
      delivery.waitId === null ? null : toBytes(delivery.waitId),
      workflowId,
      nodeId,
      profileId,
      json({ ...delivery.request, ...(delivery.resource === null ? {} : { resource: delivery.resource }) }),
      delivery.requiredConsents.length > 0 ? json(delivery.requiredConsents) : null,
      'queued',
      at,
      at,
    ]),
  )
}

/** What has one limit of concurrency and one circuit breaker: a resource, else the host that is called. */
function destinationOf({ transport, resource, request }: DeliveryRequest): string {
  if (resource !== null) return resource
  const url = typeof request['url'] === 'string' ? request['url'] : ''
  return cut(`${transport}:${URL.canParse(url) ? new URL(url).host : ''}`, 190)
}

/** What became of deliveries that are finished, as causes for the runs that wait for them; locked, so that a worker that finishes one comes before or after. Index: primary key. */
export async function selectFinishedDeliveries(tx: Connection, ids: Buffer[]): Promise<{ id: Buffer; cause: Cause }[]> {
  if (ids.length === 0) return []
  const [rows] = await tx.query<RowDataPacket[]>(
    'SELECT id, state, response, error FROM delivery WHERE id IN (?) ORDER BY id LOCK IN SHARE MODE',
    [ids],
  )
  return rows.flatMap(({ id, state, response, error }): { id: Buffer; cause: Cause }[] => {
    if (state === 'queued') return []
    const answer: JsonValue = response === null ? null : JSON.parse(response)
    if (state === 'delivered') return [{ id, cause: { kind: 'answer', delivered: true, response: answer } }]
    const { code = 'CANCELLED', message = '' } = error === null ? {} : JSON.parse(error)
    return [{ id, cause: { kind: 'answer', delivered: false, error: { code, message }, response: answer } }]
  })
}

const INBOX: InsertStatement = { into: 'inbox', columns: ['partition_no', 'id', 'source_id', 'received_at', 'body'] }

/** Puts events that workflows emit into the inbox. */
export async function insertEmitted(tx: Connection, envelopes: Envelope[]): Promise<void> {
  await insertRows(
    tx,
    INBOX,
    envelopes.map((envelope): Cell[] => [
      partitionOf(envelope),
      toBytes(envelope.eventId),
      envelope.sourceId,
      new Date(envelope.receivedAt),
      Buffer.from(JSON.stringify(envelope)),
    ]),
  )
}

/** Runs that stand in one queue, in the order in which they came. */
export interface Queue {
  workflowId: Buffer
  nodeId: string
  keyHash: Buffer
  /** Microseconds between two. */
  interval: number
  runs: number
}

/**
 * Takes places in queues and returns for each when its first run may pass, in microseconds; each further one an interval later. The rows stay locked
 * until the commit, in the order of their key: who shares a queue waits here, where little is left to do. Index: primary key.
 */
export async function takePlaces(tx: Connection, queues: Queue[], now: number): Promise<number[]> {
  if (queues.length === 0) return []
  const nameOf = (workflowId: Buffer, nodeId: string, keyHash: Buffer): string =>
    `${workflowId.toString('hex')} ${keyHash.toString('hex')} ${nodeId}`
  const keys = new Map(
    queues.map(({ workflowId, nodeId, keyHash }) => [
      nameOf(workflowId, nodeId, keyHash),
      [workflowId, nodeId, keyHash] as const,
    ]),
  )
  const next = new Map<string, number>()
  const lock = async (missing: [string, readonly [Buffer, string, Buffer]][]): Promise<void> => {
    const [rows] = await tx.query<RowDataPacket[]>(
      `SELECT workflow_id, node_id, key_hash, next_at FROM rate_slot WHERE (workflow_id, node_id, key_hash) IN (?)
       ORDER BY workflow_id, node_id, key_hash FOR UPDATE`,
      [missing.map(([, key]) => key)],
    )
    for (const row of rows)
      next.set(nameOf(row['workflow_id'], row['node_id'], row['key_hash']), Number(row['next_at']))
  }
  await lock([...keys])
  const missing = [...keys].filter(([name]) => !next.has(name)).sort(([a], [b]) => (a < b ? -1 : 1))
  if (missing.length > 0) {
    // Only the first of all: an insert that finds a row shares its lock, and two who share one cannot both go on.
    await tx.query(`INSERT IGNORE INTO rate_slot (workflow_id, node_id, key_hash, next_at) VALUES ?`, [
      missing.map(([, key]) => [...key, 0]),
    ])
    await lock(missing)
  }
  const firsts = queues.map(({ workflowId, nodeId, keyHash }) =>
    Math.max(next.get(nameOf(workflowId, nodeId, keyHash)) ?? 0, now * 1000),
  )
  await tx.query(
    `INSERT INTO rate_slot (workflow_id, node_id, key_hash, next_at) VALUES ?
     ON DUPLICATE KEY UPDATE next_at = VALUES(next_at)`,
    [
      queues.map(({ workflowId, nodeId, keyHash, interval, runs }, i) => [
        workflowId,
        nodeId,
        keyHash,
        Math.ceil((firsts[i] ?? 0) + interval * runs),
      ]),
    ],
  )
  return firsts
}
