// Queries for resources.
import { Resource } from '@segue/database'
import { ConnectionArgs, findPage, Right, type Connection, type Keyset } from '@segue/graphql'
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import type { ResourceUse } from '../sql/resource-uses.js'
import { ResourceConnection, ResourceNode, ResourceUseNode, toResource } from './resource.js'

const BY_ID: Keyset<Resource> = { keys: [{ column: 'resource.id', kind: 'text', of: ({ id }) => id }] }

@Right('resources.read')
@Resolver(() => ResourceNode)
export class ResourceResolver {
  @Query(() => ResourceNode, { nullable: true, description: 'A resource by its id.' })
  async resource(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { database }: WorkflowContext,
  ): Promise<ResourceNode | null> {
    const row = await database.getRepository(Resource).findOneBy({ id })
    return row && toResource(row)
  }

  @Query(() => ResourceConnection, { nullable: true, description: 'Resources by their ids.' })
  async resources(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() { database }: WorkflowContext,
  ): Promise<Connection<ResourceNode>> {
    const { edges, pageInfo } = await findPage(
      database.getRepository(Resource).createQueryBuilder('resource'),
      BY_ID,
      args,
    )
    return { pageInfo, edges: edges.map(({ node, cursor }) => ({ cursor, node: toResource(node) })) }
  }

  @Right('workflows.read')
  @FieldResolver(() => [ResourceUseNode], { description: 'The deployed workflows that use it, by node.' })
  usedBy(@Root() { id }: ResourceNode, @Ctx() { loaders }: WorkflowContext): Promise<ResourceUse[]> {
    return loaders.resourceUses.load(id)
  }
}
