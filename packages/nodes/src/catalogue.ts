// The list of nodes, and what the page needs to know of each.
import { z } from 'zod'
import type { AnyNode } from '@segue/workflow-engine'
import { httpCall } from './deliveries/http-call.js'
import { mailSend } from './deliveries/mail-send.js'
import { end } from './flow/end.js'
import { ifCondition } from './flow/if.js'
import { join } from './flow/join.js'
import { start } from './flow/start.js'
import { switchCase } from './flow/switch.js'
import { throwError } from './flow/throw.js'
import { logMessage } from './output/log.js'
import { respond } from './output/response.js'
import { limit } from './people/limit.js'
import { once } from './people/once.js'
import { split } from './people/split.js'
import { appendValue } from './profile/append.js'
import { copyFields } from './profile/copy.js'
import { incrementField } from './profile/increment.js'
import { setFields } from './profile/set.js'
import { emitEvent } from './runs/emit.js'
import { runSubWorkflow } from './runs/run-sub-workflow.js'
import { waitDuration } from './waiting/wait-duration.js'
import { waitEvent } from './waiting/wait-event.js'
import { waitSegment } from './waiting/wait-segment.js'
import { waitUntil } from './waiting/wait-until.js'
import { waitWindow } from './waiting/wait-window.js'

/** Every node that runs inside the engine; for `compileWorkflow(graph, coreNodes)`. The page lists them in this order. */
export const coreNodes: readonly AnyNode[] = [
  start,
  end,
  ifCondition,
  switchCase,
  join,
  split,
  throwError,
  waitDuration,
  waitUntil,
  waitWindow,
  waitEvent,
  waitSegment,
  once,
  limit,
  setFields,
  copyFields,
  incrementField,
  appendValue,
  emitEvent,
  runSubWorkflow,
  httpCall,
  mailSend,
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
  /** Whether runs may wait in it. */
  waits: boolean
  /** Whether runs begin in it. */
  begins: boolean
  /**
   * JSON Schema (2020-12) of the configuration, for the form. `format` marks fields with an editor of their own:
   * `cel`, `liquid`, `liquid-html`, `profile-field`, `data-field`, `event-field`, `event-type`, `duration`, `time-of-day`,
   * `workflow`, `segment`, `resource` (of a `transport`), `consent`, `channel`.
   */
  configSchema: Record<string, unknown>
}

/** The catalogue of all nodes; worth keeping, it takes about a millisecond. */
export function nodeCatalogue(): CatalogueEntry[] {
  return coreNodes.map(({ type, title, group, help, ports, waits, begins, config }) => ({
    type,
    title,
    group,
    help,
    ports: typeof ports === 'function' ? null : ports,
    waits: waits ?? false,
    begins: begins ?? false,
    configSchema: z.toJSONSchema(config, { io: 'input' }),
  }))
}
