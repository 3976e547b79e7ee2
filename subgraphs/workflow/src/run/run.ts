// An execution of a workflow, as the API shows it.
import { Right } from '@segue/graphql'
import type { WorkflowRun } from '@segue/database'
import { Directive, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import { EventStub } from '../stubs.js'

/** How a run stands. */
export enum RunState {
  waiting = 'waiting',
  completed = 'completed',
  failed = 'failed',
  cancelled = 'cancelled',
}
registerEnumType(RunState, {
  name: 'WorkflowRunState',
  description: 'How a run stands.',
  valuesConfig: {
    waiting: { description: 'All of its branches that have not ended wait for something.' },
    completed: { description: 'It came to its end, or reached a goal.' },
    failed: {
      description:
        'A node failed and nothing was there to take it up; what the run did since it last waited is undone.',
    },
    cancelled: { description: 'It was ended before its nodes did; `outcome` says by whom or what.' },
  },
})

/** What ended a run before its nodes did. */
export enum RunOutcomeKind {
  exit = 'exit',
  goal = 'goal',
  cancelled = 'cancelled',
  workflowDeleted = 'workflow-deleted',
  profileGone = 'profile-gone',
  merged = 'merged',
  nodeGone = 'node-gone',
}
registerEnumType(RunOutcomeKind, {
  name: 'WorkflowRunOutcomeKind',
  description: 'What ended a run before its nodes did.',
  valuesConfig: {
    exit: { description: 'An exit rule of the workflow held.' },
    goal: { description: 'An exit rule that is a goal held: a conversion.' },
    cancelled: { description: 'An account cancelled it.' },
    workflowDeleted: { description: 'The workflow was removed.' },
    profileGone: { description: 'The profile was erased.' },
    merged: { description: 'The profile was merged with one that was in the workflow already.' },
    nodeGone: { description: 'It followed to a version that lacks the node it waited in.' },
  },
})

@ObjectType('WorkflowRunOutcome', { description: 'How a run ended, when not by its nodes.' })
export class RunOutcomeNode {
  @Field(() => RunOutcomeKind, { nullable: true, description: 'By what.' })
  kind!: RunOutcomeKind | null

  @Field(() => String, { nullable: true, description: 'Of an exit or a goal: its name.' })
  name!: string | null

  @Field(() => ID, { nullable: true, description: 'Of a cancelled one: the id of the account.' })
  by!: string | null

  @Field(() => ID, { nullable: true, description: 'The node that is gone.' })
  nodeId!: string | null
}

@Right('runs.read')
@Directive('@key(fields: "id")')
@ObjectType('WorkflowRun', { description: 'An execution of a workflow.' })
export class RunNode {
  @Field(() => ID, { description: 'UUIDv7 of its start.' })
  id!: string

  @Field(() => ID, { description: 'Of which workflow.' })
  workflowId!: string

  @Field(() => Int, {
    description: 'Which version of it ran; of one that followed to another version, that one.',
  })
  version!: number

  @Field(() => RunState, { description: 'How it stands.' })
  state!: `${RunState}`

  @Field(() => Date, { description: 'When it started.' })
  startedAt!: Date

  @Field(() => Date, { nullable: true, description: 'When it ended; null while it waits.' })
  endedAt!: Date | null

  @Field(() => EventStub, { nullable: true, description: 'The event that started it; null when none did.' })
  event!: EventStub | null

  @Field(() => RunOutcomeNode, { nullable: true, description: 'How it ended, when not by its nodes.' })
  outcome!: RunOutcomeNode | null

  triggerId!: string | null
  parentRunId!: string | null
  /** May be an alias until a merge has moved the row. */
  profileId!: string | null
}

/** What a run in a list needs: not its steps and log, which may be large. */
export const RUN_COLUMNS = (
  [
    'id',
    'workflowId',
    'version',
    'triggerId',
    'profileId',
    'eventId',
    'parentRunId',
    'state',
    'startedAt',
    'endedAt',
    'outcome',
  ] as const
).map((column) => `run.${column}`)

/** A run as the API shows it. */
export function toRun(row: WorkflowRun): RunNode {
  const { id, workflowId, version, state, startedAt, endedAt, eventId, triggerId, profileId, parentRunId } = row
  const event = eventId === null ? null : Object.assign(new EventStub(), { id: eventId })
  const outcome = toOutcome(row.outcome)
  const fields = {
    id,
    workflowId,
    version,
    state,
    startedAt,
    endedAt,
    event,
    triggerId,
    profileId,
    parentRunId,
    outcome,
  }
  return Object.assign(new RunNode(), fields)
}

function toOutcome(json: WorkflowRun['outcome']): RunOutcomeNode | null {
  if (!json) return null
  const { kind, name, by, nodeId } = json
  return Object.assign(new RunOutcomeNode(), {
    kind: Object.values(RunOutcomeKind).find((known) => known === kind) ?? null,
    name: textOrNull(name),
    by: textOrNull(by),
    nodeId: textOrNull(nodeId),
  })
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
