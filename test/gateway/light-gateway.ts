// A gateway in front of one small server that plays all subgraphs: for what the gateway does whatever its subgraphs say.
import type { Environment } from '@segue/graphql'
import { start, type RunningGateway } from '@segue/gateway'
import { readGatewayConfig } from '@segue/gateway/config'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createTestSignIn, TEST_GATEWAY_KEY, type TestSignIn } from '../setup/graphql-client.js'

export interface SubgraphRequest {
  query: string
  variables: Record<string, unknown>
  headers: IncomingHttpHeaders
}

export interface LightGateway {
  gateway: RunningGateway
  signIn: TestSignIn
  /** What subgraphs were asked, in order. */
  asked: SubgraphRequest[]
  close(): Promise<void>
}

/** `answer` gives the `data` of a subgraph's answer; it may set headers. */
export async function startLightGateway(
  environment: Environment,
  answer: (request: SubgraphRequest, response: ServerResponse) => object | Promise<object>,
  variables: Record<string, string> = {},
): Promise<LightGateway> {
  const asked: SubgraphRequest[] = []
  const subgraphs = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += String(chunk)))
    request.on('end', () => {
      const seen = { ...(JSON.parse(text || '{}') as SubgraphRequest), headers: request.headers }
      asked.push(seen)
      void Promise.resolve(answer(seen, response)).then((data) => response.end(JSON.stringify({ data })))
    })
  }).listen(0, '127.0.0.1')
  await once(subgraphs, 'listening')
  const address = subgraphs.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/graphql`
  const signIn = await createTestSignIn(environment)
  const names = ['PROFILE', 'EVENT', 'WORKFLOW', 'SEGMENT', 'PLATFORM']
  const gateway = await start(
    readGatewayConfig({
      SEGUE_ENVIRONMENT: environment,
      SEGUE_LOG_LEVEL: 'error',
      SEGUE_GATEWAY_PORT: '0',
      SEGUE_GATEWAY_KEY: TEST_GATEWAY_KEY,
      SEGUE_TOKEN_PUBLIC_KEYS: signIn.publicKeys,
      ...Object.fromEntries(names.map((name) => [`SEGUE_SUBGRAPH_${name}_URL`, url])),
      ...variables,
    }),
  )
  return {
    gateway,
    signIn,
    asked,
    async close() {
      await gateway.close()
      subgraphs.closeAllConnections()
      subgraphs.close()
    },
  }
}
