// The list of nodes, and what the page needs to know of each.
import { z } from 'zod'
import type { AnyNode } from '@segue/workflow-engine'
import { end } from './flow/end.js'
import { ifCondition } from './flow/if.js'
import { start } from './flow/start.js'
import { logMessage } from './output/log.js'
import { respond } from './output/response.js'
import { appendValue } from './profile/append.js'
import { copyFields } from './profile/copy.js'
import { incrementField } from './profile/increment.js'
import { setFields } from './profile/set.js'

/** Every node that runs inside the engine; for `compileWorkflow(graph, coreNodes)`. */
export const coreNodes: readonly AnyNode[] = [
  start,
  ifCondition,
  end,
  setFields,
  copyFields,
  incrementField,
  appendValue,
  logMessage,
  respond,
]

/** A node as the page shows it. */
export interface CatalogueEntry {
  type: string
  title: string
  group: string
  help: string
  /** The ports; null when they follow from the configuration. */
  ports: readonly string[] | null
  /**
   * JSON Schema (2020-12) of the configuration, for the form. `format` marks fields with an editor of their own:
   * `cel`, `liquid`, `profile-field`, `data-field`.
   */
  configSchema: Record<string, unknown>
}

/** The catalogue of all nodes; worth keeping, it takes about a millisecond. */
export function nodeCatalogue(): CatalogueEntry[] {
  return coreNodes.map(({ type, title, group, help, ports, config }) => ({
    type,
    title,
    group,
    help,
    ports: typeof ports === 'function' ? null : ports,
    configSchema: z.toJSONSchema(config, { io: 'input' }),
  }))
}
