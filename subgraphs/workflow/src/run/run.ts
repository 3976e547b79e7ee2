// An execution of a workflow, as the API shows it.
import { Right } from '@segue/graphql'
import type { WorkflowRun } from '@segue/database'
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { EventStub } from '../stubs.js'

/** How a run ended. */
export enum RunState {
  completed = 'completed',
  failed = 'failed',
}
registerEnumType(RunState, {
  name: 'WorkflowRunState',
  description: 'How a run stands.',
  valuesConfig: {
    completed: { description: 'It came to its end.' },
    failed: { description: 'A node failed and nothing was there to take it up; the run changed nothing.' },
  },
})

@Right('runs.read')
@Directive('@key(fields: "id")')
@ObjectType('WorkflowRun', { description: 'An execution of a workflow.' })
export class RunNode {
  @Field(() => ID, { description: 'UUIDv7 of its start.' })
  id!: string

  @Field(() => ID, { description: 'Of which workflow.' })
  workflowId!: string

  @Field(() => Int, { description: 'Which version of it ran.' })
  version!: number

  @Field(() => RunState, { description: 'How it stands.' })
  state!: `${RunState}`

  @Field(() => Date, { description: 'When it started.' })
  startedAt!: Date

  @Field(() => Date, { nullable: true, description: 'When it ended; null while it runs.' })
  endedAt!: Date | null

  @Field(() => EventStub, { nullable: true, description: 'The event that started it.' })
  event!: EventStub

  triggerId!: string | null
  /** May be an alias until a merge has moved the row. */
  profileId!: string | null
}

/** What a run in a list needs: not its steps and log, which may be large. */
export const RUN_COLUMNS = (
  ['id', 'workflowId', 'version', 'triggerId', 'profileId', 'eventId', 'state', 'startedAt', 'endedAt'] as const
).map((column) => `run.${column}`)

/** A run as the API shows it. */
export function toRun(row: WorkflowRun): RunNode {
  const { id, workflowId, version, state, startedAt, endedAt, eventId, triggerId, profileId } = row
  const event = Object.assign(new EventStub(), { id: eventId })
  const fields = { id, workflowId, version, state, startedAt, endedAt, event, triggerId, profileId }
  return Object.assign(new RunNode(), fields)
}
