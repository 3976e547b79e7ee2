// Maintenance work as it goes on, for those who watch.
import type { Changes } from '@segue/database'
import { LiveMessage, liveTopic, NewestItems, readId, Right } from '@segue/graphql'
import type { Collector, LiveRoot, LiveTopic } from '@segue/graphql'
import { Arg, Ctx, Field, ID, ObjectType, Resolver, Root, Subscription } from 'type-graphql'
import type { PlatformContext } from '../loaders.js'
import { JobNode } from './job.js'

/** Jobs a message: there is a handful a day. */
const MOST_JOBS = 50

@ObjectType({ description: 'Jobs that went on since the last message.' })
class JobProgress extends LiveMessage {
  @Field(() => [JobNode], { description: 'Each once, as it is now, in the order of their starts.' })
  jobs!: JobNode[]
}

interface Progressed {
  ids: readonly string[]
  skipped: number
}

class ProgressedJobs implements Collector<Progressed> {
  readonly #jobs = new NewestItems<{ id: string }>(MOST_JOBS)

  constructor(private readonly id: string | undefined) {}

  add({ jobs }: Changes): void {
    for (const id of jobs) if (this.id === undefined || id === this.id) this.#jobs.add({ id })
  }

  get isEmpty(): boolean {
    return this.#jobs.isEmpty
  }

  payload(): Progressed {
    const { items, skipped } = this.#jobs.read()
    return { ids: items.map(({ id }) => id), skipped }
  }
}

async function progressedJobs(given: { id?: string | null }): Promise<LiveTopic<Progressed>> {
  const id = given.id == null ? undefined : readId(given.id)
  return { collect: () => new ProgressedJobs(id) }
}

@Resolver()
export class JobProgressResolver {
  @Right('jobs.read')
  @Subscription(() => JobProgress, {
    nullable: true,
    description: 'Maintenance work as it begins, goes on and ends. The first message comes at once.',
    subscribe: liveTopic(progressedJobs),
  })
  async jobProgress(
    @Root() { ids, ...message }: LiveRoot<Progressed>,
    @Arg('id', () => ID, { nullable: true, description: 'Only this job; its first message says how it stands.' })
    id: string | null,
    @Arg('after', () => String, { nullable: true, description: 'The `cursor` of a message, to go on from there.' })
    _after: string | null,
    @Ctx() { loaders }: PlatformContext,
  ): Promise<JobProgress> {
    const jobs = await Promise.all((id == null ? ids : [readId(id)]).map((one) => loaders.job.load(one)))
    return { ...message, jobs: jobs.filter((job) => job !== null) }
  }
}
