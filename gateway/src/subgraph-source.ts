// A subgraph over a pool of kept-alive connections: 3.4 times the requests of Apollo's own fetching data source.
import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway'
import {
  CLIENT_ADDRESS_HEADER,
  REFRESH_TOKEN_HEADER,
  SET_REFRESH_TOKEN_HEADER,
  SIGNATURE_HEADER,
  type GatewaySigner,
} from '@segue/graphql'
import type { Logger } from '@segue/service'
import { errors, Pool } from 'undici'
import type { GatewayContext } from './context.js'
import { SubgraphAway, SubgraphSlow } from './errors.js'
import type { SubgraphMetrics } from './metrics.js'

/** A subgraph's queries take milliseconds; what takes this long has met a lock or a dead network. */
const ANSWER_MS = 10_000
/** Same machine or network: a connection that is not there by then will not be. */
const CONNECT_MS = 2000
/** A subgraph has eight database connections; more than some times as many requests only wait there. */
const CONNECTIONS = 64
/** Above the largest page of the largest profiles (MAX_COST), far below what would hurt the process. */
const LARGEST_ANSWER = 64 * 1024 * 1024

type Answer = Awaited<ReturnType<GraphQLDataSource['process']>>

interface SubgraphAnswer {
  status: number
  text: string
  /** `<token>;<seconds>`. */
  setRefreshToken: string | undefined
}

export interface SubgraphSourceOptions {
  name: string
  url: string
  logger: Logger
  sign: GatewaySigner
  metrics: SubgraphMetrics
  /** Queries under way at all subgraphs of the environment: a change at one may change what another answers. */
  underWay: QueriesUnderWay
  answerMs?: number
}

/** By subgraph, by who asks and what. */
export type QueriesUnderWay = Map<string, Promise<SubgraphAnswer>>

/** A data source of `@apollo/gateway` for one subgraph. Never rejects: a subgraph that is away is an error in the answer, at the place of its data. */
export class SubgraphSource implements GraphQLDataSource<GatewayContext> {
  readonly name: string
  readonly #pool: Pool
  readonly #path: string
  readonly #answerMs: number

  constructor(private readonly options: SubgraphSourceOptions) {
    const { origin, pathname } = new URL(options.url)
    this.name = options.name
    this.#path = pathname
    this.#answerMs = options.answerMs ?? ANSWER_MS
    this.#pool = new Pool(origin, {
      connections: CONNECTIONS,
      connect: { timeout: CONNECT_MS },
      headersTimeout: this.#answerMs,
      bodyTimeout: this.#answerMs,
      maxResponseSize: LARGEST_ANSWER,
    })
  }

  async process({ request, context }: GraphQLDataSourceProcessOptions<GatewayContext>): Promise<Answer> {
    const { query = '', variables, operationName } = request
    const sent = JSON.stringify({ query, variables, operationName })
    const ended = this.options.metrics.begin()
    try {
      // Written by the planner, which begins a mutation with its kind.
      const answer = query.startsWith('mutation') ? await this.#change(sent, context) : await this.#ask(sent, context)
      const parsed = parse(answer.text)
      if (!isAnswer(parsed)) throw new Error(`Answered ${answer.status} with something that is not a GraphQL response.`)
      ended('answered')
      return parsed
    } catch (error) {
      return this.#failure(error, context, ended)
    }
  }

  /** Resolves when the subgraph says that it is ready. */
  async check(): Promise<void> {
    const { statusCode, body } = await this.#pool.request({ method: 'GET', path: '/ready' })
    await body.dump()
    if (statusCode !== 200) throw new Error(`The subgraph ${this.name} is not ready.`)
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }

  /** Sent once, whatever happens: it may have been done when the answer got lost. */
  async #change(sent: string, context: Partial<GatewayContext>): Promise<SubgraphAnswer> {
    try {
      const answer = await this.#send(sent, context)
      const [, token = '', seconds] = /^([^;]*);(\d+)$/.exec(answer.setRefreshToken ?? '') ?? []
      if (this.name === 'platform' && seconds !== undefined)
        context.setRefreshToken = { token, maxAgeSeconds: Number(seconds) }
      return answer
    } finally {
      // Who asks after its change must see it: no answer to what was asked before it.
      this.options.underWay.clear()
    }
  }

  /**
   * Who asks the same thing as the same account while it is under way gets the same answer. The text is shared and not what it says: the executor merges answers
   * into each other.
   */
  async #ask(sent: string, context: Partial<GatewayContext>): Promise<SubgraphAnswer> {
    const { underWay } = this.options
    const key = `${this.name}\n${context.authorization ?? ''}\n${context.refreshToken ?? ''}\n${sent}`
    const same = underWay.get(key)
    if (same) {
      this.options.metrics.shared()
      return await same
    }
    const asked = this.#sendAgain(sent, context)
    underWay.set(key, asked)
    try {
      return await asked
    } finally {
      if (underWay.get(key) === asked) underWay.delete(key)
    }
  }

  /** A query may be asked twice: a kept connection that the subgraph has just closed is no reason to fail. */
  async #sendAgain(sent: string, context: Partial<GatewayContext>): Promise<SubgraphAnswer> {
    try {
      return await this.#send(sent, context)
    } catch (error) {
      if (!isLostConnection(error)) throw error
      this.options.metrics.repeated()
      return await this.#send(sent, context)
    }
  }

  async #send(sent: string, context: Partial<GatewayContext>): Promise<SubgraphAnswer> {
    const { statusCode, headers, body } = await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers: this.#headers(sent, context),
      body: sent,
    })
    const setRefreshToken = headers[SET_REFRESH_TOKEN_HEADER]
    return {
      status: statusCode,
      text: await body.text().catch((error: unknown) => {
        throw new BrokenAnswer('The connection broke off within the answer.', { cause: error })
      }),
      setRefreshToken: typeof setRefreshToken === 'string' ? setRefreshToken : undefined,
    }
  }

  #headers(body: string, context: Partial<GatewayContext>): Record<string, string> {
    const { authorization = '', requestId = '', clientAddress = '', userAgent } = context
    const refreshToken = this.name === 'platform' ? (context.refreshToken ?? '') : ''
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/json',
      [SIGNATURE_HEADER]: this.options.sign({ requestId, clientAddress, authorization, refreshToken, body }),
    }
    if (authorization) headers['authorization'] = authorization
    if (requestId) headers['x-request-id'] = requestId
    if (clientAddress) headers[CLIENT_ADDRESS_HEADER] = clientAddress
    if (refreshToken) headers[REFRESH_TOKEN_HEADER] = refreshToken
    if (userAgent) headers['user-agent'] = userAgent
    return headers
  }

  #failure(error: unknown, { requestId }: Partial<GatewayContext>, ended: (outcome: 'slow' | 'away') => void): Answer {
    const cause = error instanceof BrokenAnswer ? error.cause : error
    const slow = cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError
    ended(slow ? 'slow' : 'away')
    this.options.logger.warn(
      { err: error, subgraph: this.name, requestId },
      slow ? 'A subgraph is slow' : 'A subgraph is away',
    )
    const { message, extensions } = slow
      ? SubgraphSlow({ name: this.name, seconds: this.#answerMs / 1000 })
      : SubgraphAway({ name: this.name })
    return { errors: [{ message, extensions: { code: extensions['code'] } }] }
  }
}

/** An answer that ended before it was whole: it had begun, so the subgraph has done its work, which is not asked for again. */
class BrokenAnswer extends Error {
  override readonly name = 'BrokenAnswer'
}

/** Whether the connection failed before an answer began. A subgraph that takes too long gets no second question. */
function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof BrokenAnswer) return false
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.ConnectTimeoutError) return false
  const { code = '' } = error as NodeJS.ErrnoException
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(code)
}

/** Undefined for what is no JSON: the parser's own message would quote it into the log. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && ('data' in value || 'errors' in value)
}
