// What a deployment does to runs that wait: before it, and in its answer.
import type { Workflow } from '@segue/database'
import { readId, Right } from '@segue/graphql'
import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql'
import { StaleDraft, WorkflowNotFound } from '../errors.js'
import type { WorkflowContext } from '../loaders.js'
import { DeploymentPreviewNode, previewOf } from './deployment-preview.js'
import { DeploymentPayload } from './workflow.inputs.js'

@Right('workflows.read')
@Resolver(() => DeploymentPayload)
export class DeploymentResolver {
  @Query(() => DeploymentPreviewNode, {
    nullable: true,
    description: 'What would become of waiting runs if the draft were deployed, by its settings.',
  })
  async previewDeployment(
    @Arg('id', () => ID, { description: 'Of which workflow.' }) given: string,
    @Arg('revision', () => Int, { nullable: true, description: 'The revision of the draft that was looked at.' })
    revision: number | null | undefined,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<DeploymentPreviewNode> {
    const id = readId(given)
    const workflow = await loaders.workflow.load(id)
    if (!workflow) throw WorkflowNotFound({ id }, ['id'])
    if (revision != null && workflow.draftRevision !== revision) {
      throw StaleDraft({ savedAt: workflow.updatedAt.toISOString() }, ['revision'])
    }
    return previewOf(workflow.draft, await loaders.waiting.load(id))
  }

  @FieldResolver(() => DeploymentPreviewNode, {
    nullable: true,
    description: 'What becomes of the runs that wait; null when nothing was deployed.',
  })
  async runs(
    @Root() { workflow, version }: DeploymentPayload,
    @Ctx() { loaders }: WorkflowContext,
  ): Promise<DeploymentPreviewNode | null> {
    const id = (workflow as Workflow | null | undefined)?.id
    if (id === undefined || version == null) return null
    const live = await loaders.version.load({ workflowId: id, version })
    return live && previewOf(live.graph, await loaders.waiting.load(id))
  }
}
