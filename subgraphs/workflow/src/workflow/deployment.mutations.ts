// Making versions of drafts, and choosing the one that runs.
import { Workflow, WorkflowVersion } from '@segue/database'
import { asPayload, readId } from '@segue/graphql'
import { isDeepStrictEqual } from 'node:util'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { EntityManager } from 'typeorm'
import type { WorkflowProblem } from '@segue/workflow-engine'
import { StaleDraft, VersionNotFound, WorkflowHasProblems } from '../errors.js'
import type { WorkflowContext } from '../loaders.js'
import { problemsOf } from './draft.js'
import { findWorkflow } from './find-workflow.js'
import { DeploymentPayload, DeployWorkflowInput, RollbackWorkflowInput } from './workflow.inputs.js'
import { toProblem } from './workflow.js'

/*
 * The workflow's row is locked first, so two that deploy at once come one after the other: the second finds the first's version live and, as
 * the draft is the same, answers it.
 */
@Resolver()
export class DeploymentMutations {
  @Mutation(() => DeploymentPayload, {
    description:
      'Makes the draft a version that never changes, and the one that triggers start. Runs under way keep theirs.',
  })
  async deployWorkflow(
    @Arg('input', () => DeployWorkflowInput) { id: given, revision }: DeployWorkflowInput,
    @Ctx() { database, account }: WorkflowContext,
  ): Promise<DeploymentPayload> {
    const id = readId(given, ['input', 'id'])
    return await database.transaction('READ COMMITTED', async (tx) => {
      const workflow = await findWorkflow(tx, id, { lock: true })
      if (workflow.draftRevision !== revision) {
        const stale = StaleDraft({ savedAt: workflow.updatedAt.toISOString() }, ['input', 'revision'])
        return { workflow, userErrors: [asPayload(stale)] }
      }
      const problems = problemsOf(workflow.draft)
      if (problems.length > 0) return refused(workflow, problems)
      const latest = await findVersion(tx, id)
      if (latest && latest.version === workflow.liveVersion && isDeepStrictEqual(latest.graph, workflow.draft)) {
        return { workflow, version: latest.version }
      }
      const version = (latest?.version ?? 0) + 1
      const createdBy = account?.id ?? null
      const row = { workflowId: id, version, graph: workflow.draft, createdAt: new Date(), createdBy }
      await tx.getRepository(WorkflowVersion).insert(row as object)
      return await makeLive(tx, workflow, version)
    })
  }

  @Mutation(() => DeploymentPayload, {
    description: 'Makes a version live that was deployed before. The draft stays as it is.',
  })
  async rollbackWorkflow(
    @Arg('input', () => RollbackWorkflowInput) { id: given, version }: RollbackWorkflowInput,
    @Ctx() { database }: WorkflowContext,
  ): Promise<DeploymentPayload> {
    const id = readId(given, ['input', 'id'])
    return await database.transaction('READ COMMITTED', async (tx) => {
      const workflow = await findWorkflow(tx, id, { lock: true })
      const chosen = await findVersion(tx, id, version)
      if (!chosen) throw VersionNotFound({ version }, ['input', 'version'])
      // It ran once; but a node that it uses may have changed since.
      const problems = problemsOf(chosen.graph)
      return problems.length > 0 ? refused(workflow, problems) : await makeLive(tx, workflow, version)
    })
  }
}

/** A version of a workflow; the latest when none is named. */
async function findVersion(tx: EntityManager, workflowId: string, version?: number): Promise<WorkflowVersion | null> {
  return await tx.getRepository(WorkflowVersion).findOne({
    where: { workflowId, ...(version === undefined ? {} : { version }) },
    order: { version: 'DESC' },
  })
}

async function makeLive(tx: EntityManager, workflow: Workflow, version: number): Promise<DeploymentPayload> {
  const changes = { liveVersion: version, updatedAt: new Date() }
  await tx.getRepository(Workflow).update({ id: workflow.id }, changes)
  return { workflow: { ...workflow, ...changes }, version }
}

function refused(workflow: Workflow, problems: WorkflowProblem[]): DeploymentPayload {
  const problem = problems[0]?.message ?? ''
  return {
    workflow,
    problems: problems.map(toProblem),
    userErrors: [asPayload(WorkflowHasProblems({ count: problems.length, problem }, ['input', 'id']))],
  }
}
