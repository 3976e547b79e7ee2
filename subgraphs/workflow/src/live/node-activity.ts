// What a workflow's nodes do, counted, for those who watch it at work.
import type { Changes, Workflow } from '@segue/database'
import { LiveMessage, liveTopic, readId, Right } from '@segue/graphql'
import type { Collector, LiveRoot, LiveTopic } from '@segue/graphql'
import { Arg, Ctx, Field, ID, Int, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { WorkflowNode } from '../workflow/workflow.js'

/** A picture of counts need not move more often, and a busy workflow is watched by many. */
const EVERY_MS = 250
/** Nodes of all versions in a message: several of the largest workflows there are. */
const MOST_NODES = 2000

@ObjectType({ description: 'What a node did since the last message.' })
class NodeActivityCount {
  @Field(() => Int, { description: 'In which version of the workflow.' })
  version!: number

  @Field(() => ID, { description: 'Which node of its graph.' })
  nodeId!: string

  @Field(() => Int, { description: 'How often a run came to it.' })
  entered!: number

  @Field(() => Int, {
    description: 'How often it failed, whether that ended the run or was taken up at its port `error`.',
  })
  failed!: number
}

@ObjectType({ description: 'What the nodes of a workflow did since the last message.' })
class NodeActivity extends LiveMessage {
  @Field(() => WorkflowNode, { nullable: true, description: 'The workflow; null when there is none.' })
  workflow!: Workflow | null

  @Field(() => [NodeActivityCount], { description: 'The nodes that did something.' })
  nodes!: readonly NodeActivityCount[]
}

interface Counted {
  nodes: readonly NodeActivityCount[]
  skipped: number
}

class CountedNodes implements Collector<Counted> {
  readonly #nodes = new Map<string, NodeActivityCount>()
  #skipped = 0

  constructor(private readonly workflowId: string) {}

  add({ nodes }: Changes): void {
    for (const { workflowId, version, nodeId, entered, failed } of nodes) {
      if (workflowId !== this.workflowId) continue
      const key = `${version} ${nodeId}`
      const count = this.#nodes.get(key)
      if (count) {
        count.entered += entered
        count.failed += failed
      } else if (this.#nodes.size < MOST_NODES) this.#nodes.set(key, { version, nodeId, entered, failed })
      else this.#skipped += 1
    }
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0
  }

  payload(): Counted {
    return { nodes: [...this.#nodes.values()].map((count) => ({ ...count })), skipped: this.#skipped }
  }
}

async function countedNodes(given: { workflowId: string }): Promise<LiveTopic<Counted>> {
  const workflowId = readId(given.workflowId, ['workflowId'])
  return { collect: () => new CountedNodes(workflowId), everyMs: EVERY_MS }
}

@Resolver()
export class NodeActivityResolver {
  @Right('runs.read')
  @Subscription(() => NodeActivity, {
    nullable: true,
    description:
      'How often a workflow’s nodes are entered and fail, added up since the last message. The first message comes at once.',
    subscribe: liveTopic(countedNodes),
  })
  async nodeActivity(
    @Root() message: LiveRoot<Counted>,
    @Arg('workflowId', () => ID, { description: 'Of which workflow.' }) workflowId: string,
    @Arg('after', () => String, { nullable: true, description: 'The `cursor` of a message, to go on from there.' })
    _after: string | null,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<NodeActivity> {
    return { ...message, workflow: await loaders.workflow.load(readId(workflowId)) }
  }
}
