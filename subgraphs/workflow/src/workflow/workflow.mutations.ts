// Changes to workflows and their drafts.
import { Workflow, WorkflowTrigger } from '@segue/database'
import { readId, Right } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import { tellDelayed } from '../delayed-event/delayed-event.mutations.js'
import type { WorkflowMutationContext } from '../loaders.js'
import { wakeWorkflow } from '../sql/delayed-events.js'
import { EMPTY_DRAFT, readDraft, staleDraft } from './draft.js'
import { findWorkflow } from './find-workflow.js'
import {
  CreateWorkflowInput,
  DeleteWorkflowPayload,
  UpdateWorkflowInput,
  WorkflowIdInput,
  WorkflowPayload,
} from './workflow.inputs.js'

/** Runs that wait are woken, and end because their workflow is gone. Of very many the scheduler wakes the others. */
const MOST_WOKEN = 10_000

@Right('workflows.write')
@Resolver()
export class WorkflowMutations {
  @Mutation(() => WorkflowPayload, {
    description: 'Makes a workflow with a first draft. Nothing runs before it is deployed.',
  })
  async createWorkflow(
    @Arg('input', () => CreateWorkflowInput, { description: 'What it is to be.' })
    { name, description, draft }: CreateWorkflowInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
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
    await transaction.getRepository(Workflow).insert(workflow as object)
    audit({ action: 'workflow.create', subject: { type: 'Workflow', id: workflow.id }, after: workflow })
    return { workflow }
  }

  @Mutation(() => WorkflowPayload, {
    description:
      'Saves name, description or draft. A save that is based on an older revision is refused, with what is there now.',
  })
  async updateWorkflow(
    @Arg('input', () => UpdateWorkflowInput, { description: 'Which one, and what changes.' })
    input: UpdateWorkflowInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<WorkflowPayload> {
    const id = readId(input.id, ['input', 'id'])
    const { revision, name, description, draft } = input
    const changes = {
      ...(name != null ? { name: name.trim() } : {}),
      ...(description != null ? { description } : {}),
      ...(draft != null ? { draft: readDraft(draft) } : {}),
    }
    const before = await findWorkflow(transaction, id)
    if (before.draftRevision !== revision) {
      return { workflow: before, userErrors: [staleDraft(revision, changes, before)] }
    }
    const saved = { ...changes, draftRevision: revision + 1, updatedAt: new Date() }
    await transaction.getRepository(Workflow).update({ id }, saved as object)
    const workflow = { ...before, ...saved }
    audit({ action: 'workflow.update', subject: { type: 'Workflow', id }, before, after: workflow })
    return { workflow }
  }

  @Mutation(() => WorkflowPayload, { description: 'Lets triggers start the workflow again.' })
  async enableWorkflow(
    @Arg('input', () => WorkflowIdInput, { description: 'Which one.' }) { id }: WorkflowIdInput,
    @Ctx() context: WorkflowMutationContext,
  ): Promise<WorkflowPayload> {
    return await setEnabled(context, id, true)
  }

  @Mutation(() => WorkflowPayload, { description: 'Keeps triggers from starting the workflow.' })
  async disableWorkflow(
    @Arg('input', () => WorkflowIdInput, { description: 'Which one.' }) { id }: WorkflowIdInput,
    @Ctx() context: WorkflowMutationContext,
  ): Promise<WorkflowPayload> {
    return await setEnabled(context, id, false)
  }

  @Mutation(() => DeleteWorkflowPayload, {
    description:
      'Removes a workflow and its triggers; its runs that wait end. How it ran, and the versions that ran, stay.',
  })
  async deleteWorkflow(
    @Arg('input', () => WorkflowIdInput, { description: 'Which one.' }) input: WorkflowIdInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<DeleteWorkflowPayload> {
    const id = readId(input.id, ['input', 'id'])
    // Locked, so that no trigger is added to it meanwhile.
    const before = await findWorkflow(transaction, id)
    await transaction.getRepository(WorkflowTrigger).delete({ workflowId: id })
    await transaction.getRepository(Workflow).delete({ id })
    await wakeWorkflow(transaction, id, MOST_WOKEN)
    await tellDelayed(transaction, [id])
    audit({ action: 'workflow.delete', subject: { type: 'Workflow', id }, before })
    return { deletedId: id }
  }
}

async function setEnabled(
  { transaction, audit }: WorkflowMutationContext,
  given: string,
  enabled: boolean,
): Promise<WorkflowPayload> {
  const id = readId(given, ['input', 'id'])
  const before = await findWorkflow(transaction, id)
  const workflow = { ...before, enabled, updatedAt: new Date() }
  await transaction.getRepository(Workflow).update({ id }, { enabled, updatedAt: workflow.updatedAt })
  const action = enabled ? 'workflow.enable' : 'workflow.disable'
  audit({ action, subject: { type: 'Workflow', id }, before, after: workflow })
  return { workflow }
}
