// A workflow that has to be there.
import { Workflow } from '@segue/database'
import type { EntityManager } from 'typeorm'
import { WorkflowNotFound } from '../errors.js'

/** Reads a workflow, `lock`ed until the transaction ends where that is asked. Throws WORKFLOW_NOT_FOUND. */
export async function findWorkflow(
  manager: EntityManager,
  id: string,
  { lock = false, path = ['input', 'id'] }: { lock?: boolean; path?: readonly string[] } = {},
): Promise<Workflow> {
  const workflow = await manager
    .getRepository(Workflow)
    .findOne({ where: { id }, ...(lock ? { lock: { mode: 'pessimistic_write' } } : {}) })
  if (!workflow) throw WorkflowNotFound({ id }, path)
  return workflow
}
