// Changes to workflows and their drafts.
import { Workflow, WorkflowTrigger } from '@segue/database'
import { asPayload, readId } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import { StaleDraft } from '../errors.js'
import type { WorkflowContext } from '../loaders.js'
import { EMPTY_DRAFT, readDraft } from './draft.js'
import { findWorkflow } from './find-workflow.js'
import {
  CreateWorkflowInput,
  DeleteWorkflowPayload,
  UpdateWorkflowInput,
  WorkflowIdInput,
  WorkflowPayload,
} from './workflow.inputs.js'

@Resolver()
export class WorkflowMutations {
  @Mutation(() => WorkflowPayload, {
    description: 'Makes a workflow with a first draft. Nothing runs before it is deployed.',
  })
  async createWorkflow(
    @Arg('input', () => CreateWorkflowInput) { name, description, draft }: CreateWorkflowInput,
    @Ctx() { database }: WorkflowContext,
  ): Promise<WorkflowPayload> {
    const now = new Date()
    const workflow: Workflow = {
      id: randomUUID(),
      name: name.trim(),
      description: description ?? '',
      enabled: true,
      draft: draft ? readDraft(draft) : EMPTY_DRAFT,
      draftRevision: 1,
      liveVersion: null,
      createdAt: now,
      updatedAt: now,
    }
    await database.getRepository(Workflow).insert(workflow as object)
    return { workflow }
  }

  @Mutation(() => WorkflowPayload, {
    description:
      'Saves name, description or draft. A save that is based on an older revision is refused, with what is there now.',
  })
  async updateWorkflow(
    @Arg('input', () => UpdateWorkflowInput) input: UpdateWorkflowInput,
    @Ctx() { database }: WorkflowContext,
  ): Promise<WorkflowPayload> {
    const id = readId(input.id, ['input', 'id'])
    const { revision, name, description, draft } = input
    const changes = {
      ...(name != null ? { name: name.trim() } : {}),
      ...(description != null ? { description } : {}),
      ...(draft != null ? { draft: readDraft(draft) } : {}),
      draftRevision: revision + 1,
      updatedAt: new Date(),
    }
    const { affected } = await database
      .getRepository(Workflow)
      .update({ id, draftRevision: revision }, changes as object)
    const workflow = await findWorkflow(database.manager, id)
    if (affected !== 0) return { workflow }
    const stale = StaleDraft({ savedAt: workflow.updatedAt.toISOString() }, ['input', 'revision'])
    return { workflow, userErrors: [asPayload(stale)] }
  }

  @Mutation(() => WorkflowPayload, { description: 'Lets triggers start the workflow again.' })
  async enableWorkflow(
    @Arg('input', () => WorkflowIdInput) { id }: WorkflowIdInput,
    @Ctx() context: WorkflowContext,
  ): Promise<WorkflowPayload> {
    return await setEnabled(context, id, true)
  }

  @Mutation(() => WorkflowPayload, { description: 'Keeps triggers from starting the workflow.' })
  async disableWorkflow(
    @Arg('input', () => WorkflowIdInput) { id }: WorkflowIdInput,
    @Ctx() context: WorkflowContext,
  ): Promise<WorkflowPayload> {
    return await setEnabled(context, id, false)
  }

  @Mutation(() => DeleteWorkflowPayload, {
    description: 'Removes a workflow and its triggers. How it ran, and the versions that ran, stay.',
  })
  async deleteWorkflow(
    @Arg('input', () => WorkflowIdInput) input: WorkflowIdInput,
    @Ctx() { database }: WorkflowContext,
  ): Promise<DeleteWorkflowPayload> {
    const id = readId(input.id, ['input', 'id'])
    await database.transaction('READ COMMITTED', async (tx) => {
      // Locked, so that no trigger is added to it meanwhile.
      await findWorkflow(tx, id, { lock: true })
      await tx.getRepository(WorkflowTrigger).delete({ workflowId: id })
      await tx.getRepository(Workflow).delete({ id })
    })
    return { deletedId: id }
  }
}

async function setEnabled({ database }: WorkflowContext, given: string, enabled: boolean): Promise<WorkflowPayload> {
  const id = readId(given, ['input', 'id'])
  await database.getRepository(Workflow).update({ id }, { enabled, updatedAt: new Date() })
  return { workflow: await findWorkflow(database.manager, id) }
}
