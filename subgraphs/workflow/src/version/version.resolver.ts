// What hangs on a deployed graph.
import { Right } from '@segue/graphql'
import type { WorkflowVersion } from '@segue/database'
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql'
import type { WorkflowContext } from '../loaders.js'
import { VersionNode } from './version.js'

@Right('workflows.read')
@Resolver(() => VersionNode)
export class VersionResolver {
  @FieldResolver(() => Boolean, { description: 'Whether this is the version that triggers start.' })
  async live(@Root() { workflowId, version }: WorkflowVersion, @Ctx() { loaders }: WorkflowContext): Promise<boolean> {
    return (await loaders.workflow.load(workflowId))?.liveVersion === version
  }
}
