// Runs that wait, and everything that lets them go on.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { toBytes, toId } from '@segue/database'
import { claims, createTestPipeline, envelope, mintId, type TestPipeline } from '../testing/test-pipeline.js'
import { deploy, passTime, pathOf, resumeDue, runsOf, type TestNode } from '../testing/workflows.js'

let pipeline: TestPipeline
beforeAll(async () => {
  pipeline = await createTestPipeline()
})
afterAll(() => pipeline.close())
beforeEach(async () => {
  for (const table of [
    'workflow',
    'workflow_trigger',
    'delayed_event',
    'run_state',
    'delivery',
    'inbox',
    'contact_policy',
  ])
    await pipeline.rows(`DELETE FROM ${table}`)
})

const end: TestNode = { id: 'end', type: 'end' }
const count = (id: string, field = id): TestNode => ({
  id,
  type: 'profile.increment',
  config: { field: `counters.${field}` },
})
const pause: TestNode = { id: 'pause', type: 'wait.duration', config: { duration: '3d' } }
const untilPaid: TestNode = {
  id: 'paid',
  type: 'wait.event',
  config: {
    eventType: 'paid',
    timeout: '2h',
    match: [{ arrived: 'properties.cart', started: 'event.properties.cart' }],
  },
}

async function counters(profileId: string): Promise<Record<string, number>> {
  const [row] = await pipeline.rows<{ document: string }>('SELECT document FROM profile WHERE id = ?', [
    toBytes(profileId),
  ])
  return row ? (JSON.parse(row.document).counters ?? {}) : {}
}
const left = async (): Promise<number> => {
  const [row] = await pipeline.rows<{ n: number }>(
    'SELECT (SELECT COUNT(*) FROM delayed_event) + (SELECT COUNT(*) FROM run_state) + (SELECT COUNT(*) FROM segment_wait) AS n',
  )
  return Number(row?.n)
}
const paths = async (id: string): Promise<string[]> => (await runsOf(pipeline, id)).map(pathOf)
const states = async (id: string): Promise<string[]> => (await runsOf(pipeline, id)).map(({ state }) => state)

describe('waiting for time', () => {
  it('stores a run that waits, with what it did, and lets it go on once it is due', async () => {
    const id = await deploy(pipeline, {
      on: 'bought',
      nodes: [count('before'), pause, count('after'), end],
      ways: ['start.next before.done pause.done after.done end'],
    })
    const profileId = mintId()
    await pipeline.process(envelope({ type: 'bought', profileId }))
    expect(await states(id)).toEqual(['waiting'])
    expect(await paths(id)).toEqual(['start.next before.done pause>'])
    expect(await counters(profileId)).toEqual({ before: 1 })
    expect(await resumeDue(pipeline)).toMatchObject({ done: 0 })

    await passTime(pipeline)
    expect(await resumeDue(pipeline)).toMatchObject({ done: 1, skipped: 0 })
    expect(await states(id)).toEqual(['completed'])
    expect(await paths(id)).toEqual(['start.next before.done pause> pause.done after.done end'])
    expect(await counters(profileId)).toEqual({ before: 1, after: 1 })
    expect(await left()).toBe(0)
    const minutes = await pipeline.rows(
      'SELECT node_id, SUM(entered) AS n FROM node_minute WHERE workflow_id = ? GROUP BY node_id ORDER BY node_id',
      [toBytes(id)],
    )
    expect(Object.fromEntries(minutes.map((row) => [row['node_id'], Number(row['n'])]))).toEqual({
      '@completed': 1,
      '@started': 1,
      after: 1,
      before: 1,
      end: 1,
      pause: 1,
      start: 1,
    })
  })

  it('lets one of two that resume at once do it', async () => {
    const id = await deploy(pipeline, {
      on: 'bought',
      nodes: [pause, count('after')],
      ways: ['start.next pause.done after'],
    })
    const people = Array.from({ length: 30 }, mintId)
    await pipeline.process(...people.map((profileId) => envelope({ type: 'bought', profileId })))
    await passTime(pipeline)
    const outcomes = await Promise.all([resumeDue(pipeline), resumeDue(pipeline), resumeDue(pipeline)])
    expect(outcomes.reduce((sum, { done }) => sum + done, 0)).toBe(30)
    expect(await Promise.all(people.map(counters))).toEqual(people.map(() => ({ after: 1 })))
    expect(new Set(await states(id))).toEqual(new Set(['completed']))
  })

  it('runs branches side by side, and joins them', async () => {
    const id = await deploy(pipeline, {
      on: 'bought',
      nodes: [
        pause,
        { ...pause, id: 'longer' },
        { id: 'both', type: 'join', config: { joins: 'all' } },
        count('joined'),
      ],
      ways: ['start.next pause.done both.next joined', 'start.next longer.done both'],
    })
    const profileId = mintId()
    await pipeline.process(envelope({ type: 'bought', profileId }))
    const [first] = await pipeline.rows<{ id: Buffer }>("SELECT id FROM delayed_event WHERE node_id = 'pause'")
    await pipeline.rows('UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3) WHERE id = ?', [first?.id])
    await resumeDue(pipeline)
    expect(await counters(profileId)).toEqual({})
    await passTime(pipeline)
    await resumeDue(pipeline)
    expect(await counters(profileId)).toEqual({ joined: 1 })
    expect(await states(id)).toEqual(['completed'])
  })
})

describe('waiting for an event', () => {
  const cart = {
    on: 'added',
    nodes: [untilPaid, count('bought'), count('abandoned')],
    ways: ['start.next paid.arrived bought', 'paid.timeout abandoned'],
  }

  it('keeps the carts of one person apart', async () => {
    const id = await deploy(pipeline, cart)
    const profileId = mintId()
    const event = (type: string, name: string) => envelope({ type, profileId, properties: { cart: name } })
    await pipeline.process(event('added', 'a'), event('added', 'b'), event('added', 'c'))
    await pipeline.process(event('paid', 'b'), event('paid', 'unknown'))
    expect(await counters(profileId)).toEqual({ bought: 1 })
    await passTime(pipeline)
    await resumeDue(pipeline)
    expect(await counters(profileId)).toEqual({ bought: 1, abandoned: 2 })
    expect(await states(id)).toEqual(['completed', 'completed', 'completed'])
    expect(await left()).toBe(0)
  })

  it('counts the event that arrives in the same batch, after or before', async () => {
    await deploy(pipeline, cart)
    const [after, before] = [mintId(), mintId()]
    const at = Date.UTC(2026, 0, 2)
    const event = (type: string, profileId: string, occurredAt: number) =>
      envelope({ type, profileId, properties: { cart: 'x' }, occurredAt })
    await pipeline.process(event('added', after, at), event('paid', after, at + 1000))
    await pipeline.process(event('paid', before, at + 1000), event('added', before, at))
    expect([await counters(after), await counters(before)]).toEqual([{ bought: 1 }, { bought: 1 }])
  })

  it('counts the event that was stored before the wait began, not one from before the run', async () => {
    const id = await deploy(pipeline, {
      on: 'added',
      nodes: [{ ...pause, config: { duration: '1h' } }, untilPaid, count('bought'), count('abandoned')],
      ways: ['start.next pause.done paid.arrived bought', 'paid.timeout abandoned'],
    })
    const [early, late] = [mintId(), mintId()]
    const at = Date.UTC(2026, 0, 2)
    const event = (type: string, profileId: string, occurredAt: number) =>
      envelope({ type, profileId, properties: { cart: 'x' }, occurredAt })
    await pipeline.process(event('paid', early, at - 1000))
    await pipeline.process(event('added', early, at), event('added', late, at))
    await pipeline.process(event('paid', late, at + 60_000))
    await passTime(pipeline)
    await resumeDue(pipeline)
    expect(await counters(late)).toEqual({ bought: 1 })
    expect(await states(id)).toEqual(['waiting', 'completed'])
    await passTime(pipeline)
    await resumeDue(pipeline)
    expect(await counters(early)).toEqual({ abandoned: 1 })
  })

  it('does not count an event twice that ended an earlier wait of the run', async () => {
    const again = { ...untilPaid, id: 'again' }
    const id = await deploy(pipeline, {
      on: 'added',
      nodes: [untilPaid, again, count('twice')],
      ways: ['start.next paid.arrived again.arrived twice'],
    })
    const profileId = mintId()
    const event = (type: string) => envelope({ type, profileId, properties: { cart: 'x' } })
    await pipeline.process(event('added'))
    await pipeline.process(event('paid'))
    expect(await paths(id)).toEqual(['start.next paid> paid.arrived again>'])
    await pipeline.process(event('paid'))
    expect(await counters(profileId)).toEqual({ twice: 1 })
  })

  it('gives one outcome when the event and the end of the time meet', async () => {
    const id = await deploy(pipeline, cart)
    const people = Array.from({ length: 20 }, mintId)
    const event = (type: string, profileId: string) => envelope({ type, profileId, properties: { cart: 'x' } })
    await pipeline.process(...people.map((profileId) => event('added', profileId)))
    await passTime(pipeline)
    await Promise.all([
      resumeDue(pipeline),
      ...people.map((profileId) => pipeline.process(event('paid', profileId))),
      resumeDue(pipeline),
    ])
    const outcomes = await Promise.all(people.map(counters))
    for (const { bought = 0, abandoned = 0 } of outcomes) expect(bought + abandoned).toBe(1)
    expect(new Set(await states(id))).toEqual(new Set(['completed']))
    expect(await left()).toBe(0)
  })
})

describe('people in flight', () => {
  it('lets people in once, once in a period, once for each key', async () => {
    const rules = [
      { rule: 'once' },
      { rule: 'once-per-period', seconds: 3600 },
      { rule: 'once-per-key', key: 'event.properties.order' },
    ]
    const ids = await Promise.all(
      rules.map((reentry, i) =>
        deploy(pipeline, { on: `enter-${i}`, nodes: [end], ways: ['start.next end'], settings: { reentry } }),
      ),
    )
    const profileId = mintId()
    for (const order of [1, 2, 2]) {
      const events = rules.map((_, i) => envelope({ type: `enter-${i}`, profileId, properties: { order } }))
      await pipeline.process(...events)
    }
    expect((await Promise.all(ids.map(states))).map((list) => list.length)).toEqual([1, 1, 2])
    await pipeline.rows("UPDATE workflow_memory SET times = '[1]', expires_at = '2020-01-01' WHERE workflow_id = ?", [
      toBytes(ids[1] ?? ''),
    ])
    await pipeline.process(envelope({ type: 'enter-1', profileId }))
    expect(await states(ids[1] ?? '')).toHaveLength(2)
  })

  it('lets people leave by an exit rule or a goal, at an event and when they are woken', async () => {
    const id = await deploy(pipeline, {
      on: 'trial',
      nodes: [pause, count('nagged')],
      ways: ['start.next pause.done nagged'],
      settings: {
        exits: [
          { name: 'bought', condition: 'arrived.type == "bought"', goal: true },
          { name: 'gone', condition: 'profile.traits.gone == true' },
        ],
      },
    })
    const [buyer, leaver, stayer] = [mintId(), mintId(), mintId()]
    await pipeline.process(...[buyer, leaver, stayer].map((profileId) => envelope({ type: 'trial', profileId })))
    await pipeline.process(envelope({ type: 'bought', profileId: buyer }))
    await pipeline.rows(
      `UPDATE profile SET document = JSON_SET(document, '$.traits', JSON_OBJECT('gone', TRUE)) WHERE id = ?`,
      [toBytes(leaver)],
    )
    await passTime(pipeline)
    await resumeDue(pipeline)
    const runs = await runsOf(pipeline, id)
    expect(runs.map(({ state, outcome }) => [state, outcome])).toEqual([
      ['completed', { kind: 'goal', name: 'bought' }],
      ['cancelled', { kind: 'exit', name: 'gone' }],
      ['completed', null],
    ])
    expect(await counters(buyer)).toEqual({})
    expect(await left()).toBe(0)
    const [goals] = await pipeline.rows("SELECT SUM(entered) AS n FROM node_minute WHERE node_id = '@goal:bought'")
    expect(Number(goals?.['n'])).toBe(1)
  })

  it('keeps the waiting runs of people who turn out to be one, all or the first', async () => {
    const both = await deploy(pipeline, {
      on: 'trial',
      nodes: [pause, count('both')],
      ways: ['start.next pause.done both'],
    })
    const one = await deploy(pipeline, {
      on: 'trial',
      nodes: [pause, count('one')],
      ways: ['start.next pause.done one'],
      settings: { merge: 'one' },
    })
    await pipeline.process(envelope({ type: 'trial', identities: claims({ email: 'a@example.com' }) }))
    await pipeline.process(envelope({ type: 'trial', identities: claims({ phone: '+48600700800' }) }))
    await pipeline.process(envelope({ identities: claims({ email: 'a@example.com', phone: '+48600700800' }) }))
    await passTime(pipeline)
    await resumeDue(pipeline)
    const person = await pipeline.profileOf('email', 'a@example.com')
    expect(person?.document['counters']).toEqual({ both: 2, one: 1 })
    expect(await states(both)).toEqual(['completed', 'completed'])
    expect((await runsOf(pipeline, one)).map(({ state, outcome }) => [state, outcome])).toEqual([
      ['completed', null],
      ['cancelled', { kind: 'merged' }],
    ])
    expect(await left()).toBe(0)
  })

  it('goes on in its own version, or follows the live one', async () => {
    const versions = (settings: Record<string, unknown>) =>
      ['first', 'second'].map((name) => ({
        nodes: [pause, count(name)],
        ways: [`start.next pause.done ${name}`],
        settings,
      }))
    const [pinned1, pinned2] = versions({})
    const [moving1, moving2] = versions({ versions: 'follow' })
    const pinned = await deploy(pipeline, {
      on: 'trial',
      ...pinned1,
      nodes: pinned1?.nodes ?? [],
      ways: pinned1?.ways ?? [],
    })
    const moving = await deploy(pipeline, {
      on: 'trial',
      ...moving1,
      nodes: moving1?.nodes ?? [],
      ways: moving1?.ways ?? [],
    })
    const gone = await deploy(pipeline, { on: 'trial', nodes: [pause, end], ways: ['start.next pause.done end'] })
    const profileId = mintId()
    await pipeline.process(envelope({ type: 'trial', profileId }))
    await deploy(pipeline, { nodes: [], ways: [], ...pinned2 }, pinned)
    await deploy(pipeline, { nodes: [], ways: [], ...moving2 }, moving)
    await deploy(pipeline, { nodes: [end], ways: ['start.next end'], settings: { versions: 'follow' } }, gone)
    await passTime(pipeline)
    await resumeDue(pipeline)
    expect(await counters(profileId)).toEqual({ first: 1, second: 1 })
    expect((await runsOf(pipeline, moving)).map(({ version }) => version)).toEqual([2])
    expect((await runsOf(pipeline, pinned)).map(({ version }) => version)).toEqual([1])
    expect((await runsOf(pipeline, gone)).map(({ outcome }) => outcome)).toEqual([
      { kind: 'node-gone', nodeId: 'pause' },
    ])
  })

  it('ends runs whose workflow is deleted, and those that somebody cancels', async () => {
    const nodes = { nodes: [pause, count('after')], ways: ['start.next pause.done after'] }
    const [deleted, cancelled] = [
      await deploy(pipeline, { on: 'trial', ...nodes }),
      await deploy(pipeline, { on: 'trial', ...nodes }),
    ]
    const profileId = mintId()
    await pipeline.process(envelope({ type: 'trial', profileId }))
    await pipeline.rows('DELETE FROM workflow WHERE id = ?', [toBytes(deleted)])
    await passTime(pipeline)
    await pipeline.rows('UPDATE delayed_event SET outcome = ? WHERE workflow_id = ?', [
      JSON.stringify({ kind: 'cancel', by: 'somebody' }),
      toBytes(cancelled),
    ])
    await resumeDue(pipeline)
    expect(
      [...(await runsOf(pipeline, deleted)), ...(await runsOf(pipeline, cancelled))].map(({ outcome }) => outcome),
    ).toEqual([{ kind: 'workflow-deleted' }, { kind: 'cancelled', by: 'somebody' }])
    expect(await counters(profileId)).toEqual({})
    expect(await left()).toBe(0)
  })
})

describe('a failed run', () => {
  it('is tried again from where it failed, in its own version or the live one', async () => {
    const failing = (field: string) => ({
      nodes: [count('before'), { ...count('broken'), config: { field } }, end],
      ways: ['start.next before.done broken.done end'],
    })
    const id = await deploy(pipeline, { on: 'trial', ...failing('traits.text') })
    const profileId = mintId()
    await pipeline.process(envelope({ type: 'trial', profileId, traits: { text: 'no number' } }))
    const [run] = await runsOf(pipeline, id)
    expect(run).toMatchObject({ state: 'failed', error: { nodeId: 'broken', code: 'NOT_A_NUMBER' } })
    expect(await counters(profileId)).toEqual({})

    const retry = async (version: string): Promise<void> => {
      await pipeline.rows(
        `INSERT INTO delayed_event (id, run_id, workflow_id, node_id, kind, due_at, created_at, outcome)
         VALUES (?, ?, ?, 'broken', 'retry', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), ?)`,
        [toBytes(mintId()), toBytes(run?.id ?? ''), toBytes(id), JSON.stringify({ kind: 'retry', version })],
      )
      await resumeDue(pipeline)
    }
    await retry('own')
    expect(await states(id)).toEqual(['failed'])
    await deploy(pipeline, failing('traits.number'), id)
    await retry('live')
    expect(await states(id)).toEqual(['completed'])
    expect(await counters(profileId)).toEqual({ before: 1 })
    expect(await left()).toBe(0)
  })
})

describe('what runs want done', () => {
  it('puts events into the inbox, which know how deep they are', async () => {
    await deploy(pipeline, {
      on: 'trial',
      nodes: [{ id: 'emit', type: 'emit', config: { eventType: 'made', properties: { a: 1 } } }],
      ways: ['start.next emit'],
    })
    const profileId = mintId()
    await pipeline.process(envelope({ type: 'trial', profileId, depth: 2 }))
    const [row] = await pipeline.rows<{ body: Buffer }>('SELECT body FROM inbox')
    expect(JSON.parse(row?.body.toString() ?? '')).toMatchObject({
      type: 'made',
      properties: { a: 1 },
      profileId,
      depth: 3,
      protocol: 'workflow',
    })
  })

  it('runs a sub-workflow and goes on with what it gave', async () => {
    const child = await deploy(pipeline, {
      nodes: [pause, count('child'), end],
      ways: ['start.next pause.done child.done end'],
    })
    const parent = await deploy(pipeline, {
      on: 'trial',
      nodes: [{ id: 'sub', type: 'workflow.run', config: { workflowId: child } }, count('parent')],
      ways: ['start.next sub.done parent'],
    })
    const profileId = mintId()
    await pipeline.process(envelope({ type: 'trial', profileId }))
    await resumeDue(pipeline)
    expect(await states(child)).toEqual(['waiting'])
    await passTime(pipeline)
    await resumeDue(pipeline)
    expect([await states(child), await states(parent)]).toEqual([['completed'], ['waiting']])
    await resumeDue(pipeline)
    expect([await counters(profileId), await states(parent)]).toEqual([{ child: 1, parent: 1 }, ['completed']])
    expect(await left()).toBe(0)
  })

  it('hands deliveries over with the wait that their answer ends', async () => {
    const id = await deploy(pipeline, {
      on: 'trial',
      nodes: [
        { id: 'call', type: 'http.call', config: { url: 'https://api.example.com/x', requiredConsents: ['calls'] } },
        count('answered'),
        count('skipped'),
      ],
      ways: ['start.next call.answered answered', 'call.skipped skipped'],
    })
    const [refuses, agrees] = [mintId(), mintId()]
    await pipeline.process(envelope({ type: 'trial', profileId: refuses }))
    await pipeline.process(envelope({ profileId: agrees }))
    await pipeline.rows(
      `UPDATE profile SET document = JSON_SET(document, '$.consents', JSON_OBJECT('calls', TRUE)) WHERE id = ?`,
      [toBytes(agrees)],
    )
    await pipeline.process(envelope({ type: 'trial', profileId: agrees }))
    const deliveries = await pipeline.rows<Record<string, string> & { delayed_event_id: Buffer }>(
      'SELECT transport, destination, request, required_consents, state, delayed_event_id FROM delivery',
    )
    expect(deliveries).toMatchObject([
      { transport: 'http', destination: 'http:api.example.com', required_consents: '["calls"]', state: 'queued' },
    ])
    expect(await counters(refuses)).toEqual({ skipped: 1 })
    await pipeline.rows('UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3), outcome = ? WHERE id = ?', [
      JSON.stringify({ kind: 'answer', delivered: true, response: { status: 200 } }),
      deliveries[0]?.delayed_event_id,
    ])
    await resumeDue(pipeline)
    expect(await counters(agrees)).toEqual({ answered: 1 })
    const [skipped] = await runsOf(pipeline, id)
    expect(skipped?.steps.find(({ nodeId }) => nodeId === 'call')).toMatchObject({
      decision: { code: 'CONSENT_MISSING' },
    })
  })

  it('counts contacts over all workflows, and waits for a cap or the end of quiet hours', async () => {
    await pipeline.rows(
      `INSERT INTO contact_policy (channel, time_zone, caps, updated_at) VALUES ('mail', 'UTC', '[{"most":1,"seconds":3600}]', NOW())`,
    )
    const call = {
      id: 'call',
      type: 'http.call',
      config: { url: 'https://a.example', channel: 'mail', waitForAnswer: false },
    }
    const ids = await Promise.all(
      [1, 2].map(() => deploy(pipeline, { on: 'trial', nodes: [call, end], ways: ['start.next call.queued end'] })),
    )
    const profileId = mintId()
    await pipeline.process(envelope({ type: 'trial', profileId }))
    expect((await Promise.all(ids.map(states))).flat().sort()).toEqual(['completed', 'waiting'])
    await passTime(pipeline)
    await resumeDue(pipeline)
    expect((await Promise.all(ids.map(states))).flat().sort()).toEqual(['completed', 'waiting'])
    await pipeline.rows('DELETE FROM contact_log')
    await passTime(pipeline)
    await resumeDue(pipeline)
    expect((await Promise.all(ids.map(states))).flat()).toEqual(['completed', 'completed'])
    expect(await pipeline.rows('SELECT id FROM delivery')).toHaveLength(2)
  })

  it('spreads runs that stand in one queue', async () => {
    await deploy(pipeline, {
      on: 'trial',
      nodes: [{ id: 'limit', type: 'limit', config: { most: 2, per: '10s', scope: 'everybody' } }, end],
      ways: ['start.next limit.passed end'],
    })
    await pipeline.process(...Array.from({ length: 4 }, () => envelope({ type: 'trial', profileId: mintId() })))
    await pipeline.process(envelope({ type: 'trial', profileId: mintId() }))
    const rows = await pipeline.rows<{ due_at: Date }>('SELECT due_at FROM delayed_event ORDER BY due_at')
    const times = rows.map(({ due_at }) => due_at.getTime() - (rows[0]?.due_at.getTime() ?? 0))
    expect(times).toEqual([0, 5000, 10_000, 15_000, 20_000])
  })

  it('remembers where people wait for a segment', async () => {
    const segmentId = mintId()
    await deploy(pipeline, {
      on: 'trial',
      nodes: [{ id: 'vip', type: 'wait.segment', config: { segmentId, timeout: '1d' } }, count('entered')],
      ways: ['start.next vip.entered entered'],
    })
    const profileId = mintId()
    await pipeline.process(envelope({ type: 'trial', profileId }))
    const [row] = await pipeline.rows<{ segment_id: Buffer; delayed_event_id: Buffer }>('SELECT * FROM segment_wait')
    expect(toId(row?.segment_id ?? Buffer.alloc(16))).toBe(segmentId)
    await pipeline.rows('UPDATE delayed_event SET due_at = UTC_TIMESTAMP(3), outcome = ? WHERE id = ?', [
      JSON.stringify({ kind: 'segment' }),
      row?.delayed_event_id,
    ])
    await resumeDue(pipeline)
    expect(await counters(profileId)).toEqual({ entered: 1 })
    expect(await left()).toBe(0)
  })
})
