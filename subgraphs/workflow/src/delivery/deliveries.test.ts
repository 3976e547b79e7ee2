// What leaves the house: lists, sending again, stopping.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { countStatements } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { createMigratedDatabase, type TestDatabase } from '../../../../test/setup/database.js'
import { startTestSubgraph, type TestSubgraph } from '../../../../test/setup/subgraph.js'
import { readWorkflowConfig } from '../config.js'
import { start } from '../service.js'
import { addDeliveries, addWaitingRuns, delayedEvent } from '../testing/rows.js'

let database: TestDatabase
let subgraph: TestSubgraph
beforeAll(async () => {
  database = await createMigratedDatabase()
  subgraph = await startTestSubgraph({ account: 'subgraph-workflow', start, config: readWorkflowConfig }, database)
})
afterAll(async () => {
  await subgraph?.close()
  await database?.close()
})

// oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
type Anything = any

const add = (...given: Parameters<typeof addDeliveries>[1][]) => addDeliveries(subgraph.database, ...given)

async function found(filter: object): Promise<string[]> {
  const seen: string[] = []
  let after: string | null = null
  do {
    const { deliveries }: Anything = await subgraph.ask<Anything>(
      `query ($filter: DeliveryFilter, $after: String) { deliveries(filter: $filter, first: 2, after: $after) {
         edges { node { id } } pageInfo { hasNextPage endCursor } } }`,
      { filter, after },
    )
    seen.push(...deliveries.edges.map(({ node }: Anything) => node.id))
    after = deliveries.pageInfo.hasNextPage ? deliveries.pageInfo.endCursor : null
  } while (after)
  return seen
}

async function change(name: 'replayDeliveries' | 'cancelDeliveries', input: object): Promise<Anything> {
  const { result } = await subgraph.ask<{ result: Anything }>(
    `mutation ($input: DeliveriesInput!) { result: ${name}(input: $input) { userErrors { code path } count missingIds more } }`,
    { input },
  )
  return result
}

async function stateOf(id: string | undefined): Promise<Anything> {
  const { delivery } = await subgraph.ask<Anything>(
    'query ($id: ID!) { delivery(id: $id) { state attempts nextAt finishedAt error { code } } }',
    { id },
  )
  return delivery
}

const DAY = Date.UTC(2026, 5, 1)

describe('deliveries', () => {
  test('are found by state, workflow, destination, run, profile, time and code, the newest first', async () => {
    const [workflowId, profileId] = [randomUUID(), randomUUID()]
    const [run] = await addWaitingRuns(subgraph.database, { workflowId, at: DAY - 1000, profileId })
    const ids = await add(
      { workflowId, at: DAY, state: 'delivered', runId: run?.id ?? '', profileId },
      { workflowId, at: DAY + 1000, state: 'rejected', code: 'HTTP_422' },
      { workflowId, at: DAY + 2000, state: 'rejected', destination: 'smtp-main' },
      { workflowId, at: DAY + 3000 },
    )
    const at = (...places: number[]): (string | undefined)[] => places.map((place) => ids[place])
    expect(await found({ workflowId })).toEqual(at(3, 2, 1, 0))
    expect(await found({ workflowId, state: 'rejected' })).toEqual(at(2, 1))
    expect(await found({ state: 'rejected', errorCode: 'HTTP_422' })).toEqual(at(1))
    expect(await found({ destination: 'smtp-main' })).toEqual(at(2))
    expect(await found({ runId: run?.id })).toEqual(at(0))
    expect(await found({ profileId })).toEqual(at(0))
    expect(await found({ workflowId, createdFrom: new Date(DAY + 1000), createdBefore: new Date(DAY + 3000) })).toEqual(
      at(2, 1),
    )
  })

  test('show what was sent and what came back to those who may see it', async () => {
    const profileId = randomUUID()
    const [id] = await add({ workflowId: randomUUID(), profileId, state: 'rejected', code: 'HTTP_422' })
    const QUERY = `query ($id: ID!) { delivery(id: $id) { transport destination nodeId request response status error { code message }
      requiredConsents attempts profile { id } run { id } workflow { id } } }`
    const { delivery } = await subgraph.ask<Anything>(QUERY, { id })
    expect(delivery).toMatchObject({
      transport: 'http',
      destination: 'http:api.example.com',
      nodeId: 'call',
      request: { url: 'https://api.example.com/x', body: 'hello' },
      response: { status: 422, body: 'no' },
      status: 422,
      error: { code: 'HTTP_422', message: 'They said no.' },
      requiredConsents: ['mail'],
      attempts: 3,
      profile: { id: profileId },
      run: null,
      workflow: null,
    })
    const masked = await subgraph.ask<Anything>(QUERY, { id }, 'developer')
    expect(masked.delivery).toMatchObject({
      request: '•••',
      response: '•••',
      status: 422,
      error: { code: 'HTTP_422', message: '•••' },
    })
  })

  test('of a page are a handful of statements', async () => {
    const workflowId = randomUUID()
    await add(...Array.from({ length: 30 }, () => ({ workflowId, state: 'delivered' as const })))
    const count = countStatements(subgraph.own)
    await subgraph.ask(
      'query ($id: ID!) { deliveries(filter: { workflowId: $id }, first: 30) { edges { node { request status workflow { name } profile { id } } } } }',
      { id: workflowId },
    )
    expect(count.statements.length).toBeLessThanOrEqual(3)
  })
})

describe('sending again', () => {
  test('puts what was rejected or cancelled into the queue as new, and says what it left', async () => {
    const workflowId = randomUUID()
    const [rejected, cancelled, delivered, queued] = await add(
      { workflowId, state: 'rejected' },
      { workflowId, state: 'cancelled' },
      { workflowId, state: 'delivered' },
      { workflowId },
    )
    expect(await change('replayDeliveries', { ids: [rejected, cancelled, delivered, queued] })).toEqual({
      userErrors: [],
      count: 2,
      missingIds: [delivered, queued],
      more: false,
    })
    expect(await stateOf(rejected)).toMatchObject({ state: 'queued', attempts: 0, finishedAt: null })
    expect((await stateOf(rejected)).nextAt).not.toBeNull()
    expect(await change('replayDeliveries', { ids: [rejected] })).toMatchObject({ count: 0, missingIds: [rejected] })
    expect(await change('replayDeliveries', { ids: [] })).toMatchObject({ count: 0 })
  })

  test('by a time window, up to a limit, the oldest first', async () => {
    const workflowId = randomUUID()
    const at = DAY + 86_400_000
    const ids = await add(
      ...[0, 1, 2, 3].map((minute) => ({ workflowId, state: 'rejected' as const, at: at + minute * 60_000 })),
    )
    const filter = { createdFrom: new Date(at + 60_000), createdBefore: new Date(at + 10 * 60_000) }
    expect(await change('replayDeliveries', { filter, limit: 2 })).toMatchObject({ count: 2, more: true })
    expect((await Promise.all(ids.map(stateOf))).map(({ state }) => state)).toEqual([
      'rejected',
      'queued',
      'queued',
      'rejected',
    ])
    expect(await change('replayDeliveries', { filter, limit: 2 })).toMatchObject({ count: 1, more: false })
  })

  test('of ten thousand is a second’s work', async () => {
    const workflowId = randomUUID()
    const id = (index: number): Buffer => toBytes(`01900000-0000-7000-8000-${String(index).padStart(12, '0')}`)
    await subgraph.database.query(
      'INSERT INTO delivery (id, transport, destination, workflow_id, request, state, attempts, created_at) VALUES ?',
      [
        Array.from({ length: 12_000 }, (_, index) => [
          id(index),
          'http',
          'x',
          toBytes(workflowId),
          '{}',
          'rejected',
          3,
          new Date(DAY),
        ]),
      ],
    )
    const before = Date.now()
    expect(await change('replayDeliveries', { filter: { workflowId }, limit: 10_000 })).toMatchObject({
      count: 10_000,
      more: true,
    })
    expect(Date.now() - before).toBeLessThan(5000)
  }, 20_000)
})

describe('stopping', () => {
  test('cancels what is queued, not what a worker is sending, and lets the run go on', async () => {
    const workflowId = randomUUID()
    const [run] = await addWaitingRuns(subgraph.database, { workflowId, kind: 'delivery', due: null })
    const [wait = ''] = run?.waits ?? []
    const [waited, sending, sent] = await add(
      { workflowId, runId: run?.id ?? '', waitId: wait },
      { workflowId, leasedForSeconds: 60 },
      { workflowId, state: 'delivered' },
    )
    expect(await change('cancelDeliveries', { ids: [waited, sending, sent] })).toMatchObject({
      userErrors: [],
      count: 1,
      missingIds: [sending, sent],
    })
    expect(await stateOf(waited)).toMatchObject({ state: 'cancelled', nextAt: null })
    expect(await delayedEvent(subgraph.database, wait)).toMatchObject({
      due: 1,
      outcome: { kind: 'answer', delivered: false, error: { code: 'CANCELLED' }, response: null },
    })
    expect(await change('cancelDeliveries', { filter: { workflowId } })).toMatchObject({ count: 0 })
  })
})
