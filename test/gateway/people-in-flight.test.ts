// Runs that wait, and what people do with them, through both gateways: what is asked of one subgraph is completed by the others.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ChangesWriter, dataSource, INSERT_CHANGES, toBytes } from '@segue/database'
import type { RunningSubgraph } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { addDeliveries, addWaitingRuns, delayedEvent } from '../../subgraphs/workflow/src/testing/rows.js'
import { connectLive } from '../setup/live-client.js'
import { startEnvironment, type TestEnvironment } from './environment.js'

describe.each(['staging', 'production'] as const)('through the gateway of %s', (name) => {
  let environment: TestEnvironment
  let database: RunningSubgraph['database']
  let workflowId: string
  const profileId = randomUUID()

  // oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
  type Anything = any

  const ask = async (query: string, variables: object = {}, token?: string): Promise<Anything> => {
    const { data, errors } = await environment.ask(query, variables, token)
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }

  beforeAll(async () => {
    environment = await startEnvironment(name)
    database = await dataSource({ url: environment.databaseUrl, connections: 2 }).initialize()
    await database.query(
      `INSERT INTO profile (id, created_at, updated_at, first_seen_at, last_seen_at, version, identified, display_name, document, stamps)
       VALUES (?, NOW(3), NOW(3), NOW(3), NOW(3), 1, TRUE, 'Ada', '{"traits": {"plan": "pro"}}', '{}')`,
      [toBytes(profileId)],
    )
    const draft = {
      nodes: [
        { id: 'start', type: 'start' },
        { id: 'wait', type: 'wait.duration', config: { duration: '3d' } },
      ],
      edges: [{ from: 'start', port: 'next', to: 'wait' }],
    }
    const { createWorkflow } = await ask(
      'mutation ($draft: JSONObject) { createWorkflow(input: { name: "Waits", draft: $draft }) { workflow { id } userErrors { message } } }',
      { draft },
    )
    workflowId = createWorkflow.workflow.id
  })
  afterAll(async () => {
    await database?.destroy()
    await environment?.close()
  })

  test('a waiting run is seen with its person, workflow and delivery', async () => {
    const [run] = await addWaitingRuns(database, { workflowId, profileId })
    await addDeliveries(database, { workflowId, profileId, runId: run?.id ?? '', state: 'rejected' })
    expect(
      await ask(
        `query ($id: ID!, $workflowId: ID!) {
           workflowRun(id: $id) { state profile { displayName } workflow { name waiting { nodeId count } } waits { nodeId kind } steps { output } }
           delayedEvents(filter: { workflowId: $workflowId }) { edges { node { nodeId run { profile { displayName } } workflow { name } } } }
           deliveries(filter: { runId: $id }) { edges { node { state profile { displayName } run { id } } } }
           previewDeployment(id: $workflowId) { stay } }`,
        { id: run?.id, workflowId },
      ),
    ).toMatchObject({
      workflowRun: {
        state: 'waiting',
        profile: { displayName: 'Ada' },
        workflow: { name: 'Waits', waiting: [{ nodeId: 'wait', count: 1 }] },
        waits: [{ nodeId: 'wait', kind: 'time' }],
        steps: [{ output: { greeting: 'hello' } }, { output: null }],
      },
      delayedEvents: {
        edges: [{ node: { nodeId: 'wait', run: { profile: { displayName: 'Ada' } }, workflow: { name: 'Waits' } } }],
      },
      deliveries: { edges: [{ node: { state: 'rejected', profile: { displayName: 'Ada' }, run: { id: run?.id } } }] },
      previewDeployment: { stay: 1 },
    })
  })

  test('a run is cancelled by who may, once, and the audit says by whom', async () => {
    const [run] = await addWaitingRuns(database, { workflowId })
    const CANCEL =
      'mutation ($ids: [ID!]) { cancelRuns(input: { ids: $ids, clientMutationId: "once" }) { count userErrors { code } } }'
    const refused = await environment.ask(CANCEL, { ids: [run?.id] }, environment.signIn.tokens.viewer)
    expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    for (let i = 0; i < 2; i++) {
      expect(await ask(CANCEL, { ids: [run?.id] })).toEqual({ cancelRuns: { count: 1, userErrors: [] } })
    }
    expect(await delayedEvent(database, run?.waits[0] ?? '')).toMatchObject({ due: 1, outcome: { kind: 'cancel' } })
    const { auditEntries } = await ask(
      '{ auditEntries(action: "workflow-run.cancel") { edges { node { subject { id } after } } } }',
    )
    expect(auditEntries.edges).toMatchObject([{ node: { subject: { id: run?.id }, after: { count: 1 } } }])
  })

  test('a workflow is tried with a stored person by who may see them', async () => {
    const TRY =
      'mutation ($input: TestWorkflowInput!) { testWorkflow(input: $input) { testRun { state endedAt profile } userErrors { code } } }'
    const input = { id: workflowId, profileId, at: '2026-03-01T00:00:00Z' }
    expect(await ask(TRY, { input })).toMatchObject({
      testWorkflow: {
        testRun: { state: 'completed', endedAt: '2026-03-04T00:00:00.000Z', profile: { traits: { plan: 'pro' } } },
        userErrors: [],
      },
    })
    expect(await ask(TRY, { input }, environment.signIn.tokens.developer)).toEqual({
      testWorkflow: { testRun: null, userErrors: [{ code: 'PERSONAL_DATA' }] },
    })
  })

  test('who watches is told of runs that wait, and of how many there are', async () => {
    const socket = await connectLive(environment.gateway.url, {
      authorization: `Bearer ${environment.signIn.tokens.admin}`,
    })
    const runs = socket.watch(
      'subscription ($id: ID!) { workflowRunUpdated(workflowId: $id) { runs { id state profile { displayName } } } }',
      { id: workflowId },
    )
    const waits = socket.watch(
      'subscription ($id: ID!) { delayedEventsChanged(workflowId: $id) { workflow { name } waiting { nodeId count } } }',
      { id: workflowId },
    )
    await Promise.all([runs.message(1), waits.message(1)])
    const [run] = await addWaitingRuns(database, { workflowId, profileId, nodes: ['another'] })
    const changes = new ChangesWriter()
    const version = changes.version(toBytes(workflowId), 1)
    changes.run(toBytes(run?.id ?? ''), version, { id: profileId, bytes: toBytes(profileId) }, 'waiting')
    changes.delayed(toBytes(workflowId))
    await database.query(INSERT_CHANGES, [changes.finish()])
    expect((await runs.message(2)).workflowRunUpdated.runs).toEqual([
      { id: run?.id, state: 'waiting', profile: { displayName: 'Ada' } },
    ])
    const { workflow, waiting } = (await waits.message(2)).delayedEventsChanged
    expect(workflow).toEqual({ name: 'Waits' })
    expect(waiting).toContainEqual({ nodeId: 'another', count: 1 })
    socket.close()
  })
})
