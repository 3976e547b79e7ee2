// How a workflow stands: what its nodes did, and how many runs wait in them.
import type { Workflow } from '@segue/database'
import { Right } from '@segue/graphql'
import { Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, ObjectType, Resolver, Root } from 'type-graphql'
import { TooWide } from '../errors.js'
import type { WorkflowContext } from '../loaders.js'
import { MOST_ROWS, type ActivityStep } from '../sql/node-counts.js'
import type { WaitingCount } from '../sql/waiting-counts.js'
import { WorkflowNode } from '../workflow/workflow.js'
import { ActivityNode, Steps, toActivity } from './activity.js'

const LENGTHS: Record<ActivityStep, number> = { MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 }
/** Steps in an answer: a chart has no more points. */
const MOST_STEPS = 1000

@ArgsType()
class ActivityArguments {
  @Field(() => Date, { description: 'From this moment on.' })
  from!: Date

  @Field(() => Date, { description: 'Until before this moment.' })
  to!: Date

  @Field(() => Int, { nullable: true, description: 'Only of this version.' })
  version?: number | null

  @Field(() => Steps, { nullable: true, description: 'In steps of this length; when unset, all of the time as one.' })
  every?: ActivityStep | null
}

@ObjectType('WorkflowWaitingCount', { description: 'How many runs wait in a node.' })
class WaitingCountNode implements WaitingCount {
  @Field(() => ID, { description: 'Which node.' })
  nodeId!: string

  @Field(() => Int, { description: 'Of runs of which version.' })
  version!: number

  @Field(() => Int, { description: 'How many; a run that waits in several nodes counts in each.' })
  count!: number
}

@Right('runs.read')
@Resolver(() => WorkflowNode)
export class ActivityResolver {
  @FieldResolver(() => [ActivityNode], {
    nullable: true,
    description:
      'What its nodes and runs did, by the minutes that workers count; steps in which nothing happened are left out.',
  })
  async activity(
    @Root() { id }: Workflow,
    @Args(() => ActivityArguments) { from, to, version, every }: ActivityArguments,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<ActivityNode[]> {
    const steps = every ? Math.ceil((to.getTime() - from.getTime()) / LENGTHS[every]) : 1
    if (steps > MOST_STEPS) {
      throw TooWide({ problem: `These are ${steps} steps, and at most ${MOST_STEPS} are told: ask for longer ones.` }, [
        'every',
      ])
    }
    const rows = await loaders.activityCounts.load({
      workflowId: id,
      from,
      to,
      version: version ?? null,
      every: every ?? null,
    })
    if (rows.length > MOST_ROWS) {
      throw TooWide({ problem: `These are more than ${MOST_ROWS} counts: ask for longer steps or one version.` }, [
        'every',
      ])
    }
    return toActivity(rows, every != null)
  }

  @FieldResolver(() => [WaitingCountNode], { nullable: true, description: 'How many of its runs wait in which node.' })
  waiting(@Root() { id }: Workflow, @Ctx() { loaders }: WorkflowContext): Promise<WaitingCount[]> {
    return loaders.waiting.load(id)
  }
}
