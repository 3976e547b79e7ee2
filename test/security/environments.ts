// Two environments beside each other, as they are attacked: production behind a proxy that it believes, and all they log is kept.
import type { TokenAccount } from '@segue/graphql'
import { dataSource } from '@segue/database'
import { createAccount } from '@segue/subgraph-platform'
import type { JWK } from 'jose'
import { startEnvironment, type TestEnvironment } from '../gateway/environment.js'
import { attack, keepLog, secret, type KeptLog, type Reply } from './attack.js'

export const PASSWORD = secret('correct horse battery')

export interface Environments {
  production: TestEnvironment
  staging: TestEnvironment
  log: KeptLog
  close(): Promise<void>
}

/** Production's gateway believes what its peer, this machine, says of clients; staging's believes nobody. */
export async function startEnvironments(): Promise<Environments> {
  const log = keepLog()
  const given = { SEGUE_LOG_LEVEL: 'debug' }
  const production = await startEnvironment('production', { given, urls: { SEGUE_TRUSTED_PROXIES: '127.0.0.1, ::1' } })
  const staging = await startEnvironment('staging', { given })
  for (const { signIn } of [production, staging]) {
    Object.values(signIn.tokens).forEach(secret)
    secret((JSON.parse(signIn.privateKey) as JWK & { d: string }).d)
  }
  secret(production.variables['SEGUE_GATEWAY_KEY'] ?? '')
  return {
    production,
    staging,
    log,
    async close() {
      await production.close()
      await staging.close()
      log.close()
    },
  }
}

/** Makes an account with PASSWORD. */
export async function addAccount(
  { databaseUrl }: TestEnvironment,
  email: string,
  role: TokenAccount['role'] = 'viewer',
): Promise<{ id: string; email: string }> {
  const database = await dataSource({ url: databaseUrl, connections: 1 }).initialize()
  const account = await createAccount(database, { email, name: 'Somebody', role, password: PASSWORD })
  await database.destroy()
  return account
}

const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { accessToken account { email } userErrors { code message path } } }`

let clients = 0
/** An address that nobody has used: attempts at passwords are counted by it. */
export function newAddress(): string {
  clients += 1
  return `198.51.${100 + Math.floor(clients / 250)}.${1 + (clients % 250)}`
}

/** Signs in at a gateway that believes us about addresses. */
export async function login(
  environment: TestEnvironment,
  email: string,
  password: string = PASSWORD,
  headers: Record<string, string> = { 'x-forwarded-for': newAddress() },
): Promise<{ reply: Reply; token: string; cookie: string; code: string | undefined }> {
  const variables = { input: { email, password } }
  const reply = await attack(environment.gateway.url, { query: LOGIN, variables, headers })
  const { accessToken, userErrors } = reply.data?.login ?? {}
  return {
    reply,
    token: secretOf(accessToken),
    cookie: cookieOf(reply),
    code: userErrors?.[0]?.code,
  }
}

/** `name=value` of the cookie that an answer sets; empty when it sets none. */
export function cookieOf({ headers }: Reply): string {
  const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  const [, value = ''] = cookie.split('=')
  if (value.length > 10) refreshTokens.add(value)
  return cookie
}

/** Handed out on purpose, so they are in answers' headers; in no log. */
export const refreshTokens = new Set<string>()
/** The same of access tokens and API keys. */
export const handedOut = new Set<string>()

function secretOf(token: unknown): string {
  if (typeof token !== 'string') return ''
  handedOut.add(token)
  return token
}
