// Changes to what starts workflows.
import { checkCondition } from '@segue/conditions'
import { WorkflowTrigger } from '@segue/database'
import { asPayload, readId } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql'
import type { DataSource } from 'typeorm'
import { toConditionProblem } from '../condition/condition.js'
import { InvalidCondition, StaleTrigger, TriggerNotFound } from '../errors.js'
import type { WorkflowContext } from '../loaders.js'
import { findWorkflow } from '../workflow/find-workflow.js'
import {
  CreateTriggerInput,
  DeleteWorkflowTriggerPayload,
  TriggerIdInput,
  UpdateTriggerInput,
  WorkflowTriggerPayload,
} from './trigger.inputs.js'

@Resolver()
export class TriggerMutations {
  @Mutation(() => WorkflowTriggerPayload, {
    description: 'Lets events of a type start a workflow, once it is deployed.',
  })
  async createWorkflowTrigger(
    @Arg('input', () => CreateTriggerInput) input: CreateTriggerInput,
    @Ctx() { database }: WorkflowContext,
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
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    await database.transaction('READ COMMITTED', async (tx) => {
      // Locked, so that it is not removed meanwhile and the trigger left over.
      await findWorkflow(tx, workflowId, { lock: true, path })
      await tx.getRepository(WorkflowTrigger).insert(trigger)
    })
    return { trigger }
  }

  @Mutation(() => WorkflowTriggerPayload, { description: 'Changes a trigger.' })
  async updateWorkflowTrigger(
    @Arg('input', () => UpdateTriggerInput) input: UpdateTriggerInput,
    @Ctx() { database }: WorkflowContext,
  ): Promise<WorkflowTriggerPayload> {
    const id = readId(input.id, ['input', 'id'])
    const { version, name, enabled, eventTypeId, sourceId, condition, requiredConsents } = input
    const refused = refuseCondition(condition)
    if (refused) return refused
    const { affected } = await database.getRepository(WorkflowTrigger).update(
      { id, version },
      {
        ...(name != null ? { name: name.trim() } : {}),
        ...(enabled != null ? { enabled } : {}),
        ...(eventTypeId != null ? { eventTypeId } : {}),
        // Null is a value of these two: every source, no condition.
        ...(sourceId !== undefined ? { sourceId } : {}),
        ...(condition !== undefined ? { condition } : {}),
        ...(requiredConsents != null ? { requiredConsents } : {}),
        updatedAt: new Date(),
        version: version + 1,
      },
    )
    const trigger = await findTrigger(database, id)
    return affected === 0
      ? { trigger, userErrors: [asPayload(StaleTrigger({ version }, ['input', 'version']))] }
      : { trigger }
  }

  @Mutation(() => DeleteWorkflowTriggerPayload, { description: 'Removes a trigger.' })
  async deleteWorkflowTrigger(
    @Arg('input', () => TriggerIdInput) input: TriggerIdInput,
    @Ctx() { database }: WorkflowContext,
  ): Promise<DeleteWorkflowTriggerPayload> {
    const id = readId(input.id, ['input', 'id'])
    const { affected } = await database.getRepository(WorkflowTrigger).delete({ id })
    if (affected === 0) throw TriggerNotFound({ id }, ['input', 'id'])
    return { deletedId: id }
  }
}

/** Throws TRIGGER_NOT_FOUND. */
async function findTrigger(database: DataSource, id: string): Promise<WorkflowTrigger> {
  const trigger = await database.getRepository(WorkflowTrigger).findOneBy({ id })
  if (!trigger) throw TriggerNotFound({ id }, ['input', 'id'])
  return trigger
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
