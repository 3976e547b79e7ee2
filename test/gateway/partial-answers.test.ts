import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { accepted, ApiError, graphql } from '@segue/api-client'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createTestSignIn } from '../setup/graphql-client.js'
import { startEnvironment, type TestEnvironment } from './environment.js'

const ROOT = join(import.meta.dirname, '../..')

/** Two processes start, each in seconds of a busy machine. */
const SLOWEST_MS = 180_000

/** Waits until `condition` holds; fails with what it answered last. */
async function until<Result>(ask: () => Promise<Result>, condition: (result: Result) => boolean): Promise<Result> {
  const end = Date.now() + 60_000
  for (;;) {
    const result = await ask()
    if (condition(result)) return result
    if (Date.now() > end) throw new Error(`Waited in vain; the last answer was ${JSON.stringify(result)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

describe('a subgraph that dies', () => {
  let production: TestEnvironment
  let port: number
  let segment: ChildProcess

  const startSegmentProcess = (): ChildProcess =>
    spawn(process.execPath, [join(ROOT, 'subgraphs/segment/dist/main.js')], {
      env: { ...production.variables, SEGUE_SUBGRAPH_SEGMENT_PORT: String(port) },
      stdio: 'inherit',
    })

  beforeAll(async () => {
    port = await freePort()
    production = await startEnvironment('production', {
      keys: await createTestSignIn('production'),
      urls: { SEGUE_SUBGRAPH_SEGMENT_URL: `http://127.0.0.1:${port}/graphql` },
    })
    segment = startSegmentProcess()
  })
  afterAll(async () => {
    segment?.kill('SIGKILL')
    await production?.close()
  })

  const QUERY = graphql('{ accounts { edges { node { email } } } segments { edges { node { name } } } }')
  const CREATE = graphql(
    'mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { segment { id } userErrors { code message path } } }',
  )
  const ADD = graphql('mutation ($input: SegmentProfilesInput!) { addProfilesToSegment(input: $input) { changed } }')
  const MEMBERS = graphql(
    'query ($id: ID!) { segment(id: $id) { name profiles { edges { node { id displayName } } } } }',
  )
  /** What the gateway answers, whole or not. */
  const ask = async () =>
    await production.client.request(QUERY).then(
      (data) => ({ data, error: undefined }),
      (error: unknown) => {
        if (error instanceof ApiError) return { data: error.data, error }
        throw error
      },
    )
  const ready = async () => {
    const response = await fetch(production.gateway.url.replace('/graphql', '/ready'))
    return { status: response.status, body: (await response.json()) as { failed?: string[] } }
  }

  test(
    'gives partial answers that name it, and is there again once it is started',
    async () => {
      const whole = await until(ask, ({ error }) => error === undefined)
      expect(whole.data).toEqual({
        accounts: { edges: [{ node: { email: 'admin@example.com' } }] },
        segments: { edges: [] },
      })
      expect(await ready()).toEqual({ status: 200, body: { status: 'ready' } })

      segment.kill('SIGKILL')
      await once(segment, 'exit')
      const partial = await ask()
      expect(partial.data).toEqual({ ...(whole.data as object), segments: null })
      expect(partial.error?.errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_AWAY', serviceName: 'segment' } }])
      expect(partial.error?.message).toContain('segment')
      const { status, body } = await ready()
      expect(status).toBe(503)
      expect(body.failed).toContain('segment')

      segment = startSegmentProcess()
      await until(ask, ({ error }) => error === undefined)
      await until(ready, (answer) => !answer.body.failed?.includes('segment'))
    },
    SLOWEST_MS,
  )

  test(
    'leaves what it would add to another subgraph’s entity empty',
    async () => {
      await until(ask, ({ error }) => error === undefined)
      const { createSegment } = await production.client.request(CREATE, { input: { name: 'Of one' } })
      const id = accepted(createSegment).segment?.id ?? ''
      const profileId = '0190a1b2-0000-7000-8000-000000000001'
      await production.client.request(ADD, { input: { segmentId: id, profileIds: [profileId] } })
      await production.stop('profile')
      await expect(production.client.request(MEMBERS, { id })).rejects.toMatchObject({
        data: {
          segment: { name: 'Of one', profiles: { edges: [{ node: { id: profileId, displayName: null } }] } },
        },
        errors: [{ extensions: { code: 'SUBGRAPH_AWAY', serviceName: 'profile' } }],
      })
    },
    SLOWEST_MS,
  )
})
