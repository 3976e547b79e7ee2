// Making versions of drafts, and choosing the one that runs.
import { Workflow, WorkflowVersion } from '@segue/database'
import { asPayload, readId, Right } from '@segue/graphql'
import { isDeepStrictEqual } from 'node:util'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { EntityManager } from 'typeorm'
import type { WorkflowProblem } from '@segue/workflow-engine'
import { VersionNotFound, WorkflowHasProblems } from '../errors.js'
import type { WorkflowMutationContext } from '../loaders.js'
import { problemsOf, staleDraft } from './draft.js'
import { findWorkflow } from './find-workflow.js'
import { DeploymentPayload, DeployWorkflowInput, RollbackWorkflowInput } from './workflow.inputs.js'
import { toProblem } from './workflow.js'

/*
 * The workflow's row is locked first, so two that deploy at once come one after the other: the second finds the first's version live and, as
 * the draft is the same, answers it.
 */
@Right('workflows.write')
@Resolver()
export class DeploymentMutations {
  @Mutation(() => DeploymentPayload, {
    description:
      'Makes the draft a version that never changes, and the one that triggers start. Runs under way keep theirs.',
  })
  async deployWorkflow(
    @Arg('input', () => DeployWorkflowInput, { description: 'Which draft.' })
    { id: given, revision }: DeployWorkflowInput,
    @Ctx() { transaction, audit, account }: WorkflowMutationContext,
  ): Promise<DeploymentPayload> {
    const id = readId(given, ['input', 'id'])
    const workflow = await findWorkflow(transaction, id)
    if (workflow.draftRevision !== revision) return { workflow, userErrors: [staleDraft(revision, {}, workflow)] }
    const problems = problemsOf(workflow.draft)
    if (problems.length > 0) return refused(workflow, problems)
    const latest = await findVersion(transaction, id)
    const { liveVersion } = workflow
    const live = latest && latest.version === liveVersion && isDeepStrictEqual(latest.graph, workflow.draft)
    const version = live ? latest.version : (latest?.version ?? 0) + 1
    audit({
      action: 'workflow.deploy',
      subject: { type: 'Workflow', id },
      before: { liveVersion },
      after: { liveVersion: version, revision },
    })
    if (live) return { workflow, version }
    const createdBy = account?.id ?? null
    const row = { workflowId: id, version, graph: workflow.draft, createdAt: new Date(), createdBy }
    await transaction.getRepository(WorkflowVersion).insert(row as object)
    return await makeLive(transaction, workflow, version)
  }

  @Mutation(() => DeploymentPayload, {
    description: 'Makes a version live that was deployed before. The draft stays as it is.',
  })
  async rollbackWorkflow(
    @Arg('input', () => RollbackWorkflowInput, { description: 'Which version.' })
    { id: given, version }: RollbackWorkflowInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<DeploymentPayload> {
    const id = readId(given, ['input', 'id'])
    const workflow = await findWorkflow(transaction, id)
    const chosen = await findVersion(transaction, id, version)
    if (!chosen) throw VersionNotFound({ version }, ['input', 'version'])
    // It ran once; but a node that it uses may have changed since.
    const problems = problemsOf(chosen.graph)
    if (problems.length > 0) return refused(workflow, problems)
    audit({
      action: 'workflow.rollback',
      subject: { type: 'Workflow', id },
      before: { liveVersion: workflow.liveVersion },
      after: { liveVersion: version },
    })
    return await makeLive(transaction, workflow, version)
  }
}

/** A version of a workflow; the latest when none is named. */
async function findVersion(
  transaction: EntityManager,
  workflowId: string,
  version?: number,
): Promise<WorkflowVersion | null> {
  return await transaction.getRepository(WorkflowVersion).findOne({
    where: { workflowId, ...(version === undefined ? {} : { version }) },
    order: { version: 'DESC' },
  })
}

async function makeLive(transaction: EntityManager, workflow: Workflow, version: number): Promise<DeploymentPayload> {
  const changes = { liveVersion: version, updatedAt: new Date() }
  await transaction.getRepository(Workflow).update({ id: workflow.id }, changes)
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
