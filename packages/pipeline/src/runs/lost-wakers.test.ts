// Runs that what they wait for cannot wake any more, people who are forgotten or confused, and runs that are broken.
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { toBytes } from '@segue/database'
import { claims, createTestPipeline, envelope, mintId, type TestPipeline } from '../testing/test-pipeline.js'
import { deploy, passTime, resumeDue, runsOf, type TestNode } from '../testing/workflows.js'

let pipeline: TestPipeline
beforeAll(async () => {
  pipeline = await createTestPipeline()
})
afterAll(() => pipeline.close())
beforeEach(async () => {
  for (const table of ['workflow', 'workflow_trigger', 'delayed_event', 'run_state', 'segment_wait'])
    await pipeline.rows(`DELETE FROM ${table}`)
})

const end: TestNode = { id: 'end', type: 'end' }
const count = (id: string, field = `counters.${id}`): TestNode => ({ id, type: 'profile.increment', config: { field } })
const pause: TestNode = { id: 'pause', type: 'wait.duration', config: { duration: '3d' } }

async function document(profileId: string): Promise<Record<string, Record<string, unknown>>> {
  const [row] = await pipeline.rows<{ document: string }>('SELECT document FROM profile WHERE id = ?', [
    toBytes(profileId),
  ])
  return row ? JSON.parse(row.document) : {}
}
const states = async (id: string): Promise<string[]> => (await runsOf(pipeline, id)).map(({ state }) => state)

async function retry(workflowId: string): Promise<void> {
  const [run] = await runsOf(pipeline, workflowId)
  await pipeline.rows(
    `INSERT INTO delayed_event (id, run_id, workflow_id, node_id, kind, due_at, created_at, outcome)
     VALUES (?, ?, ?, 'x', 'retry', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), '{"kind":"retry","version":"own"}')`,
    [toBytes(mintId()), toBytes(run?.id ?? ''), toBytes(workflowId)],
  )
}

it('remembers who was in a workflow when their profile is merged into one that was not', async () => {
  const settings = { reentry: { rule: 'once' } }
  const id = await deploy(pipeline, { on: 'enter', nodes: [end], ways: ['start.next end'], settings })
  await pipeline.process(envelope({ identities: claims({ email: 'a@example.com' }) }))
  await pipeline.process(envelope({ type: 'enter', identities: claims({ phone: '+48600700800' }) }))
  await pipeline.process(envelope({ identities: claims({ email: 'a@example.com', phone: '+48600700800' }) }))
  await pipeline.process(envelope({ type: 'enter', identities: claims({ email: 'a@example.com' }) }))
  expect(await states(id)).toHaveLength(1)
})

it('lets a parent go on when the workflow that it wants to run was deleted', async () => {
  const child = await deploy(pipeline, { nodes: [end], ways: ['start.next end'] })
  const parent = await deploy(pipeline, {
    on: 'trial',
    nodes: [{ id: 'sub', type: 'workflow.run', config: { workflowId: child } }, count('failed')],
    ways: ['start.next sub.failed failed'],
  })
  const profileId = mintId()
  await pipeline.process(envelope({ type: 'trial', profileId }))
  await pipeline.rows('DELETE FROM workflow WHERE id = ?', [toBytes(child)])
  await resumeDue(pipeline)
  await resumeDue(pipeline)
  expect([await states(parent), (await document(profileId))['counters']]).toEqual([['completed'], { failed: 1 }])
})

it('finds, when it is tried again, that its sub-workflow has ended meanwhile', async () => {
  const child = await deploy(pipeline, { nodes: [pause, end], ways: ['start.next pause.done end'] })
  const sub = {
    id: 'sub',
    type: 'workflow.run',
    config: { workflowId: child, input: { price: { expr: 'event.properties.price' } } },
  }
  const parent = await deploy(pipeline, {
    on: 'trial',
    nodes: [
      sub,
      { id: 'keep', type: 'profile.set', config: { fields: [{ field: 'traits.got', value: true }] } },
      { ...pause, id: 'short' },
      count('broken', 'traits.text'),
    ],
    ways: ['start.next sub.done keep', 'start.next short.done broken'],
  })
  const profileId = mintId()
  await pipeline.process(
    envelope({ type: 'trial', profileId, traits: { text: 'no number' }, properties: { price: 7 } }),
  )
  await resumeDue(pipeline)
  const due = (node: string): Promise<unknown> =>
    pipeline.rows('UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3) WHERE node_id = ?', [node])
  await due('short')
  await resumeDue(pipeline)
  await due('pause')
  await resumeDue(pipeline)
  expect([await states(child), await states(parent)]).toEqual([['completed'], ['failed']])
  await pipeline.rows(`UPDATE profile SET document = JSON_SET(document, '$.traits.text', 1) WHERE id = ?`, [
    toBytes(profileId),
  ])
  await retry(parent)
  await resumeDue(pipeline)
  await resumeDue(pipeline)
  expect(await states(parent)).toEqual(['completed'])
  expect((await document(profileId))['traits']).toMatchObject({ got: true })
})

it('does not try the failed run of somebody again who was erased', async () => {
  const id = await deploy(pipeline, {
    on: 'trial',
    nodes: [count('broken', 'traits.text'), { id: 'emit', type: 'emit', config: { eventType: 'made' } }],
    ways: ['start.next broken.done emit'],
  })
  const profileId = mintId()
  await pipeline.process(envelope({ type: 'trial', profileId, traits: { text: 'no number' } }))
  await pipeline.rows('DELETE FROM profile WHERE id = ?', [toBytes(profileId)])
  await retry(id)
  await resumeDue(pipeline)
  const [run] = await runsOf(pipeline, id)
  expect([run?.state, run?.outcome]).toEqual(['cancelled', { kind: 'profile-gone' }])
  expect(await pipeline.rows('SELECT 1 FROM run_state')).toEqual([])
})

it('finds the earlier event of a person whose neighbour in the batch is flooded with events', async () => {
  const at = Date.UTC(2026, 0, 2)
  await deploy(pipeline, {
    on: 'added',
    nodes: [
      pause,
      {
        id: 'paid',
        type: 'wait.event',
        config: {
          eventType: 'paid',
          timeout: '2h',
          match: [{ arrived: 'properties.cart', started: { value: 'mine' } }],
        },
      },
      count('bought'),
    ],
    ways: ['start.next pause.done paid.arrived bought'],
  })
  const [flooded, quiet] = [mintId(), mintId()]
  const event = (type: string, profileId: string, occurredAt: number, cart: string) =>
    envelope({ type, profileId, occurredAt, receivedAt: at + 9_000_000, properties: { cart } })
  await pipeline.process(event('added', flooded, at, ''), event('added', quiet, at, ''))
  for (let n = 0; n < 6; n++)
    await pipeline.process(...Array.from({ length: 1000 }, () => event('paid', flooded, at + 1000, 'other')))
  await pipeline.process(event('paid', quiet, at + 9_000_000, 'mine'))
  await passTime(pipeline)
  await resumeDue(pipeline)
  expect((await document(quiet))['counters']).toEqual({ bought: 1 })
})

it('keeps what a late event writes to a field that holds something newer from breaking the event', async () => {
  const id = await deploy(pipeline, {
    on: 'late',
    nodes: [
      { id: 'zero', type: 'profile.set', config: { fields: [{ field: 'traits.x', value: 0 }] } },
      count('add', 'traits.x'),
    ],
    ways: ['start.next zero.done add'],
  })
  const profileId = mintId()
  const at = Date.UTC(2026, 0, 2)
  await pipeline.process(envelope({ profileId, traits: { x: 'newer' }, occurredAt: at }))
  await pipeline.process(envelope({ type: 'late', profileId, occurredAt: at - 1000 }))
  expect(await states(id)).toEqual(['completed'])
  expect((await document(profileId))['traits']).toEqual({ x: 'newer' })
})

it('takes an event in although a run of its person is broken, and tells of it without what the run knows', async () => {
  const id = await deploy(pipeline, {
    on: 'trial',
    nodes: [{ id: 'paid', type: 'wait.event', config: { eventType: 'paid', timeout: '2h' } }, count('bought')],
    ways: ['start.next paid.arrived bought'],
  })
  const profileId = mintId()
  await pipeline.process(envelope({ type: 'trial', profileId }), envelope({ type: 'trial', profileId }))
  await pipeline.rows(
    `UPDATE run_state SET body = '{"v":1,"startedAt":0,"secret":"personal"}' WHERE workflow_id = ? ORDER BY run_id LIMIT 1`,
    [toBytes(id)],
  )
  const outcome = await pipeline.process(envelope({ type: 'paid', profileId, properties: { secret: 'personal' } }))
  expect(await states(id)).toEqual(['waiting', 'completed'])
  expect(outcome.crashes).toMatchObject([{ workflowId: id, version: 1 }])
  expect(JSON.stringify(outcome.crashes)).not.toContain('personal')
})
