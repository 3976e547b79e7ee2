// Asking a GraphQL server as one of the roles would.
import { createTokenSigner, generateTokenKeys, type Environment, type Role } from '@segue/graphql'
import { randomUUID } from 'node:crypto'

/** An answer; `data` is as the test expects it to be: what differs fails an assertion. */
export interface Answer {
  // oxlint-disable-next-line no-explicit-any -- a test reads the fields that its own query names
  data?: any
  errors?: { message: string; path?: (string | number)[]; extensions: { code: string } & Record<string, unknown> }[]
  extensions?: Record<string, unknown>
}

/** Sends an operation to `url`. Without a token nobody is signed in. */
export async function askGraphql(url: string, query: string, variables: object = {}, token?: string): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer
}

/** Keys of one environment, and a token for each role that is signed with them. */
export interface TestSignIn {
  /** For SEGUE_TOKEN_PUBLIC_KEYS. */
  publicKeys: string
  /** For SEGUE_TOKEN_PRIVATE_KEY. */
  privateKey: string
  tokens: Record<Role, string>
}

export async function createTestSignIn(environment: Environment): Promise<TestSignIn> {
  const { privateJwk, publicJwks } = await generateTokenKeys()
  const sign = await createTokenSigner(privateJwk, environment)
  return {
    publicKeys: JSON.stringify(publicJwks),
    privateKey: JSON.stringify(privateJwk),
    tokens: {
      admin: await sign({ id: randomUUID(), role: 'admin' }),
      viewer: await sign({ id: randomUUID(), role: 'viewer' }),
    },
  }
}
