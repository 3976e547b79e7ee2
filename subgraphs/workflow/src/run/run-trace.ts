// What happened within a run and what it waits for, as the API shows it.
import type { WorkflowRun } from '@segue/database'
import { GraphQLJSON, Right, type PersonalData } from '@segue/graphql'
import type { Decision, JsonValue, RunState, Wait } from '@segue/workflow-engine'
import { Field, ID, ObjectType } from 'type-graphql'

@Right('runs.read')
@ObjectType('WorkflowDecision', { description: 'What was decided about the effect of a node, and why.' })
export class DecisionNode {
  @Field(() => Boolean, { description: 'Whether the effect was allowed.' })
  allowed!: boolean

  @Field(() => String, { description: 'Stable: CONSENT_MISSING, QUIET_HOURS, FREQUENCY_CAP and such.' })
  code!: string

  @Field(() => String, { description: 'Meant for people.' })
  message!: string

  @Field(() => Date, { nullable: true, description: 'Until when the effect waits; null when it does not.' })
  until!: Date | null
}

@ObjectType('WorkflowStep', { description: 'One execution of one node.' })
export class RunStepNode {
  @Field(() => String, { description: 'Which node of the graph.' })
  nodeId!: string

  @Field(() => String, {
    nullable: true,
    description: 'The port it left through; null when the branch ended there, or waits there.',
  })
  port!: string | null

  @Field(() => Date, { nullable: true, description: 'When it ran.' })
  at!: Date | null

  @Field(() => Boolean, { description: 'Whether it let the branch wait.' })
  waits!: boolean

  @Field(() => GraphQLJSON, {
    nullable: true,
    description:
      'What it got. Kept of runs that wait or failed, and of others where the workflow’s settings say so. What is too large is cut: `{"cut": true, "bytes": …, "start": …}`.',
  })
  input!: JsonValue

  @Field(() => GraphQLJSON, { nullable: true, description: 'What it handed on; kept as the input is.' })
  output!: JsonValue

  @Field(() => DecisionNode, { nullable: true, description: 'What was decided about its effect; null for nothing.' })
  decision!: DecisionNode | null
}

@ObjectType('WorkflowLogEntry', { description: 'What a node wrote into the log of its run.' })
export class RunLogEntryNode {
  @Field(() => String, { description: 'Which node of the graph.' })
  nodeId!: string

  @Field(() => String, { description: 'debug, info, warning or error.' })
  level!: string

  @Field(() => String, { description: 'What it wrote.' })
  message!: string
}

@Right('runs.read')
@ObjectType('WorkflowRunError', { description: 'Why a run failed.' })
export class RunErrorNode {
  @Field(() => String, { description: 'In which node of the graph.' })
  nodeId!: string

  @Field(() => String, { description: 'Stable; meant for programs.' })
  code!: string

  @Field(() => String, { description: 'Meant for people.' })
  message!: string

  @Field(() => GraphQLJSON, { nullable: true, description: 'What the node got.' })
  input!: JsonValue
}

@Right('runs.read')
@ObjectType('WorkflowRunWait', { description: 'A branch of a run that waits.' })
export class RunWaitNode {
  @Field(() => ID, { description: 'Also the id of its delayed event.' })
  id!: string

  @Field(() => String, { description: 'In which node of the graph.' })
  nodeId!: string

  @Field(() => String, { description: 'For what: time, event, segment, delivery, run or slot.' })
  kind!: string

  @Field(() => Date, { description: 'Since when.' })
  since!: Date

  @Field(() => Date, { nullable: true, description: 'When it ends by itself; null: never.' })
  until!: Date | null

  @Field(() => String, { nullable: true, description: 'The type of the event that it waits for.' })
  eventType!: string | null

  @Field(() => ID, { nullable: true, description: 'The segment that it waits for.' })
  segmentId!: string | null

  @Field(() => ID, { nullable: true, description: 'The delivery whose answer it waits for.' })
  deliveryId!: string | null

  @Field(() => ID, { nullable: true, description: 'The workflow whose run it waits for.' })
  workflowId!: string | null

  @Field(() => GraphQLJSON, { nullable: true, description: 'What the node got.' })
  input!: JsonValue
}

export interface RunTrace {
  steps: RunStepNode[]
  log: RunLogEntryNode[]
  error: RunErrorNode | null
  waits: RunWaitNode[]
}

/**
 * A trace as the API shows it; an empty one of a run that is gone. `state` is what a run that waits or failed goes on from: it has what its steps got and gave. What
 * nodes got, gave and wrote may quote anything of the person, so it is personal as a whole.
 */
export function toTrace(
  row: Pick<WorkflowRun, 'steps' | 'log' | 'error'> | undefined,
  state: RunState | undefined,
  personal: PersonalData,
): RunTrace {
  const [error] = objectsOf([row?.error])
  return {
    steps: objectsOf(state?.steps ?? row?.steps).map((step) => toStep(step, personal)),
    log: objectsOf(row?.log).map((entry) => ({
      nodeId: textOf(entry['nodeId']),
      level: textOf(entry['level']),
      message: personal.text(textOf(entry['message'])),
    })),
    error: error
      ? {
          nodeId: textOf(error['nodeId']),
          code: textOf(error['code']),
          message: personal.text(textOf(error['message'])),
          input: personal.whole((error['input'] ?? state?.failed?.input ?? null) as JsonValue),
        }
      : null,
    waits: (state?.waits ?? []).map((wait) => toWait(wait, personal)),
  }
}

/** What decides how much is seen of what is personal as a whole. */
type Whole = Pick<PersonalData, 'whole'>

/** A step as the API shows it; older ones have only a node and a port. */
export function toStep(given: object, personal: Whole): RunStepNode {
  const step = given as Record<string, unknown>
  return {
    nodeId: textOf(step['nodeId']),
    port: textOrNull(step['port']),
    at: timeOrNull(step['at']),
    waits: step['waits'] === true,
    input: personal.whole((step['input'] ?? null) as JsonValue),
    output: personal.whole((step['output'] ?? null) as JsonValue),
    decision: toDecision(step['decision'] as Decision | undefined),
  }
}

/** A wait as the API shows it. */
export function toWait({ id, nodeId, awaits, since, until, input }: Wait, personal: Whole): RunWaitNode {
  return {
    id,
    nodeId,
    kind: awaits.kind,
    since: new Date(since),
    until: timeOrNull(until),
    eventType: awaits.kind === 'event' ? awaits.eventType : null,
    segmentId: awaits.kind === 'segment' ? awaits.segmentId : null,
    deliveryId: awaits.kind === 'delivery' ? awaits.deliveryId : null,
    workflowId: awaits.kind === 'run' ? awaits.workflowId : null,
    input: personal.whole(input),
  }
}

/** A decision as the API shows it. Its words are ours: they name channels and consents, never a person. */
function toDecision(decision: Decision | undefined): DecisionNode | null {
  if (!decision) return null
  const { allowed, code, message, until } = decision
  return { allowed, code, message, until: timeOrNull(until) }
}

function objectsOf(json: unknown): Record<string, unknown>[] {
  if (!Array.isArray(json)) return []
  return json.filter((item): item is Record<string, unknown> => typeof item === 'object' && item !== null)
}

function timeOrNull(value: unknown): Date | null {
  return typeof value === 'number' ? new Date(value) : null
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function textOf(value: unknown): string {
  return textOrNull(value) ?? ''
}
