// Queries for maintenance work.
import { Job } from '@segue/database'
import { ConnectionArgs, connectionType, findPage, readId, Right, type Connection, type Keyset } from '@segue/graphql'
import { Arg, Args, Ctx, ID, Query, Resolver } from 'type-graphql'
import type { PlatformContext } from '../loaders.js'
import { JobNode, toJob } from './job.js'

const JobConnection = connectionType(JobNode, 'Job')

/** The order of their starts: ids are UUIDv7. */
const NEWEST: Keyset<Job> = { keys: [{ column: 'job.id', kind: 'id', of: (job) => job.id }], descending: true }

@Right('jobs.read')
@Resolver(() => JobNode)
export class JobResolver {
  @Query(() => JobNode, { nullable: true, description: 'Maintenance work by its id.' })
  async job(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { loaders }: PlatformContext,
  ): Promise<JobNode | null> {
    return await loaders.job.load(readId(id))
  }

  @Query(() => JobConnection, {
    nullable: true,
    description: 'Maintenance work that had something to do, the latest first.',
  })
  async jobs(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { database, personal }: PlatformContext,
  ): Promise<Connection<JobNode>> {
    const { edges, pageInfo } = await findPage(database.getRepository(Job).createQueryBuilder('job'), NEWEST, args)
    return { edges: edges.map(({ node, cursor }) => ({ node: toJob(node, personal), cursor })), pageInfo }
  }
}
