// Runs, what they wait for and what they send, as workers store them.
import { toBytes, toId, type Database, type DelayedEventKind } from '@segue/database'
import type { Awaits, JsonObject, JsonValue, RunState, RunStep, Wait } from '@segue/workflow-engine'
import { randomBytes, randomUUID } from 'node:crypto'

/** A UUIDv7 of a moment, now when none is given. */
export function uuid7(at = Date.now()): string {
  const id = randomBytes(16)
  id.writeUIntBE(at, 0, 6)
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x70, 6)
  id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8)
  return toId(id)
}

export interface NewWaitingRun {
  workflowId: string
  version?: number
  profileId?: string
  parentRunId?: string
  state?: 'waiting' | 'failed'
  /** Nodes in which it waits. */
  nodes?: string[]
  kind?: Exclude<DelayedEventKind, 'start' | 'retry' | 'slot' | 'run' | 'segment'>
  due?: Date | null
  dead?: boolean
  at?: number
  steps?: RunStep[]
  /** What the nodes got in which it waits. */
  input?: JsonValue
  /** Of its delayed events. */
  error?: { code: string; message: string }
}

export interface WaitingRun {
  id: string
  waits: string[]
}

/** Stores runs that wait or failed. */
export async function addWaitingRuns(database: Database, ...runs: NewWaitingRun[]): Promise<WaitingRun[]> {
  const made: WaitingRun[] = []
  for (const run of runs) {
    const { workflowId, version = 1, state = 'waiting', nodes = ['wait'], kind = 'time', dead = false } = run
    const at = run.at ?? Date.now()
    const due = run.due === undefined ? new Date(at + 86_400_000) : run.due
    const id = uuid7(at)
    const profile = run.profileId ? toBytes(run.profileId) : null
    const waits =
      state === 'failed' ? [] : nodes.map((nodeId) => wait(nodeId, kind, at, due, run.input ?? { greeting: 'hello' }))
    const steps = run.steps ?? [
      { nodeId: 'start', port: 'next', at, input: null, output: { greeting: 'hello' } },
      { nodeId: nodes[0] ?? 'wait', port: null, at, waits: true, input: { greeting: 'hello' } },
    ]
    const body: RunState = {
      v: 1,
      startedAt: at,
      event: null,
      input: null,
      depth: 0,
      steps,
      stepCount: steps.length,
      waits,
      joins: {},
      passed: [],
      ...(state === 'failed'
        ? { failed: { nodeId: nodes[0] ?? 'wait', input: { secret: 'x' }, pending: [], operations: [], effects: [] } }
        : {}),
    }
    await database.query(
      `INSERT INTO workflow_run (id, workflow_id, version, profile_id, original_profile_id, event_id, parent_run_id, state, started_at, ended_at, steps, error, log)
       VALUES (?)`,
      [
        [
          toBytes(id),
          toBytes(workflowId),
          version,
          profile,
          profile,
          null,
          run.parentRunId ? toBytes(run.parentRunId) : null,
          state,
          new Date(at),
          state === 'failed' ? new Date(at) : null,
          '[]',
          state === 'failed' ? JSON.stringify({ nodeId: nodes[0], code: 'BROKEN', message: 'It broke.' }) : null,
          '[]',
        ],
      ],
    )
    await database.query(
      'INSERT INTO run_state (run_id, workflow_id, version, profile_id, original_profile_id, state, updated_at, body) VALUES (?)',
      [
        [
          toBytes(id),
          toBytes(workflowId),
          version,
          profile,
          profile,
          state,
          new Date(at),
          Buffer.from(JSON.stringify(body)),
        ],
      ],
    )
    if (profile) {
      await database.query(`INSERT INTO activity (profile_id, at, kind, ref) VALUES (?, ?, 'run', ?)`, [
        profile,
        new Date(at),
        toBytes(id),
      ])
    }
    for (const { id: waitId, nodeId } of waits) {
      await database.query(
        'INSERT INTO delayed_event (id, run_id, workflow_id, node_id, kind, due_at, created_at, attempts, error, dead) VALUES (?)',
        [
          [
            toBytes(waitId),
            toBytes(id),
            toBytes(workflowId),
            nodeId,
            kind,
            dead ? null : due,
            new Date(at),
            dead ? 10 : 0,
            run.error ? JSON.stringify(run.error) : null,
            dead,
          ],
        ],
      )
    }
    made.push({ id, waits: waits.map((one) => one.id) })
  }
  return made
}

function wait(nodeId: string, kind: string, at: number, due: Date | null, input: JsonValue): Wait {
  const awaits: Awaits =
    kind === 'event'
      ? { kind: 'event', eventType: 'checked-out', lookBackTo: null }
      : kind === 'delivery'
        ? { kind: 'delivery', deliveryId: randomUUID() }
        : { kind: 'time' }
  const until = due ? due.getTime() : null
  return { id: uuid7(at), nodeId, input, since: at, until, awaits, memo: null }
}

export interface NewDelivery {
  workflowId: string
  runId?: string
  profileId?: string
  waitId?: string
  destination?: string
  state?: 'queued' | 'delivered' | 'rejected' | 'cancelled'
  at?: number
  code?: string
  /** What the other side said. */
  message?: string
  request?: JsonObject
  response?: JsonObject
  leasedForSeconds?: number
}

/** Stores deliveries; returns their ids. */
export async function addDeliveries(database: Database, ...deliveries: NewDelivery[]): Promise<string[]> {
  const ids: string[] = []
  for (const given of deliveries) {
    const { state = 'queued', at = Date.now(), destination = 'http:api.example.com' } = given
    const id = uuid7(at)
    const isDone = state !== 'queued'
    await database.query(
      `INSERT INTO delivery (id, transport, destination, run_id, delayed_event_id, workflow_id, node_id, profile_id, request, required_consents, state, attempts,
         next_at, lease_owner, lease_until, created_at, finished_at, response, error)
       VALUES (?, 'http', ?, ?, ?, ?, 'call', ?, ?, '["mail"]', ?, ?, ?, ?, ${given.leasedForSeconds ? 'UTC_TIMESTAMP(3) + INTERVAL 60 SECOND' : 'NULL'}, ?, ?, ?, ?)`,
      [
        toBytes(id),
        destination,
        given.runId ? toBytes(given.runId) : null,
        given.waitId ? toBytes(given.waitId) : null,
        toBytes(given.workflowId),
        given.profileId ? toBytes(given.profileId) : null,
        JSON.stringify(given.request ?? { url: 'https://api.example.com/x', body: 'hello' }),
        state,
        isDone ? 3 : 0,
        isDone ? null : new Date(at),
        given.leasedForSeconds ? 'worker-1' : null,
        new Date(at),
        isDone ? new Date(at + 1000) : null,
        isDone ? JSON.stringify(given.response ?? { status: state === 'delivered' ? 200 : 422, body: 'no' }) : null,
        state === 'rejected'
          ? JSON.stringify({ code: given.code ?? 'REFUSED', message: given.message ?? 'They said no.' })
          : null,
      ],
    )
    ids.push(id)
  }
  return ids
}

/** How a delayed event stands; undefined when it is gone. `due` is 1 when it is due now. */
export async function delayedEvent(
  database: Database,
  id: string,
): Promise<{ due: number; dead: number; attempts: number; outcome: Record<string, unknown> | null } | undefined> {
  const [row] = await database.query<
    { due: number | null; dead: number; attempts: number; outcome: string | Record<string, unknown> | null }[]
  >('SELECT due_at <= UTC_TIMESTAMP(3) AS due, dead, attempts, outcome FROM delayed_event WHERE id = ?', [toBytes(id)])
  if (!row) return undefined
  const { outcome } = row
  return {
    due: Number(row.due ?? 0),
    dead: Number(row.dead),
    attempts: row.attempts,
    outcome: typeof outcome === 'string' ? (JSON.parse(outcome) as Record<string, unknown>) : outcome,
  }
}
