// Those who meet at a run: merges, timers, people who cancel, queues that many stand in.
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { setTimeout as pause } from 'node:timers/promises'
import { toBytes } from '@segue/database'
import type { PoolConnection } from 'mysql2/promise'
import { ConfigurationLoader, OwnerMemory, processBatch } from '../index.js'
import { takePlaces } from '../sql/effects.js'
import { claims, createTestPipeline, envelope, mintId, type TestPipeline } from '../testing/test-pipeline.js'
import { deploy, passTime, pathOf, resumeDue, runsOf, type TestNode } from '../testing/workflows.js'

let pipeline: TestPipeline
beforeAll(async () => {
  pipeline = await createTestPipeline()
})
afterAll(() => pipeline.close())
beforeEach(async () => {
  for (const table of ['workflow', 'workflow_trigger', 'delayed_event', 'run_state', 'segment_wait'])
    await pipeline.rows(`DELETE FROM ${table}`)
})

const count = (id: string): TestNode => ({
  id,
  type: 'profile.increment',
  config: { field: `counters.${id}` },
})
const waiting: TestNode = { id: 'pause', type: 'wait.duration', config: { duration: '3d' } }

const countersOf = async (email: string): Promise<unknown> =>
  (await pipeline.profileOf('email', email))?.document['counters']

/** Two people who are one: what is known of the second, and of both, is about to be committed when `meanwhile` begins. */
async function mergeMeanwhile<Result>(email: string, meanwhile: () => Promise<Result>): Promise<Result> {
  const configuration = await new ConfigurationLoader(pipeline.pool).load()
  const tx: PoolConnection = await pipeline.pool.getConnection()
  await tx.beginTransaction()
  const both = envelope({ identities: claims({ email, phone: '+48600700800' }) })
  await processBatch(tx, [both], configuration, Date.now(), new OwnerMemory())
  const running = meanwhile()
  await lockIsWaitedFor()
  await tx.commit()
  tx.release()
  return running
}

async function lockIsWaitedFor(): Promise<void> {
  for (;;) {
    const [row] = await pipeline.rows<{ n: number }>(
      "SELECT COUNT(*) AS n FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
    )
    if (Number(row?.n) > 0) return
    // The server renews this table only when nobody has read it for a tenth of a second.
    await pause(150)
  }
}

it('lets a run go on whose profile is merged at the moment in which its time comes', async () => {
  const id = await deploy(pipeline, {
    on: 'trial',
    nodes: [waiting, count('after')],
    ways: ['start.next pause.done after'],
  })
  await pipeline.process(envelope({ identities: claims({ email: 'first@example.com' }) }))
  await pipeline.process(envelope({ type: 'trial', identities: claims({ phone: '+48600700800' }) }))
  await passTime(pipeline)
  await mergeMeanwhile('first@example.com', () => resumeDue(pipeline))
  expect((await runsOf(pipeline, id)).map(({ state, outcome }) => [state, outcome])).toEqual([['completed', null]])
  expect(await countersOf('first@example.com')).toEqual({ after: 1 })
})

it('begins a sub-workflow whose profile is merged at the moment in which it begins', async () => {
  const child = await deploy(pipeline, { nodes: [count('child')], ways: ['start.next child'] })
  const parent = await deploy(pipeline, {
    on: 'trial',
    nodes: [{ id: 'sub', type: 'workflow.run', config: { workflowId: child } }, count('parent')],
    ways: ['start.next sub.done parent'],
  })
  await pipeline.process(envelope({ identities: claims({ email: 'second@example.com' }) }))
  const phone = claims({ phone: '+48600700800' })
  await pipeline.rows("DELETE FROM profile_identity WHERE kind = 'phone'")
  await pipeline.process(envelope({ type: 'trial', identities: phone }))
  await mergeMeanwhile('second@example.com', () => resumeDue(pipeline))
  await resumeDue(pipeline)
  expect((await runsOf(pipeline, parent)).map(({ state }) => state)).toEqual(['completed'])
  expect(await countersOf('second@example.com')).toEqual({ child: 1, parent: 1 })
})

it('cancels a run that an event lets go on before the cancelling is carried out', async () => {
  const id = await deploy(pipeline, {
    on: 'trial',
    nodes: [{ id: 'paid', type: 'wait.event', config: { eventType: 'paid', timeout: '2h' } }, waiting, count('after')],
    ways: ['start.next paid.arrived pause.done after'],
  })
  const profileId = mintId()
  await pipeline.process(envelope({ type: 'trial', profileId }))
  await pipeline.rows('UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3), outcome = ? WHERE workflow_id = ?', [
    JSON.stringify({ kind: 'cancel', by: 'somebody' }),
    toBytes(id),
  ])
  await pipeline.process(envelope({ type: 'paid', profileId }))
  await resumeDue(pipeline)
  const [run] = await runsOf(pipeline, id)
  expect([run?.state, run?.outcome]).toEqual(['cancelled', { kind: 'cancelled', by: 'somebody' }])
  expect(run && pathOf(run)).toBe('start.next paid> paid.arrived pause>')
})

it('lets many stand in the same queues at once without a deadlock', async () => {
  const workflowId = toBytes(mintId())
  const queues = ['a', 'b', 'c'].map((nodeId) => ({ workflowId, nodeId, keyHash: Buffer.alloc(16), interval: 1000 }))
  const take = async (n: number): Promise<number> => {
    const tx = await pipeline.pool.getConnection()
    try {
      await tx.beginTransaction()
      const order = n % 2 === 0 ? queues : queues.toReversed()
      const firsts = await takePlaces(
        tx,
        order.map((queue) => ({ ...queue, runs: 1 })),
        0,
      )
      await tx.commit()
      return firsts[order.findIndex(({ nodeId }) => nodeId === 'a')] ?? -1
    } catch (error) {
      await tx.rollback()
      throw error
    } finally {
      tx.release()
    }
  }
  await take(0)
  const places = await Promise.all(Array.from({ length: 200 }, (_, n) => take(n)))
  expect(places.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => 1000 * (n + 1)))
})
