// A workflow that has to be there, and stays as it is until the transaction ends.
import { Workflow } from '@segue/database'
import type { EntityManager } from 'typeorm'
import { WorkflowNotFound } from '../errors.js'

/** Reads and locks a workflow. Throws WORKFLOW_NOT_FOUND. */
export async function findWorkflow(
  transaction: EntityManager,
  id: string,
  path: readonly string[] = ['input', 'id'],
): Promise<Workflow> {
  const workflow = await transaction
    .getRepository(Workflow)
    .findOne({ where: { id }, lock: { mode: 'pessimistic_write' } })
  if (!workflow) throw WorkflowNotFound({ id }, path)
  return workflow
}
