import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { accepted, graphql } from '@segue/api-client'
import { toBytes } from '@segue/database'
import { countStatements } from '@segue/graphql'
import { startEnvironment, type TestEnvironment } from './environment.js'

let production: TestEnvironment

/** Ids that tell apart at sight: a kind, a number. */
const id = (kind: string, number: number): string =>
  `0190a1b2-${kind}-7000-8000-${number.toString(16).padStart(12, '0')}`

const PROFILES = Array.from({ length: 50 }, (_, i) => id('0001', i))
const WORKFLOW = id('0003', 1)
const EVENTS_EACH = 4
const AT = new Date('2026-01-01T00:00:00Z')

beforeAll(async () => {
  production = await startEnvironment('production')
  const { database } = production.subgraphs.platform
  const insert = async (table: string, columns: string, rows: unknown[][]): Promise<void> => {
    await database.query(`INSERT INTO ${table} (${columns}) VALUES ?`, [rows])
  }
  const events = PROFILES.flatMap((profile, i) =>
    Array.from({ length: EVENTS_EACH }, (_, j) => ({
      id: id('0002', i * EVENTS_EACH + j),
      run: id('0004', i * EVENTS_EACH + j),
      profile,
      at: new Date(AT.getTime() + j * 1000),
    })),
  )
  await insert(
    'profile',
    'id, created_at, updated_at, first_seen_at, last_seen_at, version, identified, display_name, document, stamps',
    PROFILES.map((profile, i) => [toBytes(profile), AT, AT, AT, AT, 1, true, `Person ${i}`, '{}', '{}']),
  )
  await insert(
    'event',
    'id, profile_id, original_profile_id, source_id, type, occurred_at, properties, context',
    events.map((event) => [
      toBytes(event.id),
      toBytes(event.profile),
      toBytes(event.profile),
      'shop',
      'page-visit',
      event.at,
      '{}',
      '{}',
    ]),
  )
  await insert('workflow', 'id, name, draft, live_version, created_at, updated_at', [
    [toBytes(WORKFLOW), 'Count visits', '{"nodes":[],"edges":[]}', 1, AT, AT],
  ])
  await insert('workflow_version', 'workflow_id, version, graph, created_at', [
    [toBytes(WORKFLOW), 1, '{"nodes":[],"edges":[]}', AT],
  ])
  await insert(
    'workflow_run',
    'id, workflow_id, version, profile_id, original_profile_id, event_id, state, started_at, ended_at, steps',
    events.map((event) => [
      toBytes(event.run),
      toBytes(WORKFLOW),
      1,
      toBytes(event.profile),
      toBytes(event.profile),
      toBytes(event.id),
      'completed',
      event.at,
      event.at,
      '[]',
    ]),
  )
  await insert(
    'activity',
    'profile_id, at, kind, ref',
    events.flatMap((event) => [
      [toBytes(event.profile), event.at, 'event', toBytes(event.id)],
      [toBytes(event.profile), event.at, 'run', toBytes(event.run)],
    ]),
  )
})
afterAll(() => production?.close())

const SEGMENT = graphql(`
  mutation ($input: CreateSegmentInput!) {
    createSegment(input: $input) {
      segment {
        id
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`)
const ADD = graphql('mutation ($input: SegmentProfilesInput!) { addProfilesToSegment(input: $input) { changed } }')
const EVERYTHING = graphql(`
  query ($segment: ID!, $profile: ID!, $event: ID!, $run: ID!) {
    segment(id: $segment) {
      profileCount
      profiles(first: 2) {
        edges {
          node {
            id
            displayName
            segments {
              name
            }
          }
        }
      }
    }
    profile(id: $profile) {
      displayName
      segments {
        name
      }
      events(first: 1) {
        edges {
          node {
            id
            type
            profile {
              displayName
            }
          }
        }
      }
    }
    event(id: $event) {
      id
      profile {
        displayName
        segments {
          name
        }
      }
    }
    workflowRun(id: $run) {
      id
      workflow {
        name
      }
      event {
        id
        occurredAt
      }
      profile {
        displayName
      }
    }
  }
`)
const FIFTY = graphql(`
  {
    profiles(first: 50) {
      edges {
        node {
          displayName
          segments {
            name
          }
          events(first: 3) {
            edges {
              node {
                type
                occurredAt
              }
            }
          }
          runs(first: 2) {
            edges {
              node {
                state
              }
            }
          }
        }
      }
    }
  }
`)

test('every entity leads to the others, whichever subgraph has them', async () => {
  const { createSegment } = await production.client.request(SEGMENT, { input: { name: 'Everybody' } })
  const segmentId = accepted(createSegment).segment?.id ?? ''
  await production.client.request(ADD, { input: { segmentId, profileIds: PROFILES } })
  const data = await production.client.request(EVERYTHING, {
    segment: segmentId,
    profile: PROFILES[7] ?? '',
    event: id('0002', 7 * EVENTS_EACH),
    run: id('0004', 7 * EVENTS_EACH),
  })
  const segments = [{ name: 'Everybody' }]
  expect(data).toEqual({
    segment: {
      profileCount: 50,
      profiles: {
        edges: [
          { node: { id: PROFILES[0], displayName: 'Person 0', segments } },
          { node: { id: PROFILES[1], displayName: 'Person 1', segments } },
        ],
      },
    },
    profile: {
      displayName: 'Person 7',
      segments,
      events: {
        edges: [
          {
            node: {
              id: id('0002', 7 * EVENTS_EACH + EVENTS_EACH - 1),
              type: 'page-visit',
              profile: { displayName: 'Person 7' },
            },
          },
        ],
      },
    },
    event: { id: id('0002', 7 * EVENTS_EACH), profile: { displayName: 'Person 7', segments } },
    workflowRun: {
      id: id('0004', 7 * EVENTS_EACH),
      workflow: { name: 'Count visits' },
      event: { id: id('0002', 7 * EVENTS_EACH), occurredAt: AT.toISOString() },
      profile: { displayName: 'Person 7' },
    },
  })
})

test('fifty profiles with their last events, runs and segments are a handful of statements in each subgraph', async () => {
  const counts = Object.entries(production.subgraphs).map(([name, { database }]) => ({
    name,
    count: countStatements(database),
  }))
  const { profiles } = await production.client.request(FIFTY)
  expect(profiles?.edges).toHaveLength(50)
  for (const { node } of profiles?.edges ?? []) {
    const times = node.events?.edges.map((edge) => Date.parse(edge.node.occurredAt) - AT.getTime())
    expect(times).toEqual([3000, 2000, 1000])
    expect(node.runs?.edges).toHaveLength(2)
  }
  for (const { name, count } of counts) {
    expect({ name, few: count.statements.length <= 5, statements: count.statements.length }).toMatchObject({
      few: true,
    })
  }
})
