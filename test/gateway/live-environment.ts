// An environment whose events come through the pipeline, and clients that watch it through its gateway.
import { start as startGateway, type RunningGateway } from '@segue/gateway'
import { readGatewayConfig } from '@segue/gateway/config'
import { createTokenSigner, type SignedInAccount } from '@segue/graphql'
import type { JWK } from 'jose'
import { randomUUID } from 'node:crypto'
import { createTestPipeline, type TestPipeline } from '../../packages/pipeline/src/testing/test-pipeline.js'
import { connectLive, type LiveClient, type Watching } from '../setup/live-client.js'
import { startEnvironment, type TestEnvironment } from './environment.js'

export const EVENTS = `subscription Events($filter: EventReceivedFilter, $after: String) {
  eventReceived(filter: $filter, after: $after) {
    events { id type properties profile { id email } } skipped missed cursor } }`

export interface LiveEnvironment extends TestEnvironment {
  pipeline: TestPipeline
  /** A socket at the gateway, or at another one, signed in as an admin when no token is given; closed by `clear`. */
  connect(token?: string, url?: string): Promise<LiveClient>
  /** An access token; of a viewer when nothing else is said. */
  token(given?: Partial<SignedInAccount>, seconds?: number): Promise<string>
  /** Another gateway; closed by `clear`. `urls` names subgraphs that it finds elsewhere. */
  startGateway(urls?: Partial<Record<string, string>>, variables?: Record<string, string>): Promise<RunningGateway>
  /** Sum of a value in a gateway's metrics, over all its labels that hold `labels`. */
  metric(name: string, labels?: string, url?: string): Promise<number>
  /** Closes sockets and gateways, and waits until nothing is watched any more. */
  clear(): Promise<void>
}

export async function startLiveEnvironment(): Promise<LiveEnvironment> {
  const pipeline = await createTestPipeline()
  const environment = await startEnvironment('staging', { databaseUrl: pipeline.url })
  const { signIn, gateway, subgraphs, variables } = environment
  const clients: LiveClient[] = []
  const gateways = new Set<RunningGateway>()
  return {
    ...environment,
    pipeline,
    async connect(token = signIn.tokens.admin, url = gateway.url) {
      const client = await connectLive(url, { authorization: `Bearer ${token}` })
      clients.push(client)
      return client
    },
    async token(given = {}, seconds) {
      const sign = await createTokenSigner(JSON.parse(signIn.privateKey) as JWK, 'staging')
      const account = { id: randomUUID(), role: 'viewer', sessionId: randomUUID(), personalData: false } as const
      return await sign({ ...account, ...given }, Date.now(), seconds)
    },
    async startGateway(urls = {}, more = {}) {
      const started = await startGateway(
        readGatewayConfig({
          ...variables,
          ...Object.fromEntries(
            Object.entries(subgraphs).map(([name, { url }]) => [
              `SEGUE_SUBGRAPH_${name.toUpperCase()}_URL`,
              urls[name] ?? url,
            ]),
          ),
          ...more,
        }),
      )
      gateways.add(started)
      return {
        ...started,
        async close() {
          if (gateways.delete(started)) await started.close()
        },
      }
    },
    async metric(name, labels = '', url = gateway.url) {
      const text = await (await fetch(url.replace('/graphql', '/metrics'))).text()
      const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    },
    async clear() {
      clients.splice(0).forEach(({ socket }) => socket.terminate())
      const started = [...gateways]
      gateways.clear()
      await Promise.all(started.map((gateway) => gateway.close()))
      await until(() => Object.values(subgraphs).every((subgraph) => subgraph.watched().subscribers === 0))
    },
    async close() {
      await environment.close()
      await pipeline.close()
    },
  }
}

export async function until(test: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000
  while (!(await test())) {
    if (Date.now() > end) throw new Error('In vain.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Ids of all events of a watching, in the order of their coming. */
export function idsOf({ messages }: Watching): string[] {
  return messages.flatMap(({ data }) => (data?.eventReceived?.events ?? []).map(({ id }: { id: string }) => id))
}

export const hasEvent =
  (id: string) =>
  (watching: Watching): boolean =>
    idsOf(watching).includes(id)

export function cursorOf({ messages }: Watching): string {
  return messages.at(-1)?.data.eventReceived.cursor
}
