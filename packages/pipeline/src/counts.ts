// What the runs of a batch did, counted by version and node.
import type { Batch, WorkingRun } from './batch.js'
import type { MinuteCount } from './sql/node-minute.js'

/** Where a node's failures go that the workflow takes up. */
const ERROR_PORT = 'error'

export type NodeCount = Pick<MinuteCount, 'nodeId' | 'entered' | 'failed'>

/** What a version's runs did in the batch. */
export interface VersionCounts {
  workflowId: Buffer
  version: number
  nodes: Map<string, NodeCount>
  /** `@started`, `@completed`, `@failed`, `@cancelled`, `@goal:NAME`. */
  runs: Map<string, NodeCount>
}

export function countRuns({ runs }: Batch): VersionCounts[] {
  const versions = new Map<string, VersionCounts>()
  for (const run of runs) {
    const { workflowId, version } = run
    const name = `${workflowId.toString('latin1')} ${version}`
    let counts = versions.get(name)
    if (!counts) versions.set(name, (counts = { workflowId, version, nodes: new Map(), runs: new Map() }))
    countNodes(counts.nodes, run)
    if (run.isNew) countOf(counts.runs, '@started').entered += 1
    if (run.state !== 'waiting') countOf(counts.runs, `@${run.state}`).entered += 1
    if (run.outcome?.kind === 'goal') countOf(counts.runs, `@goal:${run.outcome.name}`).entered += 1
  }
  return [...versions.values()]
}

/** A step is there when its node has run, or begun to wait; the node that ended a run may have none. A node that was entered once and woken later counts once. */
function countNodes(nodes: Map<string, NodeCount>, { executed, error, state }: WorkingRun): void {
  for (const step of executed) {
    const count = countOf(nodes, step.nodeId)
    if (!step.woken) count.entered += 1
    if (step.port === ERROR_PORT) count.failed += 1
  }
  if (!error || state !== 'failed') return
  const count = countOf(nodes, error.nodeId)
  count.failed += 1
  if (executed.at(-1)?.nodeId !== error.nodeId) count.entered += 1
}

function countOf(counts: Map<string, NodeCount>, nodeId: string): NodeCount {
  let count = counts.get(nodeId)
  if (!count) counts.set(nodeId, (count = { nodeId, entered: 0, failed: 0 }))
  return count
}
