// The nodes of a run that wait for their branches: what has arrived, and when they let it pass.
import type { CompiledNode, CompiledWorkflow } from './compiled-workflow.js'
import { NestedTooDeep } from './errors.js'
import { plainJson, type JsonObject, type JsonValue } from './json.js'
import type { RunState } from './run-state.js'

/**
 * A join passes once in a run: "any" with the first branch, "all" when each node before it has handed something on, or
 * when no branch that is still there can reach it. What arrives later ends there.
 */
export class Joins {
  readonly #workflow: CompiledWorkflow
  readonly #arrived: Map<string, Map<string, JsonValue>>
  readonly #passed: Set<string>

  constructor(workflow: CompiledWorkflow, { joins, passed }: Pick<RunState, 'joins' | 'passed'>) {
    this.#workflow = workflow
    this.#arrived = new Map(Object.entries(joins).map(([id, values]) => [id, new Map(Object.entries(values))]))
    this.#passed = new Set(passed)
  }

  /** Takes in a branch. Gives the join's input when it passes now, undefined while it does not. */
  arrive(node: CompiledNode, from: string, value: JsonValue): JsonObject | undefined {
    if (!node.join || this.#passed.has(node.id)) return undefined
    const plain = plainJson(value)
    if (plain === undefined) throw NestedTooDeep({ what: 'input' })
    const arrived = this.#arrived.get(node.id) ?? new Map<string, JsonValue>()
    this.#arrived.set(node.id, arrived.set(from, plain))
    const complete = node.join.mode === 'any' || node.join.from.every((id) => arrived.has(id))
    return complete ? this.#pass(node, arrived) : undefined
  }

  /** When no branch is left to run: a join that none of the waiting ones can reach, and its input. It passes. */
  nextFree(waiting: readonly CompiledNode[]): { node: CompiledNode; input: JsonObject } | undefined {
    // One join may lie before another; none before itself, so one of them is free of all others.
    const open = this.#workflow.joins.filter(({ id }) => this.#arrived.has(id))
    const node = open.find(({ join }) => ![...waiting, ...open].some((earlier) => join?.before.has(earlier)))
    const arrived = node && this.#arrived.get(node.id)
    return node && arrived && { node, input: this.#pass(node, arrived) }
  }

  /** What has arrived and waits, as it is stored. */
  arrivals(): RunState['joins'] {
    return Object.fromEntries([...this.#arrived].map(([id, values]) => [id, Object.fromEntries(values)] as const))
  }

  /** The joins that have let pass, as they are stored. */
  passed(): RunState['passed'] {
    return [...this.#passed]
  }

  #pass(node: CompiledNode, arrived: ReadonlyMap<string, JsonValue>): JsonObject {
    this.#passed.add(node.id)
    this.#arrived.delete(node.id)
    return Object.fromEntries(arrived)
  }
}
