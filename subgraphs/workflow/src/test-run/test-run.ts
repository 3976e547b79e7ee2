// What a test run gives, as the API shows it.
import { GraphQLJSON, GraphQLJSONObject } from '@segue/graphql'
import type { Effect, JsonObject, JsonValue, Simulation } from '@segue/workflow-engine'
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { RunErrorNode, RunStepNode, RunWaitNode, toStep, toWait } from '../run/run-trace.js'

/** How a test run stands at its end. */
export enum TestRunState {
  completed = 'completed',
  failed = 'failed',
  waiting = 'waiting',
  exited = 'exited',
}
registerEnumType(TestRunState, {
  name: 'WorkflowTestRunState',
  description: 'How a test run stands at its end.',
  valuesConfig: {
    completed: { description: 'It came to its end.' },
    failed: { description: 'A node failed and nothing was there to take it up.' },
    waiting: { description: 'It waits for something that the script does not let happen, or `until` was reached.' },
    exited: { description: 'An exit rule or a goal held.' },
  },
})

@ObjectType('WorkflowTestStep', { description: 'One execution of one node in a test run.' })
export class TestStepNode extends RunStepNode {
  @Field(() => ID, { nullable: true, description: 'The sub-workflow whose step it is; null: of what is tested.' })
  workflowId!: string | null
}

@ObjectType('WorkflowTestEffect', { description: 'Something that would have been done.' })
export class TestEffectNode {
  @Field(() => Date, { description: 'When, by the simulated clock.' })
  at!: Date

  @Field(() => ID, { nullable: true, description: 'The sub-workflow that would have done it; null: what is tested.' })
  workflowId!: string | null

  @Field(() => String, { description: 'Which node.' })
  nodeId!: string

  @Field(() => String, { description: 'deliver, emit, start, remember or contact.' })
  kind!: string

  @Field(() => GraphQLJSONObject, { description: 'What exactly: the delivery, the event and so on.' })
  detail!: JsonObject
}

@ObjectType('WorkflowTestLogEntry', { description: 'What a node would have written into the log.' })
export class TestLogEntryNode {
  @Field(() => Date, { description: 'When, by the simulated clock.' })
  at!: Date

  @Field(() => ID, { nullable: true, description: 'The sub-workflow; null: what is tested.' })
  workflowId!: string | null

  @Field(() => String, { description: 'Which node.' })
  nodeId!: string

  @Field(() => String, { description: 'debug, info, warning or error.' })
  level!: string

  @Field(() => String, { description: 'What it would have written.' })
  message!: string
}

@ObjectType('WorkflowTestExit', { description: 'The exit rule that held.' })
export class TestExitNode {
  @Field(() => String, { description: 'Its name.' })
  name!: string

  @Field(() => Boolean, { description: 'Whether it is a goal.' })
  goal!: boolean
}

@ObjectType('WorkflowTestRun', {
  description: 'What would have happened. Nothing of it has: no data was written, nothing has left.',
})
export class TestRunNode {
  @Field(() => TestRunState, { description: 'How it stands at its end.' })
  state!: `${TestRunState}`

  @Field(() => TestExitNode, { nullable: true, description: 'The exit rule that held.' })
  exit!: TestExitNode | null

  @Field(() => RunErrorNode, { nullable: true, description: 'Why it failed.' })
  error!: RunErrorNode | null

  @Field(() => Date, { description: 'When it began, by the simulated clock.' })
  startedAt!: Date

  @Field(() => Date, { description: 'When it ended, or was last woken.' })
  endedAt!: Date

  @Field(() => [TestStepNode], { description: 'Each execution of a node, in order.' })
  steps!: TestStepNode[]

  @Field(() => [TestEffectNode], { description: 'What would have been done, in order.' })
  effects!: TestEffectNode[]

  @Field(() => [TestLogEntryNode], { description: 'What its nodes would have written into the log.' })
  log!: TestLogEntryNode[]

  @Field(() => GraphQLJSONObject, { description: 'What a synchronous caller would have got.' })
  response!: JsonObject

  @Field(() => [GraphQLJSONObject], { description: 'What the visitor’s page would have shown.' })
  ux!: JsonObject[]

  @Field(() => GraphQLJSONObject, { description: 'The profile’s document at the end.' })
  profile!: JsonObject

  @Field(() => GraphQLJSON, { nullable: true, description: 'What the ends got, by their nodes.' })
  output!: JsonValue

  @Field(() => [RunWaitNode], { description: 'Where it still waits.' })
  waits!: RunWaitNode[]

  @Field(() => [String], { description: 'What of the script met nothing, and what ended the simulation early.' })
  notes!: string[]

  @Field(() => Int, { description: 'How long it took to compute, in milliseconds.' })
  milliseconds!: number
}

/** Entries of each list in an answer; a journey that has more is looked at in parts. */
const MOST = 1000

/** A simulation as the API shows it: what was given to it came from its caller, or the caller may see it. */
export function toTestRun(simulation: Simulation, milliseconds: number): TestRunNode {
  const { steps, effects, log, ux, error, startedAt, endedAt, waits, output, state, exit, response, profile } =
    simulation
  const notes = [...simulation.notes]
  const first = <Item>(items: readonly Item[], name: string): Item[] => {
    if (items.length > MOST) notes.push(`Of ${items.length} ${name} these are the first ${MOST}.`)
    return items.slice(0, MOST)
  }
  const asIs = { whole: <Value extends JsonValue>(value: Value): Value => value }
  return Object.assign(new TestRunNode(), {
    state,
    exit,
    error: error
      ? { nodeId: error.nodeId, code: error.code, message: error.message, input: error.input ?? null }
      : null,
    startedAt: new Date(startedAt),
    endedAt: new Date(endedAt),
    steps: first(steps, 'steps').map((step) => ({ ...toStep(step, asIs), workflowId: step.workflowId })),
    effects: first(effects, 'effects').map(({ at, workflowId, effect }) => toEffect(at, workflowId, effect)),
    log: first(log, 'entries of the log').map(({ at, workflowId, nodeId, level, message }) => ({
      at: new Date(at),
      workflowId,
      nodeId,
      level,
      message,
    })),
    response,
    ux: first(ux, 'things to show'),
    profile,
    output,
    waits: waits.map((wait) => toWait(wait, asIs)),
    notes,
    milliseconds,
  })
}

function toEffect(at: number, workflowId: string | null, { kind, nodeId, ...detail }: Effect): TestEffectNode {
  return { at: new Date(at), workflowId, nodeId, kind, detail: JSON.parse(JSON.stringify(detail)) as JsonObject }
}
