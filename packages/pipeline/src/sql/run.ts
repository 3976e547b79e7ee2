// Writes of runs: new ones, and those that went on.
import { toBytes } from '@segue/database'
import type { JsonObject, JsonValue } from '@segue/event-model'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import type { Batch, WorkingRun } from '../batch.js'
import { personOf } from '../runs/execute.js'
import { insertRows, type Cell, type InsertStatement } from './insert-rows.js'
import { json } from './rows.js'

const NEW_RUNS: InsertStatement = {
  into: 'workflow_run',
  columns: [
    'id',
    'workflow_id',
    'version',
    'trigger_id',
    'profile_id',
    'original_profile_id',
    'event_id',
    'parent_run_id',
    'state',
    'started_at',
    'ended_at',
    'steps',
    'error',
    'outcome',
    'log',
  ],
}

const KNOWN_RUNS: InsertStatement = {
  ...NEW_RUNS,
  then: `ON DUPLICATE KEY UPDATE version = VALUES(version), state = VALUES(state), ended_at = VALUES(ended_at), steps = VALUES(steps),
    error = VALUES(error), outcome = VALUES(outcome),
    log = IF(VALUES(log) IS NULL, log, IF(log IS NULL, VALUES(log), JSON_MERGE_PRESERVE(log, VALUES(log))))`,
}

/** Stores the batch's runs. Index: primary key, the only unique one; runs that went on are locked with their profiles, or by their state. */
export async function upsertRuns(tx: Connection, { runs }: Batch): Promise<void> {
  const [fresh, known] = [runs.filter((run) => run.isNew), runs.filter((run) => !run.isNew)]
  await insertRows(tx, NEW_RUNS, fresh.map(rowOf))
  await insertRows(tx, KNOWN_RUNS, known.toSorted((a, b) => Buffer.compare(a.id, b.id)).map(rowOf))
}

function rowOf(run: WorkingRun): Cell[] {
  const { startedAt, parent } = run.run
  return [
    run.id,
    run.workflowId,
    run.version,
    run.triggerId,
    personOf(run)?.bytes ?? null,
    run.original,
    run.eventId,
    parent ? toBytes(parent.runId) : null,
    run.state,
    new Date(startedAt),
    run.endedAt === null ? null : new Date(run.endedAt),
    json(run.run.steps as unknown as JsonValue),
    json(errorOf(run)),
    json(run.outcome as JsonObject | null),
    run.log.length > 0 ? json(run.log.map(({ nodeId, level, message }) => ({ nodeId, level, message }))) : null,
  ]
}

/** Without what was thrown: that is for the log. */
function errorOf({ error }: WorkingRun): JsonObject | null {
  return error && { nodeId: error.nodeId, code: error.code, message: error.message, input: error.input }
}

/**
 * How the sub-workflows' runs of parents ended, keyed `parent workflow` in hex; left out: those that go on. Index: of_workflow, from the oldest parent
 * on; asked for runs that are tried again only.
 */
export async function selectEndsOfChildren(
  tx: Connection,
  wanted: { parent: Buffer; workflowId: Buffer }[],
): Promise<Map<string, 'completed' | 'failed' | 'cancelled'>> {
  const [oldest] = wanted.map(({ parent }) => parent).sort(Buffer.compare)
  if (!oldest) return new Map()
  const [rows] = await tx.query<RowDataPacket[]>(
    `SELECT parent_run_id, workflow_id, MAX(state = 'waiting') AS goes_on, MAX(state = 'failed') AS failed,
       MAX(state = 'cancelled') AS cancelled
     FROM workflow_run WHERE workflow_id IN (?) AND id > ? AND parent_run_id IN (?) GROUP BY parent_run_id, workflow_id`,
    [wanted.map(({ workflowId }) => workflowId), oldest, wanted.map(({ parent }) => parent)],
  )
  return new Map(
    rows
      .filter((row) => Number(row['goes_on']) === 0)
      .map((row) => [
        `${row['parent_run_id'].toString('hex')} ${row['workflow_id'].toString('hex')}`,
        Number(row['failed']) === 1 ? 'failed' : Number(row['cancelled']) === 1 ? 'cancelled' : 'completed',
      ]),
  )
}
