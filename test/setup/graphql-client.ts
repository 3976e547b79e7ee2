// Asking a GraphQL server as one of the roles would.
import {
  createGatewaySigner,
  createTokenSigner,
  SIGNATURE_HEADER,
  generateTokenKeys,
  type Environment,
  type Role,
} from '@segue/graphql'
import { randomUUID } from 'node:crypto'

/** An answer; `data` is as the test expects it to be: what differs fails an assertion. */
export interface Answer {
  // oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
  data?: any
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string } & Record<string, unknown> }[]
  extensions?: Record<string, unknown>
}

/** For SEGUE_GATEWAY_KEY of everything that a suite starts; what `askGraphql` signs with, as subgraphs want it. Gateways pay no heed to it. */
export const TEST_GATEWAY_KEY = '5e9e'.repeat(16)

const sign = createGatewaySigner(TEST_GATEWAY_KEY)

/** Sends an operation to `url`, a gateway's or a subgraph's. Without a token nobody is signed in. */
export async function askGraphql(url: string, query: string, variables: object = {}, token?: string): Promise<Answer> {
  const body = JSON.stringify({ query, variables })
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...signatureOf(body, token),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body,
  })
  return (await response.json()) as Answer
}

/** The header by which a subgraph takes a request for a gateway's. */
export function signatureOf(body: string, token?: string): Record<string, string> {
  const authorization = token ? `Bearer ${token}` : ''
  return { [SIGNATURE_HEADER]: sign({ requestId: '', clientAddress: '', authorization, refreshToken: '', body }) }
}

/** Keys of one environment, and a token for each role that is signed with them. */
export interface TestSignIn {
  /** For SEGUE_TOKEN_PUBLIC_KEYS. */
  publicKeys: string
  /** For SEGUE_TOKEN_PRIVATE_KEY. */
  privateKey: string
  /** Without personal data but for the admin, whose role has it. */
  tokens: Record<Role, string> & { viewerWithPersonalData: string }
}

export async function createTestSignIn(environment: Environment): Promise<TestSignIn> {
  const { privateJwk, publicJwks } = await generateTokenKeys()
  const sign = await createTokenSigner(privateJwk, environment)
  const token = async (role: Role, personalData = false): Promise<string> =>
    await sign({ id: randomUUID(), role, sessionId: randomUUID(), personalData })
  return {
    publicKeys: JSON.stringify(publicJwks),
    privateKey: JSON.stringify(privateJwk),
    tokens: {
      admin: await token('admin'),
      developer: await token('developer'),
      marketer: await token('marketer'),
      viewer: await token('viewer'),
      viewerWithPersonalData: await token('viewer', true),
    },
  }
}
