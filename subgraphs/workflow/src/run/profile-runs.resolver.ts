// The workflows that ran for a person.
import { Right, ConnectionArgs, type Connection } from '@segue/graphql'
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { ProfileStub } from '../stubs.js'
import { RunConnection, runsOfProfile } from './find-runs.js'
import type { RunNode } from './run.js'

@Right('runs.read')
@Resolver(() => ProfileStub)
export class ProfileRunsResolver {
  @FieldResolver(() => RunConnection, {
    nullable: true,
    description: 'Workflows that ran for the person, the newest first.',
  })
  runs(
    @Root() { id }: ProfileStub,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<Connection<RunNode>> {
    return runsOfProfile(id, args, loaders)
  }
}
