// What people set up and the pipeline reads: types, schemas, identity kinds, triggers, live workflows. Loaded as one snapshot.
import { toId } from '@segue/database'
import { compileCondition, type Condition } from '@segue/conditions'
import { compileSchemas, type CompiledSchemas, type EventType, type IdentityKind } from '@segue/event-model'
import { coreNodes } from '@segue/nodes'
import { compileWorkflow, type CompiledWorkflow } from '@segue/workflow-engine'
import type { Pool } from 'mysql2/promise'
import {
  selectEventSchemas,
  selectEventTypes,
  selectIdentityKinds,
  selectLiveTriggers,
  type LiveTrigger,
} from './sql/configuration.js'

/** A trigger ready to be tried: its condition and its workflow's live version are compiled. */
export interface Trigger {
  id: Buffer
  sourceId: string | null
  condition: Condition | null
  requiredConsents: string[]
  workflowId: Buffer
  version: number
  workflow: CompiledWorkflow
}

/** Kinds of identity by what they decide. */
export interface IdentityRules {
  onePerProfile: ReadonlySet<string>
  identifying: ReadonlySet<string>
}

/** One consistent view of the configuration; never changed, only replaced. */
export interface Configuration {
  eventTypes: Map<string, EventType>
  identityKinds: Map<string, IdentityKind>
  identityRules: IdentityRules
  schemas: CompiledSchemas
  /** By event type. */
  triggers: Map<string, Trigger[]>
  /** What could not be used (a trigger whose condition no longer compiles...), for the log. */
  problems: string[]
}

/** Keeps what earlier snapshots compiled: a version of a workflow never changes, a condition is its own key. */
export class ConfigurationLoader {
  readonly #workflows = new Map<string, CompiledWorkflow | string>()
  readonly #conditions = new Map<string, Condition | string>()
  #schemas: CompiledSchemas | undefined

  constructor(private readonly pool: Pool) {}

  /** Reads everything in four small statements. */
  async load(): Promise<Configuration> {
    const [eventTypes, schemas, kinds, live] = await Promise.all([
      selectEventTypes(this.pool),
      selectEventSchemas(this.pool),
      selectIdentityKinds(this.pool),
      selectLiveTriggers(this.pool),
    ])
    this.#schemas = compileSchemas(schemas, this.#schemas)
    const problems = this.#schemas.broken.map(
      ({ eventTypeId, reason }) => `A schema of ${eventTypeId} is left out: ${reason}`,
    )
    const triggers = new Map<string, Trigger[]>()
    for (const row of live) {
      const trigger = this.#trigger(row)
      if (typeof trigger === 'string') problems.push(trigger)
      else triggers.set(row.eventTypeId, [...(triggers.get(row.eventTypeId) ?? []), trigger])
    }
    return {
      eventTypes: new Map(eventTypes.map((type): [string, EventType] => [type.id, type])),
      identityKinds: new Map(kinds.map((kind): [string, IdentityKind] => [kind.kind, kind])),
      identityRules: {
        onePerProfile: new Set(kinds.filter((kind) => kind.onePerProfile).map((kind) => kind.kind)),
        identifying: new Set(kinds.filter((kind) => kind.identifies).map((kind) => kind.kind)),
      },
      schemas: this.#schemas,
      triggers,
      problems,
    }
  }

  #trigger(row: LiveTrigger): Trigger | string {
    const workflow = this.#workflow(row)
    if (typeof workflow === 'string')
      return `Workflow ${toId(row.workflowId)} version ${row.version} cannot run: ${workflow}`
    const condition = row.condition === null ? null : this.#condition(row.condition)
    if (typeof condition === 'string')
      return `Trigger ${toId(row.id)} is left out, its condition is not usable: ${condition}`
    const { id, sourceId, requiredConsents, workflowId, version } = row
    return { id, sourceId, requiredConsents, workflowId, version, condition, workflow }
  }

  #workflow({ workflowId, version, graph }: LiveTrigger): CompiledWorkflow | string {
    const key = `${workflowId.toString('hex')} ${version}`
    let compiled = this.#workflows.get(key)
    if (compiled === undefined) {
      const result = compileWorkflow(graph, coreNodes)
      compiled = 'workflow' in result ? result.workflow : result.problems.map((problem) => problem.message).join(' ')
      this.#workflows.set(key, compiled)
    }
    return compiled
  }

  #condition(source: string): Condition | string {
    let compiled = this.#conditions.get(source)
    if (compiled === undefined) {
      try {
        compiled = compileCondition(source)
      } catch (error) {
        compiled = error instanceof Error ? error.message : String(error)
      }
      this.#conditions.set(source, compiled)
    }
    return compiled
  }
}
