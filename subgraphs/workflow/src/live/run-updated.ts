// Runs as they begin to wait and as they end, for those who watch.
import type { ChangedRun, Changes } from '@segue/database'
import { LiveMessage, liveTopic, NewestItems, readId, Right } from '@segue/graphql'
import type { Collector, LiveRoot, LiveTopic } from '@segue/graphql'
import { Arg, Ctx, Field, ID, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { RunNode } from '../run/run.js'

/** Runs a message; a page shows no more of them anyway. */
const MOST_RUNS = 100

@ObjectType({ description: 'Runs that changed since the last message.' })
class WorkflowRunUpdated extends LiveMessage {
  @Field(() => [RunNode], {
    description: `Each once, as it is now, in the order of their starts. At most ${MOST_RUNS}, the newest; \`skipped\` counts the others.`,
  })
  runs!: RunNode[]
}

interface Updated {
  ids: readonly string[]
  skipped: number
}

class UpdatedRuns implements Collector<Updated> {
  readonly #runs = new NewestItems<{ id: string }>(MOST_RUNS)

  constructor(private readonly matches: (run: ChangedRun) => boolean) {}

  add({ runs }: Changes): void {
    for (const run of runs) if (this.matches(run)) this.#runs.add({ id: run.id })
  }

  get isEmpty(): boolean {
    return this.#runs.isEmpty
  }

  payload(): Updated {
    const { items, skipped } = this.#runs.read()
    return { ids: items.map(({ id }) => id), skipped }
  }
}

async function updatedRuns(given: { workflowId?: string | null; runId?: string | null }): Promise<LiveTopic<Updated>> {
  const workflowId = given.workflowId == null ? undefined : readId(given.workflowId, ['workflowId'])
  const runId = given.runId == null ? undefined : readId(given.runId, ['runId'])
  const matches = (run: ChangedRun): boolean =>
    (workflowId === undefined || run.workflowId === workflowId) && (runId === undefined || run.id === runId)
  return { collect: () => new UpdatedRuns(matches) }
}

@Resolver()
export class RunUpdatedResolver {
  @Right('runs.read')
  @Subscription(() => WorkflowRunUpdated, {
    nullable: true,
    description: 'Runs as they begin to wait, go on and end; several a message. The first message comes at once.',
    subscribe: liveTopic(updatedRuns),
  })
  async workflowRunUpdated(
    @Root() { ids, ...message }: LiveRoot<Updated>,
    @Arg('workflowId', () => ID, { nullable: true, description: 'Only of this workflow.' }) _workflowId: string | null,
    @Arg('runId', () => ID, { nullable: true, description: 'Only this one.' }) _runId: string | null,
    @Arg('after', () => String, { nullable: true, description: 'The `cursor` of a message, to go on from there.' })
    _after: string | null,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<WorkflowRunUpdated> {
    const runs = await Promise.all(ids.map((id) => loaders.run.load(id)))
    // null: deleted meanwhile.
    return { ...message, runs: runs.filter((run) => run !== null) }
  }
}
