// Operations that clients ask for: each document is prepared once, and every request after that only runs it.
import { executeQueryPlan } from '@apollo/gateway'
import { coerceVariables, MAX_COST, refusal, SessionEnded, SubscriptionOverHttp, type RightName } from '@segue/graphql'
import type { Counter, Logger } from '@segue/service'
import { OperationTypeNode, type GraphQLError } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { GatewayContext } from './context.js'
import { prepareOperation, type Operation } from './operation.js'
import type { SubgraphSource } from './subgraph-source.js'
import type { Supergraph } from './supergraph.js'

/** A page has some dozen documents and a script a few; the rest are documents with values written into them, which never come again. */
const CACHED_OPERATIONS = 1000
/** Characters of documents; an operation with its plan takes some ten times as much memory. */
const CACHED_CHARACTERS = 4 * 1024 * 1024

export interface Result {
  data?: unknown
  errors?: readonly GraphQLError[]
  extensions: { cost: { requested: number; limit: number } }
}

export class Operations {
  /** By name and document. Only what was prepared without a mistake is kept. */
  #prepared = new LRUCache<string, Operation>({ max: CACHED_OPERATIONS, maxSize: CACHED_CHARACTERS })
  #supergraph: Supergraph

  constructor(
    supergraph: Supergraph,
    private readonly options: {
      sources: Readonly<Record<string, SubgraphSource>>
      introspection: RightName | undefined
      logger: Logger
      /** Counts by `result`: `hit` or `miss`. */
      plans: Counter<'result'>
    },
  ) {
    this.#supergraph = supergraph
  }

  /** From now on operations are prepared for another supergraph; those under way end with theirs. */
  replace(supergraph: Supergraph): void {
    this.#supergraph = supergraph
    this.#prepared = new LRUCache<string, Operation>({ max: CACHED_OPERATIONS, maxSize: CACHED_CHARACTERS })
  }

  /**
   * The operation of a document that `context` may run. Throws `UserError`s (UNAUTHENTICATED, FORBIDDEN, QUERY_TOO_LARGE and the like) or `InvalidDocument`.
   */
  prepare(query: string, operationName: string | undefined, { account }: GatewayContext): Operation {
    const key = operationName ? `${operationName}\n${query}` : `\n${query}`
    let operation = this.#prepared.get(key)
    this.options.plans.inc({ result: operation ? 'hit' : 'miss' })
    if (!operation) {
      operation = prepareOperation(query, operationName, {
        supergraph: this.#supergraph,
        anonymous: account === undefined,
        introspection: this.options.introspection,
      })
    }
    for (const right of operation.rights) {
      const error = refusal(account, right)
      if (error) throw error
    }
    // Only now: a document that its sender may not run must not push out others'.
    if (!this.#prepared.has(key)) this.#prepared.set(key, operation, { size: key.length })
    return operation
  }

  /** Runs a query or mutation. Throws BAD_USER_INPUT, QUERY_TOO_LARGE, or SESSION_ENDED when a subgraph says so. */
  async execute(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    context: GatewayContext,
  ): Promise<Result> {
    if (operation.kind === OperationTypeNode.SUBSCRIPTION) throw SubscriptionOverHttp()
    const { supergraph } = operation
    const requested = operation.cost(coerceVariables(supergraph.api, operation.definition, variables))
    const { data, errors } = await executeQueryPlan(
      operation.plan,
      this.options.sources,
      // What an executor reads of a request; `metrics` it writes errors into.
      { request: { variables }, context, metrics: {}, logger: this.options.logger } as never,
      operation.context,
      supergraph.executable,
      supergraph.federatedApi,
    )
    if (errors?.some(({ extensions }) => extensions['code'] === 'SESSION_ENDED')) throw SessionEnded()
    return {
      ...(errors ? { errors } : {}),
      ...(data === undefined ? {} : { data }),
      extensions: { cost: { requested, limit: MAX_COST } },
    }
  }
}
