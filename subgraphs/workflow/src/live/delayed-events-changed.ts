// How many runs of a workflow wait in which node, for those who watch it.
import type { Changes, Workflow } from '@segue/database'
import { ChangeCount, LiveMessage, liveTopic, readId, Right } from '@segue/graphql'
import type { LiveRoot, LiveTopic } from '@segue/graphql'
import { Arg, Ctx, Field, ID, Int, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { waitingByNode } from '../sql/waiting-counts.js'
import { WorkflowNode } from '../workflow/workflow.js'

/** Each message counts what waits, which takes a fraction of a second where it is a million; all who watch share it. */
const EVERY_MS = 1000

@ObjectType({ description: 'How much waits in a node.' })
class WaitingNodeCount {
  @Field(() => ID, { description: 'Which node.' })
  nodeId!: string

  @Field(() => Int, { description: 'How many delayed events it has, whatever their version and kind.' })
  count!: number
}

@ObjectType({ description: 'That runs of a workflow began or ceased to wait.' })
class DelayedEventsChanged extends LiveMessage {
  @Field(() => WorkflowNode, { nullable: true, description: 'The workflow; null when there is none.' })
  workflow!: Workflow | null

  @Field(() => [WaitingNodeCount], {
    description: 'What waits now, by node; nodes in which nothing does are left out.',
  })
  waiting!: WaitingNodeCount[]
}

async function changedWaits(given: { workflowId: string }): Promise<LiveTopic<{ skipped: number }>> {
  const workflowId = readId(given.workflowId, ['workflowId'])
  const isChange = ({ waits }: Changes): boolean => waits.includes(workflowId)
  return { collect: () => new ChangeCount(isChange), everyMs: EVERY_MS }
}

@Resolver()
export class DelayedEventsChangedResolver {
  @Right('runs.read')
  @Subscription(() => DelayedEventsChanged, {
    nullable: true,
    description:
      'How many runs of a workflow wait in which node, whenever that changes; once a second at most. The first message comes at once.',
    subscribe: liveTopic(changedWaits),
  })
  async delayedEventsChanged(
    @Root() message: LiveRoot<{ skipped: number }>,
    @Arg('workflowId', () => ID, { description: 'Of which workflow.' }) given: string,
    @Arg('after', () => String, { nullable: true, description: 'The `cursor` of a message, to go on from there.' })
    _after: string | null,
    @Ctx() { loaders, database }: WorkflowContext,
  ): Promise<DelayedEventsChanged> {
    const workflowId = readId(given, ['workflowId'])
    const [workflow, waiting] = await Promise.all([
      loaders.workflow.load(workflowId),
      waitingByNode(database, workflowId),
    ])
    return { ...message, workflow, waiting }
  }
}
