// What people set up and the pipeline reads: types, schemas, identity kinds, triggers, live workflows. Loaded as one snapshot.
import { toId } from '@segue/database'
import { compileCondition, type Condition } from '@segue/conditions'
import { compileSchemas, type CompiledSchemas, type EventType, type IdentityKind } from '@segue/event-model'
import type { CompiledWorkflow, ContactPolicy } from '@segue/workflow-engine'
import type { Pool } from 'mysql2/promise'
import { usesMemory } from './runs/uses-memory.js'
import {
  selectContactPolicies,
  selectEventSchemas,
  selectEventTypes,
  selectIdentityKinds,
  selectLiveTriggers,
  selectWorkflows,
  type LiveTrigger,
} from './sql/configuration.js'
import { Versions } from './versions.js'

/** A trigger ready to be tried: its condition and its workflow's live version are compiled. */
export interface Trigger {
  id: Buffer
  sourceId: string | null
  condition: Condition | null
  requiredConsents: string[]
  workflowId: Buffer
  version: number
  workflow: CompiledWorkflow
  /** At which start node its runs begin; null: at all. */
  startNode: string | null
}

/** A workflow, and what is live of it. */
export interface LiveWorkflow {
  /** Null: nothing is deployed. */
  version: number | null
  /** Undefined when nothing is, or what is cannot be compiled any more. */
  workflow: CompiledWorkflow | undefined
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
  /** All workflows that are not deleted, by their id in hex. */
  workflows: Map<string, LiveWorkflow>
  versions: Versions
  /** By channel. */
  contactPolicies: ReadonlyMap<string, ContactPolicy>
  /** Whether a workflow that triggers start needs to know what is remembered of people, or when they were written to. */
  usesMemory: boolean
  contacts: boolean
  /** What could not be used (a trigger whose condition no longer compiles...), for the log. */
  problems: string[]
}

/** Keeps what earlier snapshots compiled: a version of a workflow never changes, a condition is its own key. */
export class ConfigurationLoader {
  readonly #versions = new Versions()
  readonly #conditions = new Map<string, Condition | string>()
  #schemas: CompiledSchemas | undefined

  constructor(private readonly pool: Pool) {}

  /** Reads everything in six small statements. */
  async load(): Promise<Configuration> {
    const [eventTypes, schemas, kinds, workflows, policies, live] = await Promise.all([
      selectEventTypes(this.pool),
      selectEventSchemas(this.pool),
      selectIdentityKinds(this.pool),
      selectWorkflows(this.pool),
      selectContactPolicies(this.pool),
      selectLiveTriggers(this.pool),
    ])
    await this.#versions.load(
      this.pool,
      workflows.flatMap(({ id, version }) => (version === null ? [] : [{ workflowId: id, version }])),
    )
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
    const started = [...triggers.values()].flat().map(({ workflow }) => workflow)
    return {
      workflows: new Map(
        workflows.map(({ id, version }) => {
          const workflow = version === null ? undefined : this.#versions.get(id, version)
          return [id.toString('hex'), { version, workflow }]
        }),
      ),
      versions: this.#versions,
      contactPolicies: new Map(policies.map((policy) => [policy.channel, policy])),
      usesMemory: started.some(usesMemory),
      contacts: started.some((workflow) => workflow.contacts.size > 0),
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
    const workflow = this.#versions.compile(row, row.graph)
    if (typeof workflow === 'string')
      return `Workflow ${toId(row.workflowId)} version ${row.version} cannot run: ${workflow}`
    const condition = row.condition === null ? null : this.#condition(row.condition)
    if (typeof condition === 'string')
      return `Trigger ${toId(row.id)} is left out, its condition is not usable: ${condition}`
    const { id, sourceId, requiredConsents, workflowId, version, startNode } = row
    return { id, sourceId, requiredConsents, workflowId, version, startNode, condition, workflow }
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
