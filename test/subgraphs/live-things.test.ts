// What can be watched, from what the pipeline and mutations commit to the message, each subgraph with no more database rights than its process has.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { toBytes } from '@segue/database'
import { readEventConfig } from '@segue/subgraph-event/config'
import { start as startEvent } from '@segue/subgraph-event'
import { start as startProfile } from '@segue/subgraph-profile'
import { readProfileConfig } from '@segue/subgraph-profile/config'
import { start as startSegment } from '@segue/subgraph-segment'
import { readSegmentConfig } from '@segue/subgraph-segment/config'
import { start as startWorkflow } from '@segue/subgraph-workflow'
import { readWorkflowConfig } from '@segue/subgraph-workflow/config'
import { randomUUID } from 'node:crypto'
import {
  claims,
  createTestPipeline,
  envelope,
  mintId,
  type TestPipeline,
} from '../../packages/pipeline/src/testing/test-pipeline.js'
import { asJob } from '../../workers/migration-worker/src/job.js'
import { connectLive, type LiveClient } from '../setup/live-client.js'
import { startTestPlatform, type TestPlatform } from '../setup/platform.js'
import { startTestSubgraph, type TestSubgraph } from '../setup/subgraph.js'

let pipeline: TestPipeline
let event: TestSubgraph
let profile: TestSubgraph
let segment: TestSubgraph
let workflow: TestSubgraph
let platform: TestPlatform
const closing: { close(): unknown }[] = []

const WORKFLOW = randomUUID()
const GRAPH = {
  nodes: [
    { id: 'start', type: 'start' },
    { id: 'count', type: 'profile.increment', config: { field: 'traits.visits' } },
    { id: 'end', type: 'end' },
  ],
  edges: [
    { from: 'start', port: 'next', to: 'count' },
    { from: 'count', port: 'done', to: 'end' },
  ],
}

beforeAll(async () => {
  pipeline = await createTestPipeline()
  await pipeline.rows(
    `INSERT INTO workflow (id, name, draft, live_version, created_at, updated_at)
     VALUES (?, 'Count', ?, 1, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [toBytes(WORKFLOW), JSON.stringify(GRAPH)],
  )
  await pipeline.rows(
    'INSERT INTO workflow_version (workflow_id, version, graph, created_at) VALUES (?, 1, ?, UTC_TIMESTAMP(3))',
    [toBytes(WORKFLOW), JSON.stringify(GRAPH)],
  )
  await pipeline.rows(
    `INSERT INTO workflow_trigger (id, workflow_id, name, event_type_id, required_consents, created_at, updated_at)
     VALUES (?, ?, 'Visits', 'visited', '[]', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [toBytes(randomUUID()), toBytes(WORKFLOW)],
  )
  const database = { name: new URL(pipeline.url).pathname.slice(1), url: pipeline.url, close: async () => undefined }
  event = await startTestSubgraph({ account: 'subgraph-event', start: startEvent, config: readEventConfig }, database)
  profile = await startTestSubgraph(
    { account: 'subgraph-profile', start: startProfile, config: readProfileConfig },
    database,
  )
  segment = await startTestSubgraph(
    { account: 'subgraph-segment', start: startSegment, config: readSegmentConfig },
    database,
  )
  workflow = await startTestSubgraph(
    { account: 'subgraph-workflow', start: startWorkflow, config: readWorkflowConfig },
    database,
  )
  platform = await startTestPlatform(database)
  closing.push(event, profile, segment, workflow, platform)
})
afterAll(async () => {
  for (const one of closing.reverse()) await one.close()
  await pipeline.close()
})

async function connect(url: string): Promise<LiveClient> {
  const client = await connectLive(url)
  closing.push(client)
  return client
}

const EVENTS = `subscription ($filter: EventReceivedFilter, $after: String) {
  eventReceived(filter: $filter, after: $after) { events { id type properties context } skipped missed cursor } }`

test('events reach whoever watches them, personal data only whom it may be shown', async () => {
  const live = await connect(event.url)
  const admin = live.watch(EVENTS, {}, event.tokens.admin)
  const viewer = live.watch(EVENTS, {}, event.tokens.viewer)
  expect((await admin.message(1)).eventReceived).toMatchObject({ events: [], skipped: 0, missed: false })
  await viewer.message(1)
  const sent = envelope({ type: 'purchase', properties: { price: 7, email: 'ann@example.com' } })
  await pipeline.process(sent)
  expect((await admin.message(2)).eventReceived.events).toMatchObject([
    { id: sent.eventId, type: 'purchase', properties: { price: 7, email: 'ann@example.com' } },
  ])
  const seen = (await viewer.message(2)).eventReceived.events
  expect(seen).toMatchObject([{ id: sent.eventId, properties: { price: 7 } }])
  expect(JSON.stringify(seen)).not.toContain('ann@example.com')
})

test('a filter lets through what it names, also of a profile that is merged meanwhile', async () => {
  await pipeline.process(envelope({ identities: claims({ email: 'bob@example.com' }) }))
  await pipeline.process(envelope({ identities: claims({ user: 'bob' }) }))
  const ids = await Promise.all([pipeline.profileOf('email', 'bob@example.com'), pipeline.profileOf('user', 'bob')])
  const live = await connect(event.url)
  const ofType = live.watch(EVENTS, { filter: { types: ['signed-up'] } }, event.tokens.admin)
  const ofSource = live.watch(EVENTS, { filter: { sourceIds: ['app'] } }, event.tokens.admin)
  const ofBoth = ids.map((one) => live.watch(EVENTS, { filter: { profileId: one?.id } }, event.tokens.admin))
  const invalid = live.watch(EVENTS, { filter: { valid: false } }, event.tokens.admin)
  for (const one of [ofType, ofSource, ...ofBoth, invalid]) await one.message(1)
  await pipeline.process(envelope({ identities: claims({ email: 'bob@example.com', user: 'bob' }) }))
  const later = envelope({ type: 'signed-up', sourceId: 'app', identities: claims({ user: 'bob' }) })
  await pipeline.process(later)
  for (const one of [ofType, ofSource, ...ofBoth]) {
    await one.until(({ messages }) =>
      messages.some(({ data }) => data.eventReceived.events.some(({ id }: { id: string }) => id === later.eventId)),
    )
  }
  expect(ofType.messages.flatMap(({ data }) => data.eventReceived.events)).toHaveLength(1)
  expect(ofSource.messages.flatMap(({ data }) => data.eventReceived.events)).toHaveLength(1)
  expect(invalid.messages).toHaveLength(1)
})

test('of many events the newest are sent, and the others counted', async () => {
  const live = await connect(event.url)
  const watching = live.watch(EVENTS, {}, event.tokens.admin)
  await watching.message(1)
  const profileId = mintId()
  const events = Array.from({ length: 400 }, () => envelope({ profileId }))
  await pipeline.process(...events)
  const { eventReceived } = await watching.message(2)
  expect(eventReceived.skipped).toBe(150)
  expect(eventReceived.events.map(({ id }: { id: string }) => id)).toEqual(
    events
      .map(({ eventId }) => eventId)
      .sort()
      .slice(-250),
  )
})

test('a filter that is too long or names no id is refused', async () => {
  const live = await connect(event.url)
  const long = live.watch(EVENTS, { filter: { types: Array.from({ length: 101 }, String) } }, event.tokens.admin)
  const noId = live.watch(EVENTS, { filter: { profileId: 'x' } }, event.tokens.admin)
  await Promise.all([long, noId].map((one) => one.until(({ isDone }) => isDone)))
  expect(long.errors?.[0]?.extensions).toEqual({ code: 'INVALID_INPUT', path: ['filter', 'types'] })
  expect(noId.errors?.[0]?.extensions).toEqual({ code: 'BAD_ID', path: ['filter', 'profileId'] })
})

test('runs and what their nodes do are told as they end', async () => {
  const live = await connect(workflow.url)
  const runs = live.watch(
    `subscription ($id: ID) { workflowRunUpdated(workflowId: $id) { runs { id workflowId version state event { id } } cursor } }`,
    { id: WORKFLOW },
    workflow.tokens.viewer,
  )
  const others = live.watch(
    `subscription ($id: ID) { workflowRunUpdated(workflowId: $id) { runs { id } } }`,
    { id: randomUUID() },
    workflow.tokens.viewer,
  )
  const nodes = live.watch(
    `subscription ($id: ID!) { nodeActivity(workflowId: $id) { workflow { name } nodes { version nodeId entered failed } } }`,
    { id: WORKFLOW },
    workflow.tokens.viewer,
  )
  for (const one of [runs, others, nodes]) await one.message(1)
  const profileId = mintId()
  const events = [envelope({ profileId }), envelope({ profileId, traits: { visits: 'many' } }), envelope({ profileId })]
  await pipeline.process(...events)
  const { workflowRunUpdated } = await runs.message(2)
  expect(workflowRunUpdated.runs.map((run: { event: { id: string } }) => run.event.id).toSorted()).toEqual(
    events.map(({ eventId }) => eventId).toSorted(),
  )
  expect(workflowRunUpdated.runs[0]).toMatchObject({ workflowId: WORKFLOW, version: 1 })
  const states = workflowRunUpdated.runs.map(({ state }: { state: string }) => state)
  const failures = states.filter((state: string) => state === 'failed').length
  const { nodeActivity } = await nodes.message(2)
  expect(nodeActivity.workflow.name).toBe('Count')
  expect(nodeActivity.nodes).toEqual([
    { version: 1, nodeId: 'start', entered: 3, failed: 0 },
    { version: 1, nodeId: 'count', entered: 3, failed: failures },
    ...(failures < 3 ? [{ version: 1, nodeId: 'end', entered: 3 - failures, failed: 0 }] : []),
  ])
  expect(failures).toBeGreaterThan(0)
  expect(others.messages).toHaveLength(1)
})

test('a profile is told as it is after each change, and as what it was merged into', async () => {
  const live = await connect(profile.url)
  const WATCH = `subscription ($id: ID!) { profileChanged(id: $id) { profile { id email } cursor } }`
  await pipeline.process(envelope({ identities: claims({ email: 'cat@example.com' }) }))
  await pipeline.process(envelope({ identities: claims({ user: 'cat' }) }))
  const retired = (await pipeline.profileOf('user', 'cat'))?.id
  const admin = live.watch(WATCH, { id: retired }, profile.tokens.admin)
  const viewer = live.watch(WATCH, { id: retired }, profile.tokens.viewer)
  expect((await admin.message(1)).profileChanged.profile).toEqual({ id: retired, email: null })
  await viewer.message(1)
  await pipeline.process(envelope({ identities: claims({ email: 'cat@example.com', user: 'cat' }) }))
  const survivor = (await pipeline.profileOf('user', 'cat'))?.id
  expect((await admin.message(2)).profileChanged.profile).toEqual({ id: survivor, email: 'cat@example.com' })
  const masked = (await viewer.message(2)).profileChanged.profile
  expect(masked.id).toBe(survivor)
  expect(masked.email).not.toContain('cat')
  await pipeline.process(envelope({ profileId: mintId() }))
  await pipeline.process(envelope({ identities: claims({ user: 'cat' }), traits: { plan: 'gold' } }))
  await admin.message(3)
  expect(admin.messages).toHaveLength(3)
})

test('a segment’s size is told when profiles come and go', async () => {
  const live = await connect(segment.url)
  const { createSegment } = await segment.ask<{ createSegment: { segment: { id: string } } }>(
    `mutation { createSegment(input: { name: "Live" }) { segment { id } } }`,
  )
  const { id } = createSegment.segment
  const watching = live.watch(
    `subscription ($id: ID!) { segmentSizeChanged(id: $id) { segment { name } size } }`,
    { id },
    segment.tokens.viewer,
  )
  expect((await watching.message(1)).segmentSizeChanged).toEqual({ segment: { name: 'Live' }, size: 0 })
  const input = { segmentId: id, profileIds: [mintId(), mintId()] }
  const change = (mutation: string): Promise<unknown> =>
    segment.ask(`mutation ($input: SegmentProfilesInput!) { ${mutation}(input: $input) { changed } }`, { input })
  await change('addProfilesToSegment')
  expect((await watching.message(2)).segmentSizeChanged.size).toBe(2)
  await change('removeProfilesFromSegment')
  expect((await watching.message(3)).segmentSizeChanged.size).toBe(0)
  await segment.ask(`mutation ($id: ID!) { deleteSegment(input: { id: $id }) { deletedId } }`, { id })
  expect((await watching.message(4)).segmentSizeChanged).toEqual({ segment: null, size: 0 })
})

test('jobs are told from their beginning to their end, to whom they concern', async () => {
  const live = await connect(platform.subgraph.url)
  const WATCH = `subscription ($id: ID) { jobProgress(id: $id) { jobs { id kind state done total error } cursor } }`
  const { admin, viewer } = platform.signIn.tokens
  const watching = live.watch(WATCH, {}, admin)
  await watching.message(1)
  let proceed: () => void = () => undefined
  const proceeding = new Promise<void>((resolve) => (proceed = resolve))
  const working = asJob(pipeline.pool, 'forget-event-keys', async (progress) => {
    await progress(1, 3)
    await proceeding
    await progress(3, 3)
  })
  const begun = (await watching.message(2)).jobProgress.jobs
  expect(begun).toMatchObject([{ kind: 'forget-event-keys', state: 'running', done: 1, total: 3 }])
  const one = live.watch(WATCH, { id: begun[0].id }, admin)
  expect((await one.message(1)).jobProgress.jobs).toEqual(begun)
  proceed()
  await working
  expect((await watching.message(3)).jobProgress.jobs).toMatchObject([{ id: begun[0].id, state: 'done', done: 3 }])
  await expect(
    asJob(pipeline.pool, 'keep-partitions', async (progress) => {
      await progress(0)
      throw new Error('The disk is full.')
    }),
  ).rejects.toThrow('The disk is full.')
  await watching.until(({ messages }) =>
    messages.some(({ data }) =>
      data.jobProgress.jobs.some(({ error }: { error: string }) => error === 'The disk is full.'),
    ),
  )
  const { data } = await platform.ask(`{ jobs { edges { node { kind state } } } }`, {}, { token: admin })
  expect(data.jobs.edges.map(({ node }: { node: object }) => node)).toEqual([
    { kind: 'keep-partitions', state: 'failed' },
    { kind: 'forget-event-keys', state: 'done' },
  ])
  const forbidden = live.watch(WATCH, {}, viewer)
  await forbidden.until(({ isDone }) => isDone)
  expect(forbidden.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})
