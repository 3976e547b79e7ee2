// API keys at the door: exchanged for a short access token at the platform subgraph, so that subgraphs see tokens only.
import { WrongEnvironment, type Environment } from '@segue/graphql'
import { LRUCache } from 'lru-cache'
import { createHash } from 'node:crypto'
import type { GatewayContext } from './context.js'
import { BadApiKey, SubgraphAway } from './errors.js'
import type { SubgraphSource } from './subgraph-source.js'

/** A token is not used in its last seconds: the operation that it is for may take as long. */
const SPARE_MS = 30_000
const REMEMBERED_KEYS = 1000

const EXCHANGE = `mutation ExchangeApiKey($input: ExchangeApiKeyInput!) {
  exchangeApiKey(input: $input) { accessToken expiresAt userErrors { code message } }
}`

interface Exchanged {
  authorization: string
  expiresAt: number
}

export class ApiKeys {
  /** By the key's hash: keys themselves are not kept. */
  readonly #exchanged = new LRUCache<string, Promise<Exchanged>>({ max: REMEMBERED_KEYS })

  constructor(
    private readonly environment: Environment,
    private readonly platform: SubgraphSource,
  ) {}

  /** The key in an `authorization` header: `Bearer segue_<environment>_<id>_<secret>`. Undefined when it holds something else. */
  keyIn(authorization: string | undefined): string | undefined {
    return /^Bearer (segue_[\w-]+)$/i.exec(authorization ?? '')?.[1]
  }

  /** The `authorization` header for subgraphs. Throws UNAUTHENTICATED, WRONG_ENVIRONMENT or SUBGRAPH_AWAY. */
  async exchange(key: string, context: Omit<GatewayContext, 'account' | 'authorization'>): Promise<string> {
    if (!key.startsWith(`segue_${this.environment}_`)) throw WrongEnvironment({ environment: this.environment })
    const hash = hashOf(key)
    const known = await this.#exchanged.get(hash)
    if (known && known.expiresAt - SPARE_MS > Date.now()) return known.authorization
    const asked = this.#ask(key, context)
    // Many requests that come at once ask once; a refusal is not remembered.
    this.#exchanged.set(hash, asked)
    try {
      return (await asked).authorization
    } catch (error) {
      if (this.#exchanged.get(hash) === asked) this.#exchanged.delete(hash)
      throw error
    }
  }

  /** Its token counts no more: the next request asks again whether the key still does. */
  forget(key: string): void {
    this.#exchanged.delete(hashOf(key))
  }

  async #ask(key: string, context: Omit<GatewayContext, 'account' | 'authorization'>): Promise<Exchanged> {
    const { data, errors } = await this.platform.process({
      request: { query: EXCHANGE, variables: { input: { key } }, operationName: 'ExchangeApiKey' },
      context: { ...context, account: undefined, authorization: undefined },
    } as never)
    const answer = (data as { exchangeApiKey?: ExchangeAnswer } | null | undefined)?.exchangeApiKey
    if (!answer) {
      const code = errors?.[0]?.extensions?.['code']
      if (code === 'SUBGRAPH_AWAY' || code === 'SUBGRAPH_TIMEOUT') throw SubgraphAway({ name: this.platform.name })
      throw BadApiKey({ problem: 'The API key cannot be used.' })
    }
    const { accessToken, expiresAt, userErrors } = answer
    if (!accessToken || !expiresAt) {
      throw BadApiKey({ problem: userErrors?.[0]?.message ?? 'The API key is not valid.' })
    }
    return { authorization: `Bearer ${accessToken}`, expiresAt: Date.parse(expiresAt) }
  }
}

interface ExchangeAnswer {
  accessToken: string | null
  expiresAt: string | null
  userErrors?: { code: string; message: string }[]
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
