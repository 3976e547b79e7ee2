// Deployed workflows and the passing of time, for tests of runs.
import { randomUUID } from 'node:crypto'
import { toBytes, toId } from '@segue/database'
import { resumeBatch, ConfigurationLoader, type ResumeOutcome } from '../index.js'
import { failureKind } from '../failures.js'
import type { TestPipeline } from './test-pipeline.js'

export interface TestNode {
  id: string
  type: string
  config?: Record<string, unknown>
}

/** `'start.next wait.done end'`: nodes by their ports, one way a text. */
function edgesOf(...ways: string[]): { from: string; port: string; to: string }[] {
  return ways.flatMap((way) => {
    const stops = way.split(' ').map((stop) => stop.split('.'))
    return stops.slice(1).map(([to = ''], i) => ({ from: stops[i]?.[0] ?? '', port: stops[i]?.[1] ?? 'next', to }))
  })
}

export interface Deployment {
  nodes: TestNode[]
  ways: string[]
  settings?: Record<string, unknown>
  /** The event type that starts it; none without. */
  on?: string
}

/** Deploys a workflow, or its next version, and returns its id. */
export async function deploy(
  pipeline: TestPipeline,
  { nodes, ways, settings, on }: Deployment,
  id: string = randomUUID(),
): Promise<string> {
  const graph = JSON.stringify({
    nodes: [{ id: 'start', type: 'start' }, ...nodes],
    edges: edgesOf(...ways),
    ...(settings ? { settings } : {}),
  })
  const bytes = toBytes(id)
  const now = new Date()
  const [row] = await pipeline.rows<{ latest: number | null }>(
    'SELECT MAX(version) AS latest FROM workflow_version WHERE workflow_id = ?',
    [bytes],
  )
  const version = (row?.latest ?? 0) + 1
  await pipeline.rows('INSERT INTO workflow_version (workflow_id, version, graph, created_at) VALUES (?, ?, ?, ?)', [
    bytes,
    version,
    graph,
    now,
  ])
  await pipeline.rows(
    `INSERT INTO workflow (id, name, draft, live_version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
     ON DUPLICATE KEY UPDATE live_version = VALUES(live_version)`,
    [bytes, id, graph, version, now, now],
  )
  if (on !== undefined)
    await pipeline.rows(
      `INSERT INTO workflow_trigger (id, workflow_id, name, event_type_id, required_consents, created_at, updated_at)
       VALUES (?, ?, 'on event', ?, '[]', ?, ?)`,
      [toBytes(randomUUID()), bytes, on, now, now],
    )
  return id
}

/** Everything that waits for a time is due now. */
export async function passTime(pipeline: TestPipeline): Promise<void> {
  await pipeline.rows('UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3) WHERE due_at IS NOT NULL')
}

/** Resumes what is due in one batch, trying again as a worker does. */
export async function resumeDue(pipeline: TestPipeline): Promise<ResumeOutcome> {
  const loader = new ConfigurationLoader(pipeline.pool)
  for (;;) {
    const due = await pipeline.rows<{ id: Buffer }>(
      'SELECT id FROM delayed_event WHERE due_at <= UTC_TIMESTAMP(3) ORDER BY due_at, id LIMIT 500',
    )
    const configuration = await loader.load()
    const tx = await pipeline.pool.getConnection()
    try {
      await tx.beginTransaction()
      const outcome = await resumeBatch(
        tx,
        due.map(({ id }) => id),
        configuration,
        Date.now(),
      )
      await tx.commit()
      return outcome
    } catch (error) {
      await tx.rollback()
      if (failureKind(error) !== 'retry') throw error
    } finally {
      tx.release()
    }
  }
}

export interface SeenRun {
  id: string
  state: string
  version: number
  steps: { nodeId: string; port: string | null; waits?: true }[]
  outcome: Record<string, unknown> | null
  error: { code: string; nodeId: string } | null
}

/** A workflow's runs in the order in which they began. */
export async function runsOf(pipeline: TestPipeline, workflowId: string): Promise<SeenRun[]> {
  const rows = await pipeline.rows<Record<string, string> & { id: Buffer; version: number }>(
    'SELECT id, state, version, steps, outcome, error FROM workflow_run WHERE workflow_id = ? ORDER BY id',
    [toBytes(workflowId)],
  )
  const parsed = (json: string | null | undefined) => (json ? JSON.parse(json) : null)
  return rows.map(({ id, state = '', version, steps, outcome, error }) => ({
    id: toId(id),
    state,
    version,
    steps: parsed(steps),
    outcome: parsed(outcome),
    error: parsed(error),
  }))
}

/** `start.next wait> wait.done end`: `>` marks where it waits. */
export function pathOf({ steps }: SeenRun): string {
  return steps.map(({ nodeId, port, waits }) => `${nodeId}${waits ? '>' : port ? `.${port}` : ''}`).join(' ')
}
