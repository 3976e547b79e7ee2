// A session that ends where accounts are kept ends in every subgraph.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createAccounts, type AccountKind } from '@segue/database'
import type { RunningSubgraph, SubgraphConfig } from '@segue/graphql'
import { start as startEvent } from '@segue/subgraph-event'
import { readEventConfig } from '@segue/subgraph-event/config'
import { start as startProfile } from '@segue/subgraph-profile'
import { readProfileConfig } from '@segue/subgraph-profile/config'
import { start as startSegment } from '@segue/subgraph-segment'
import { readSegmentConfig } from '@segue/subgraph-segment/config'
import { start as startWorkflow } from '@segue/subgraph-workflow'
import { readWorkflowConfig } from '@segue/subgraph-workflow/config'
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { createMigratedDatabase, testServerUrl, type TestDatabase } from '../setup/database.js'
import { askGraphql, TEST_GATEWAY_KEY } from '../setup/graphql-client.js'
import { startTestPlatform, type TestPlatform } from '../setup/platform.js'

const SUBGRAPHS = [
  { name: 'profile', start: startProfile, config: readProfileConfig },
  { name: 'event', start: startEvent, config: readEventConfig },
  { name: 'workflow', start: startWorkflow, config: readWorkflowConfig },
  { name: 'segment', start: startSegment, config: readSegmentConfig },
] as const

let database: TestDatabase
let platform: TestPlatform
const users: string[] = []
const subgraphs: (RunningSubgraph & { name: string })[] = []

beforeAll(async () => {
  database = await createMigratedDatabase()
  platform = await startTestPlatform(database)
  for (const { name, start, config } of SUBGRAPHS) subgraphs.push({ ...(await startOne(name, start, config)), name })
})
afterAll(async () => {
  for (const subgraph of subgraphs) await subgraph.close()
  await platform?.close()
  const server = await createConnection(testServerUrl())
  for (const user of users) await server.query(`DROP USER ?@'%'`, [user])
  await server.end()
  await database?.close()
})

/** Through its own database account, with no more rights than a process has. */
async function startOne(
  name: string,
  start: (config: SubgraphConfig) => Promise<RunningSubgraph>,
  config: (environment: NodeJS.ProcessEnv) => SubgraphConfig,
): Promise<RunningSubgraph> {
  const kind = `subgraph-${name}` as AccountKind
  const password = randomUUID()
  const made = await createAccounts({
    adminUrl: testServerUrl(),
    database: database.name,
    passwords: { [kind]: password },
  })
  const user = made[kind] ?? ''
  users.push(user)
  return await start(
    config({
      SEGUE_ENVIRONMENT: 'staging',
      SEGUE_LOG_LEVEL: 'error',
      SEGUE_MYSQL_URL: Object.assign(new URL(database.url), { username: user, password }).href,
      [`SEGUE_SUBGRAPH_${name.toUpperCase()}_PORT`]: '0',
      SEGUE_TOKEN_PUBLIC_KEYS: platform.signIn.publicKeys,
      SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
    }),
  )
}

test('signing out ends a token in every subgraph within about a second, and nobody else’s', async () => {
  await platform.addAccount('leaving@example.com', 'admin')
  const leaving = await platform.login('leaving@example.com')
  const staying = await platform.login('leaving@example.com')
  const codeAt = async (url: string, token: string): Promise<unknown> =>
    (await askGraphql(url, '{ __typename }', {}, token)).errors?.[0]?.extensions.code
  for (const { url } of subgraphs) expect(await codeAt(url, leaving.token)).toBeUndefined()

  const { refreshToken } = leaving
  await platform.ask('mutation { logout { ended } }', {}, { refreshToken })
  const signedOut = Date.now()
  for (const { url } of subgraphs) {
    while ((await codeAt(url, leaving.token)) !== 'SESSION_ENDED') {
      expect(Date.now() - signedOut).toBeLessThan(2500)
      await setTimeout(20)
    }
    expect(await codeAt(url, staying.token)).toBeUndefined()
  }
})
