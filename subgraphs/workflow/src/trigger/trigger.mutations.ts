// Changes to what starts workflows.
import { checkCondition } from '@segue/conditions'
import { Workflow, WorkflowTrigger, WorkflowVersion } from '@segue/database'
import { asPayload, readId, Right, saveVersion } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { EntityManager } from 'typeorm'
import { toConditionProblem } from '../condition/condition.js'
import { InvalidCondition, StaleTrigger, StartNodeNotFound, TriggerNotFound } from '../errors.js'
import type { WorkflowMutationContext } from '../loaders.js'
import { startNodesOf } from '../workflow/draft.js'
import { findWorkflow } from '../workflow/find-workflow.js'
import {
  CreateTriggerInput,
  DeleteWorkflowTriggerPayload,
  TriggerIdInput,
  UpdateTriggerInput,
  WorkflowTriggerPayload,
} from './trigger.inputs.js'

@Right('workflows.write')
@Resolver()
export class TriggerMutations {
  @Mutation(() => WorkflowTriggerPayload, {
    description: 'Lets events of a type start a workflow, once it is deployed.',
  })
  async createWorkflowTrigger(
    @Arg('input', () => CreateTriggerInput, { description: 'What it is to be.' }) input: CreateTriggerInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<WorkflowTriggerPayload> {
    const path = ['input', 'workflowId']
    const workflowId = readId(input.workflowId, path)
    const refused = refuseCondition(input.condition)
    if (refused) return refused
    const now = new Date()
    const trigger: WorkflowTrigger = {
      id: randomUUID(),
      workflowId,
      name: input.name.trim(),
      enabled: input.enabled ?? true,
      eventTypeId: input.eventTypeId,
      sourceId: input.sourceId ?? null,
      condition: input.condition ?? null,
      requiredConsents: input.requiredConsents ?? [],
      startNode: input.startNode ?? null,
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    // Locked, so that it is not removed meanwhile and the trigger left over.
    const workflow = await findWorkflow(transaction, workflowId, path)
    await checkStartNode(transaction, workflow, trigger.startNode)
    await transaction.getRepository(WorkflowTrigger).insert(trigger)
    audit({ action: 'workflow-trigger.create', subject: { type: 'WorkflowTrigger', id: trigger.id }, after: trigger })
    return { trigger }
  }

  @Mutation(() => WorkflowTriggerPayload, { description: 'Changes a trigger.' })
  async updateWorkflowTrigger(
    @Arg('input', () => UpdateTriggerInput, { description: 'Which one, and what changes.' }) input: UpdateTriggerInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<WorkflowTriggerPayload> {
    const id = readId(input.id, ['input', 'id'])
    const { version, name, enabled, eventTypeId, sourceId, condition, requiredConsents, startNode } = input
    const refused = refuseCondition(condition)
    if (refused) return refused
    const saved = await saveVersion(transaction, WorkflowTrigger, id, version, {
      ...(name != null ? { name: name.trim() } : {}),
      ...(enabled != null ? { enabled } : {}),
      ...(eventTypeId != null ? { eventTypeId } : {}),
      // Null is a value of these: every source, no condition, all start nodes.
      ...(startNode !== undefined ? { startNode } : {}),
      ...(sourceId !== undefined ? { sourceId } : {}),
      ...(condition !== undefined ? { condition } : {}),
      ...(requiredConsents != null ? { requiredConsents } : {}),
    })
    if (!saved) throw TriggerNotFound({ id }, ['input', 'id'])
    const { now: trigger, stale } = saved
    if (stale) return { trigger, userErrors: [asPayload(StaleTrigger({ version }, ['input', 'version']), stale)] }
    if (startNode != null) {
      const workflow = await transaction.getRepository(Workflow).findOneBy({ id: trigger.workflowId })
      if (workflow) await checkStartNode(transaction, workflow, startNode)
    }
    const subject = { type: 'WorkflowTrigger', id }
    audit({ action: 'workflow-trigger.update', subject, before: saved.before, after: trigger })
    return { trigger }
  }

  @Mutation(() => DeleteWorkflowTriggerPayload, { description: 'Removes a trigger.' })
  async deleteWorkflowTrigger(
    @Arg('input', () => TriggerIdInput, { description: 'Which one.' }) input: TriggerIdInput,
    @Ctx() { transaction, audit }: WorkflowMutationContext,
  ): Promise<DeleteWorkflowTriggerPayload> {
    const id = readId(input.id, ['input', 'id'])
    const triggers = transaction.getRepository(WorkflowTrigger)
    const before = await triggers.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } })
    if (!before) throw TriggerNotFound({ id }, ['input', 'id'])
    await triggers.delete({ id })
    audit({ action: 'workflow-trigger.delete', subject: { type: 'WorkflowTrigger', id }, before })
    return { deletedId: id }
  }
}

/** Throws START_NODE_NOT_FOUND unless the draft or the live version has such a start node, or none is named. */
async function checkStartNode(transaction: EntityManager, workflow: Workflow, node: string | null): Promise<void> {
  if (node === null || startNodesOf(workflow.draft).includes(node)) return
  const { id: workflowId, liveVersion: version } = workflow
  const live =
    version === null ? null : await transaction.getRepository(WorkflowVersion).findOneBy({ workflowId, version })
  if (!live || !startNodesOf(live.graph).includes(node)) {
    throw StartNodeNotFound({ node }, ['input', 'startNode'])
  }
}

/** The payload of a condition that has problems; undefined when it can be used, or there is none. */
function refuseCondition(condition: string | null | undefined): WorkflowTriggerPayload | undefined {
  if (condition == null) return undefined
  const problems = checkCondition(condition)
  const [first] = problems
  if (!first) return undefined
  const problem = `Line ${first.line}, column ${first.column}: ${first.message}${first.hint ? ` ${first.hint}` : ''}`
  return {
    conditionProblems: problems.map(toConditionProblem),
    userErrors: [asPayload(InvalidCondition({ problem }, ['input', 'condition']))],
  }
}
