// Takes a run to another version of its workflow.
import type { CompiledWorkflow } from './compiled-workflow.js'
import type { FailedPoint, RunState } from './run-state.js'

/**
 * The run as `workflow`, the live version, goes on with it: waits, joins and the point where it failed are moved by
 * the settings' map of nodes, else to the node of the same id. `gone`: the first node that is needed and not there.
 * A wait whose place a node takes that does not wait ends, when it is woken, by running that node.
 */
export function moveRun(workflow: CompiledWorkflow, state: RunState): { state: RunState } | { gone: string } {
  const { nodeMap } = workflow.settings
  const moved = (id: string) => (Object.hasOwn(nodeMap, id) ? (nodeMap[id] ?? id) : id)
  const { failed } = state
  const needed = [
    ...state.waits.map(({ nodeId }) => nodeId),
    ...(failed ? [failed.nodeId, ...failed.pending.map(({ nodeId }) => nodeId)] : []),
  ]
  const gone =
    needed.find((id) => !workflow.nodes.has(moved(id))) ??
    Object.keys(state.joins).find((id) => !workflow.nodes.get(moved(id))?.join)
  if (gone !== undefined) return { gone }
  return {
    state: {
      ...state,
      waits: state.waits.map((wait) => ({ ...wait, nodeId: moved(wait.nodeId) })),
      joins: movedJoins(state.joins, moved),
      passed: [...new Set(state.passed.map(moved))],
      ...(failed ? { failed: movedPoint(failed, moved) } : {}),
    },
  }
}

/** Two joins that became one have what arrived at either. */
function movedJoins(joins: RunState['joins'], moved: (id: string) => string): RunState['joins'] {
  const after = new Map<string, RunState['joins'][string]>()
  for (const [id, arrived] of Object.entries(joins)) {
    const from = Object.entries(arrived).map(([nodeId, value]) => [moved(nodeId), value] as const)
    after.set(moved(id), { ...after.get(moved(id)), ...Object.fromEntries(from) })
  }
  return Object.fromEntries(after)
}

function movedPoint(failed: FailedPoint, moved: (id: string) => string): FailedPoint {
  return {
    ...failed,
    nodeId: moved(failed.nodeId),
    pending: failed.pending.map((pending) => ({
      ...pending,
      nodeId: moved(pending.nodeId),
      from: pending.from === null ? null : moved(pending.from),
    })),
    effects: failed.effects.map((effect) => ({ ...effect, nodeId: moved(effect.nodeId) })),
  }
}
