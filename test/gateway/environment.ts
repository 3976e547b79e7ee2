// One whole environment: a database, the subgraphs over it and a gateway in front, as the local start puts them together.
import { createClient, type ApiClient } from '@segue/api-client'
import { dataSource } from '@segue/database'
import type { GraphqlServer, RunningSubgraph } from '@segue/graphql'
import { start as startGateway } from '@segue/gateway'
import { readGatewayConfig } from '@segue/gateway/config'
import { start as startEvent } from '@segue/subgraph-event'
import { readEventConfig } from '@segue/subgraph-event/config'
import { createAccount, start as startPlatform } from '@segue/subgraph-platform'
import { readPlatformConfig } from '@segue/subgraph-platform/config'
import { start as startProfile } from '@segue/subgraph-profile'
import { readProfileConfig } from '@segue/subgraph-profile/config'
import { start as startSegment } from '@segue/subgraph-segment'
import { readSegmentConfig } from '@segue/subgraph-segment/config'
import { start as startWorkflow } from '@segue/subgraph-workflow'
import { readWorkflowConfig } from '@segue/subgraph-workflow/config'
import { createMigratedDatabase } from '../setup/database.js'
import {
  askGraphql,
  createTestSignIn,
  TEST_GATEWAY_KEY,
  type Answer,
  type TestSignIn,
} from '../setup/graphql-client.js'

export const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' }

const NAMES = ['profile', 'event', 'workflow', 'segment', 'platform'] as const

export interface TestEnvironment {
  databaseUrl: string
  signIn: TestSignIn
  gateway: GraphqlServer
  /** Variables of every process of this environment. */
  variables: Record<string, string>
  subgraphs: Record<'profile' | 'event' | 'workflow' | 'segment' | 'platform', RunningSubgraph>
  /** Signed in as an admin, with a token of its own. */
  client: ApiClient
  /** For what the client does not send: what is wrong, and what is put together. */
  ask(query: string, variables?: object, token?: string): Promise<Answer>
  /** Ends one subgraph. */
  stop(name: keyof TestEnvironment['subgraphs']): Promise<void>
  close(): Promise<void>
}

/**
 * `urls` overrides where the gateway finds a subgraph, `given` variables of every process. Without `keys` the environment has its own.
 */
export async function startEnvironment(
  environment: 'production' | 'staging',
  {
    keys,
    urls = {},
    given = {},
    databaseUrl,
  }: { keys?: TestSignIn; urls?: Record<string, string>; given?: Record<string, string>; databaseUrl?: string } = {},
): Promise<TestEnvironment> {
  const database = databaseUrl === undefined ? await createMigratedDatabase() : undefined
  const url = databaseUrl ?? database?.url ?? ''
  const signIn = keys ?? (await createTestSignIn(environment))
  const variables = {
    SEGUE_ENVIRONMENT: environment,
    SEGUE_LOG_LEVEL: 'error',
    SEGUE_MYSQL_URL: url,
    SEGUE_TOKEN_PUBLIC_KEYS: signIn.publicKeys,
    SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
    SEGUE_TOKEN_PRIVATE_KEY: signIn.privateKey,
    SEGUE_SECRET_KEYS: `test:${'ab'.repeat(32)}`,
    ...Object.fromEntries(NAMES.map((name) => [`SEGUE_SUBGRAPH_${name.toUpperCase()}_PORT`, '0'])),
    SEGUE_GATEWAY_PORT: '0',
    ...given,
  }
  const subgraphs = {
    profile: await startProfile(readProfileConfig(variables)),
    event: await startEvent(readEventConfig(variables)),
    workflow: await startWorkflow(readWorkflowConfig(variables)),
    segment: await startSegment(readSegmentConfig(variables)),
    platform: await startPlatform(readPlatformConfig(variables)),
  }
  const gateway = await startGateway(
    readGatewayConfig({
      ...variables,
      ...Object.fromEntries(NAMES.map((name) => [`SEGUE_SUBGRAPH_${name.toUpperCase()}_URL`, subgraphs[name].url])),
      ...urls,
    }),
  )
  const source = await dataSource({ url, connections: 1 }).initialize()
  await createAccount(source, { ...ADMIN, name: 'Ada', role: 'admin' })
  await source.destroy()
  const stopped = new Set<string>()
  return {
    databaseUrl: url,
    signIn,
    gateway,
    variables,
    subgraphs,
    client: createClient({ url: gateway.url, token: signIn.tokens.admin }),
    ask: (query, asked = {}, token = signIn.tokens.admin) => askGraphql(gateway.url, query, asked, token),
    async stop(name) {
      await subgraphs[name].close()
      stopped.add(name)
    },
    async close() {
      await gateway.close()
      for (const [name, subgraph] of Object.entries(subgraphs)) if (!stopped.has(name)) await subgraph.close()
      await database?.close()
    },
  }
}
