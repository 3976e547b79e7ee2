// The versions of workflows, compiled. One never changes, so what is compiled is kept; runs may be pinned to any of them.
import { coreNodes } from '@segue/nodes'
import { compileWorkflow, type CompiledWorkflow } from '@segue/workflow-engine'
import type { Connection } from 'mysql2/promise'
import { selectVersions } from './sql/configuration.js'

/** A version of a workflow. */
export interface VersionKey {
  workflowId: Buffer
  version: number
}

export class Versions {
  /** A text says why it cannot be compiled. */
  readonly #compiled = new Map<string, CompiledWorkflow | string>()

  /** Reads and compiles those that are not known yet. */
  async load(tx: Pick<Connection, 'query'>, keys: readonly VersionKey[]): Promise<void> {
    const missing = new Map(keys.filter((key) => !this.#compiled.has(nameOf(key))).map((key) => [nameOf(key), key]))
    if (missing.size === 0) return
    for (const row of await selectVersions(tx, [...missing.values()])) this.compile(row, row.graph)
  }

  /** Compiles a version's graph unless it is known; a text says what is wrong with it. */
  compile(key: VersionKey, graph: unknown): CompiledWorkflow | string {
    const name = nameOf(key)
    let compiled = this.#compiled.get(name)
    if (compiled === undefined) {
      const result = compileWorkflow(graph, coreNodes)
      compiled = 'workflow' in result ? result.workflow : result.problems.map((problem) => problem.message).join(' ')
      this.#compiled.set(name, compiled)
    }
    return compiled
  }

  /** Undefined when it is not loaded, or cannot be compiled any more. */
  get(workflowId: Buffer, version: number): CompiledWorkflow | undefined {
    const compiled = this.#compiled.get(nameOf({ workflowId, version }))
    return typeof compiled === 'string' ? undefined : compiled
  }
}

function nameOf({ workflowId, version }: VersionKey): string {
  return `${workflowId.toString('hex')} ${version}`
}
