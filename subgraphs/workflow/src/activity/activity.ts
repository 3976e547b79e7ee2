// What a workflow's nodes and runs did over a time, as the API shows it.
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql'
import type { ActivityRow, ActivityStep } from '../sql/node-counts.js'

export const Steps = { MINUTE: 'MINUTE', HOUR: 'HOUR', DAY: 'DAY' } as const satisfies Record<
  ActivityStep,
  ActivityStep
>
registerEnumType(Steps, {
  name: 'WorkflowActivityStep',
  description: 'How long a step of counts is, in UTC.',
  valuesConfig: {
    MINUTE: { description: 'A minute.' },
    HOUR: { description: 'An hour.' },
    DAY: { description: 'A day.' },
  },
})

@ObjectType('WorkflowNodeCount', { description: 'What a node did within a step of time.' })
export class NodeCountNode {
  @Field(() => Int, { description: 'In which version of the workflow.' })
  version!: number

  @Field(() => ID, { description: 'Which node of its graph.' })
  nodeId!: string

  @Field(() => Int, { description: 'How often a run came to it.' })
  entered!: number

  @Field(() => Int, { description: 'How often it failed, whether that ended the run or was taken up.' })
  failed!: number
}

@ObjectType('WorkflowGoalCount', { description: 'How often a goal was reached.' })
export class GoalCountNode {
  @Field(() => String, { description: 'The goal’s name.' })
  name!: string

  @Field(() => Int, { description: 'How many runs it ended.' })
  count!: number
}

@ObjectType('WorkflowRunCounts', { description: 'What became of runs within a step of time.' })
export class RunCountsNode {
  @Field(() => Int, { description: 'Begun.' })
  started!: number

  @Field(() => Int, { description: 'Come to their end, or to a goal.' })
  completed!: number

  @Field(() => Int, { description: 'Failed.' })
  failed!: number

  @Field(() => Int, { description: 'Ended before their nodes did: by a person, an exit rule and such.' })
  cancelled!: number

  @Field(() => [GoalCountNode], { description: 'Conversions: goals that were reached, by name.' })
  goals!: GoalCountNode[]
}

@ObjectType('WorkflowActivity', { description: 'What a workflow did within a step of time.' })
export class ActivityNode {
  @Field(() => Date, {
    description: 'When the step begins; where there are no steps, the first minute that has counts.',
  })
  at!: Date

  @Field(() => [NodeCountNode], { description: 'By node and version; those that did something.' })
  nodes!: NodeCountNode[]

  @Field(() => RunCountsNode, { description: 'Of its runs.' })
  runs!: RunCountsNode
}

const GOAL = '@goal:'

/** Rows as steps, in their order; those in which nothing happened are left out. */
export function toActivity(rows: readonly ActivityRow[], inSteps: boolean): ActivityNode[] {
  const steps = new Map<number, ActivityRow[]>()
  for (const row of rows) {
    const key = inSteps ? row.at.getTime() : 0
    steps.set(key, [...(steps.get(key) ?? []), row])
  }
  return [...steps.values()].map(toStep).sort((a, b) => a.at.getTime() - b.at.getTime())
}

function toStep(rows: readonly ActivityRow[]): ActivityNode {
  const runs = new Map<string, number>()
  const nodes: NodeCountNode[] = []
  for (const { version, nodeId, entered, failed } of rows) {
    if (nodeId.startsWith('@')) runs.set(nodeId, (runs.get(nodeId) ?? 0) + entered)
    else nodes.push({ version, nodeId, entered, failed })
  }
  const count = (name: string): number => runs.get(`@${name}`) ?? 0
  return {
    at: new Date(Math.min(...rows.map(({ at }) => at.getTime()))),
    nodes: nodes.sort((a, b) => a.version - b.version || (a.nodeId < b.nodeId ? -1 : 1)),
    runs: {
      started: count('started'),
      completed: count('completed'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      goals: [...runs]
        .filter(([name]) => name.startsWith(GOAL))
        .map(([name, reached]) => ({ name: name.slice(GOAL.length), count: reached }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    },
  }
}
