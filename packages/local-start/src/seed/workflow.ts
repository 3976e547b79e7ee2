// A first workflow, deployed: what each customer spent, kept on the profile.
import { randomUUID } from 'node:crypto'
import { Workflow, WorkflowTrigger, WorkflowVersion } from '@segue/database'
import type { DataSource } from 'typeorm'

/** Cancellations have negative values, so revenue goes down again. */
const GRAPH: Workflow['draft'] = {
  nodes: [
    { id: 'start', type: 'start', position: { x: 0, y: 120 } },
    {
      id: 'revenue',
      type: 'profile.increment',
      config: { field: 'traits.revenue', amount: { expr: 'event.properties.value' } },
      position: { x: 200, y: 120 },
    },
    { id: 'placed', type: 'if', config: { condition: 'event.type == "order-placed"' }, position: { x: 420, y: 120 } },
    { id: 'orders', type: 'profile.increment', config: { field: 'traits.orders' }, position: { x: 640, y: 40 } },
    {
      id: 'cancellations',
      type: 'profile.increment',
      config: { field: 'traits.cancellations' },
      position: { x: 640, y: 200 },
    },
    { id: 'end', type: 'end', position: { x: 860, y: 120 } },
  ],
  edges: [
    { from: 'start', port: 'next', to: 'revenue' },
    { from: 'revenue', port: 'done', to: 'placed' },
    { from: 'placed', port: 'true', to: 'orders' },
    { from: 'placed', port: 'false', to: 'cancellations' },
    { from: 'orders', port: 'done', to: 'end' },
    { from: 'cancellations', port: 'done', to: 'end' },
  ],
}

/** Only an environment without any workflow gets it. */
export async function seedWorkflow(database: DataSource): Promise<void> {
  if ((await database.getRepository(Workflow).count()) > 0) return
  const id = randomUUID()
  const now = new Date()
  const times = { createdAt: now, updatedAt: now }
  const triggers = ['order-placed', 'order-cancelled'].map((eventTypeId) => ({
    id: randomUUID(),
    workflowId: id,
    name: `Every ${eventTypeId}`,
    enabled: true,
    eventTypeId,
    sourceId: null,
    condition: null,
    requiredConsents: [],
    version: 1,
    ...times,
  }))
  const workflow = {
    id,
    name: 'Customer revenue',
    description: 'Keeps on each profile what the person spent, and how many orders were placed and cancelled.',
    enabled: true,
    draft: GRAPH,
    draftRevision: 1,
    liveVersion: 1,
    ...times,
  }
  await database.transaction(async (tx) => {
    await tx.save(tx.create(Workflow, workflow))
    await tx.save(
      tx.create(WorkflowVersion, { workflowId: id, version: 1, graph: GRAPH, createdAt: now, createdBy: null }),
    )
    await tx.save(tx.create(WorkflowTrigger, triggers))
  })
}
