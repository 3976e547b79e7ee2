// All subscriptions of a gateway's clients, by what they watch and what they may see of it.
import type { GraphQLDataSource } from '@apollo/gateway'
import type { GatewaySigner, SignedInAccount } from '@segue/graphql'
import type { Logger } from '@segue/service'
import type { GatewayContext } from '../context.js'
import type { Operation } from '../operation.js'
import type { Supergraph } from '../supergraph.js'
import { LiveGroup } from './live-group.js'
import type { LiveMetrics } from './live-metrics.js'
import { LiveOperation } from './live-operation.js'
import type { LiveMember } from './live-stream.js'
import { SubgraphSocket } from './subgraph-socket.js'

export interface LiveHubOptions {
  sources: Readonly<Record<string, GraphQLDataSource<GatewayContext>>>
  /** Where each subgraph answers GraphQL, by its name. */
  subgraphUrls: Readonly<Record<string, string>>
  sign: GatewaySigner
  logger: Logger
  metrics: LiveMetrics
}

/** A client's subscription, as its socket sees it. */
export interface LiveSubscription {
  /** The client does not want it any more. */
  leave(): void
  /** The client, who did not take a message, has room for another. */
  resume(): void
}

export class LiveHub {
  readonly #groups = new Map<string, LiveGroup>()
  readonly #sockets = new Map<string, SubgraphSocket>()
  readonly #operations = new WeakMap<Operation, LiveOperation>()
  readonly #supergraphs = new WeakMap<Supergraph, number>()
  #supergraphCount = 0

  constructor(private readonly options: LiveHubOptions) {
    for (const [name, url] of Object.entries(options.subgraphUrls)) {
      this.#sockets.set(name, new SubgraphSocket(url, options.sign))
    }
  }

  /** Begins a subscription. `variables` as they were sent. Throws BAD_USER_INPUT, QUERY_TOO_LARGE and the like. */
  subscribe(
    operation: Operation,
    document: string,
    variables: Readonly<Record<string, unknown>>,
    member: LiveMember,
  ): LiveSubscription {
    const live = this.#live(operation)
    const after = live.afterOf(live.checked(variables))
    const key = this.#key(live, document, variables, member.context.account)
    let group = this.#groups.get(key)
    if (!group) {
      const socket = this.#sockets.get(live.subgraph)
      if (!socket) throw new Error(`There is no way to the subgraph ${live.subgraph}.`)
      const { logger, metrics } = this.options
      const made = new LiveGroup({ operation: live, variables, socket, logger, metrics }, () => {
        if (this.#groups.get(key) === made) this.#groups.delete(key)
      })
      this.#groups.set(key, (group = made))
    }
    const joined = group
    joined.place(member, after)
    return { leave: () => joined.leave(member), resume: () => joined.resume(member) }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sockets.values()].map((socket) => socket.close()))
  }

  #live(operation: Operation): LiveOperation {
    let live = this.#operations.get(operation)
    if (!live) {
      live = new LiveOperation(operation, this.options.sources, this.options.logger)
      this.#operations.set(operation, live)
    }
    return live
  }

  /** All who have the same key are sent the same: what they ask, and what decides about what they may see. */
  #key(
    { operation, afterVariable }: LiveOperation,
    document: string,
    variables: Readonly<Record<string, unknown>>,
    { id, role, personalData, scopes }: SignedInAccount,
  ): string {
    const others = Object.entries(variables)
      .filter(([name]) => name !== afterVariable)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    // What is one's own is not the same for others.
    const isOwn = operation.rights.has('own.read') || operation.rights.has('own.write')
    return JSON.stringify([
      this.#numberOf(operation.supergraph),
      operation.name,
      document,
      others,
      role,
      personalData,
      scopes ? [...scopes].sort() : null,
      isOwn ? id : null,
    ])
  }

  /** After a new supergraph the same document may mean something else; who has subscribed keeps what it had. */
  #numberOf(supergraph: Supergraph): number {
    let number = this.#supergraphs.get(supergraph)
    if (number === undefined) this.#supergraphs.set(supergraph, (number = this.#supergraphCount += 1))
    return number
  }
}
