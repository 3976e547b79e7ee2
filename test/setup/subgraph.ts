// A subgraph over HTTP for a suite: through its own database account, asked by accounts of each role.
import { createAccounts, dataSource, type AccountKind } from '@segue/database'
import type { Role, RunningSubgraph, SubgraphConfig } from '@segue/graphql'
import { randomUUID } from 'node:crypto'
import { testServerUrl, type TestDatabase } from './database.js'
import { askGraphql, createTestSignIn, TEST_GATEWAY_KEY, type Answer, type TestSignIn } from './graphql-client.js'

export interface TestSubgraph {
  /** The database with every right, to prepare what the subgraph is to find. */
  database: RunningSubgraph['database']
  /** The subgraph's own connections, for counting its statements. */
  own: RunningSubgraph['database']
  url: string
  /** What `send` signs in with. */
  tokens: TestSignIn['tokens']
  /** Sends an operation as an account of this role (admin when none is named) and gives the whole answer. */
  send(query: string, variables?: object, role?: Role): Promise<Answer>
  /** As `send`, for operations that must succeed: fails with the errors, or gives the data. */
  ask<Data>(query: string, variables?: object, role?: Role): Promise<Data>
  close(): Promise<void>
}

/** Starts a subgraph on a free port, configured through its environment as a process would be, with no more rights than that has. */
export async function startTestSubgraph(
  subgraph: {
    account: AccountKind
    start: (config: SubgraphConfig) => Promise<RunningSubgraph>
    config: (environment: NodeJS.ProcessEnv) => SubgraphConfig
  },
  { name, url }: TestDatabase,
): Promise<TestSubgraph> {
  const password = randomUUID()
  const users = await createAccounts({
    adminUrl: testServerUrl(),
    database: name,
    passwords: { [subgraph.account]: password },
  })
  const user = users[subgraph.account] ?? ''
  const database = await dataSource({ url, connections: 4 }).initialize()
  const { publicKeys, tokens } = await createTestSignIn('staging')
  const config = subgraph.config({
    SEGUE_ENVIRONMENT: 'staging',
    SEGUE_LOG_LEVEL: 'error',
    SEGUE_MYSQL_URL: Object.assign(new URL(url), { username: user, password }).href,
    SEGUE_TOKEN_PUBLIC_KEYS: publicKeys,
    SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
  })
  const running = await subgraph.start({ ...config, port: 0 })
  const send: TestSubgraph['send'] = (query, variables, role = 'admin') =>
    askGraphql(running.url, query, variables, tokens[role])
  return {
    database,
    own: running.database,
    url: running.url,
    tokens,
    send,
    async ask(query, variables, role) {
      const { data, errors } = await send(query, variables, role)
      if (errors) throw new Error(JSON.stringify(errors))
      return data
    },
    async close() {
      await running.close()
      await database.query(`DROP USER ?@'%'`, [user])
      await database.destroy()
    },
  }
}
