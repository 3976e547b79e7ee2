// One WebSocket to a subgraph for all subscriptions there, opened when there is one and closed when there is none.
import { signConnection, signSubscription, type GatewaySigner, type LiveClient, type LivePayload } from '@segue/graphql'
import type { GraphQLFormattedError } from 'graphql'
import { createClient, type Client } from 'graphql-ws'
import { WebSocket, type ClientOptions } from 'ws'
import type { LiveAnswer } from './live-operation.js'

/** Same machine or network: a connection that is not there by then will not be. */
const CONNECT_MS = 2000
/** Kept so long without a subscription: pages change what they watch. */
const IDLE_MS = 2000
const PING_MS = 10_000
/** A subgraph that does not answer a ping within this time is gone, and so is what it would have said. */
const PONG_MS = 5000

/** What comes of a subscription. After `refused` or `lost` nothing more does. */
export interface Upstream {
  next(answer: LiveAnswer): void
  /** The subgraph ends it, and says why. */
  refused(errors: readonly GraphQLFormattedError[]): void
  /** The subgraph is away, or restarts. */
  lost(): void
}

class SubgraphWebSocket extends WebSocket {
  constructor(url: string, protocols: string | string[]) {
    const options: ClientOptions = { handshakeTimeout: CONNECT_MS, perMessageDeflate: false }
    super(url, protocols, options)
  }
}

export class SubgraphSocket {
  readonly #client: Client
  #unanswered: NodeJS.Timeout | undefined

  constructor(
    url: string,
    private readonly sign: GatewaySigner,
  ) {
    this.#client = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: SubgraphWebSocket,
      connectionParams: () => ({ ...signConnection(sign) }),
      connectionAckWaitTimeout: CONNECT_MS,
      lazyCloseTimeout: IDLE_MS,
      keepAlive: PING_MS,
      // Whoever subscribed does it again, from another place and with another signature.
      retryAttempts: 0,
      on: {
        ping: (received) => {
          if (!received) this.#unanswered ??= setTimeout(() => this.#client.terminate(), PONG_MS)
        },
        pong: (received) => {
          if (received) this.#answered()
        },
        closed: () => this.#answered(),
      },
    })
  }

  /** Subscribes for `client`; call what it gives to end that. */
  subscribe(payload: LivePayload & { query: string }, client: LiveClient, upstream: Upstream): () => void {
    let isOver = false
    const over = (tell: () => void): void => {
      if (isOver) return
      isOver = true
      tell()
    }
    const { query, operationName, variables, extensions } = signSubscription(this.sign, payload, client)
    const stop = this.#client.subscribe<Record<string, unknown>, Record<string, unknown>>(
      {
        query,
        ...(operationName == null ? {} : { operationName }),
        variables: variables ?? {},
        extensions: { ...extensions },
      },
      {
        next: (answer) => {
          if (!isOver) upstream.next(answer as LiveAnswer)
        },
        // A list is the subgraph's word; anything else is what became of the connection.
        error: (error) => over(() => (Array.isArray(error) ? upstream.refused(error) : upstream.lost())),
        complete: () => over(() => upstream.lost()),
      },
    )
    return () => {
      isOver = true
      stop()
    }
  }

  async close(): Promise<void> {
    this.#answered()
    // Rejects when it was about to connect and could not: there is nothing to close then.
    await Promise.resolve(this.#client.dispose()).catch(() => undefined)
  }

  #answered(): void {
    clearTimeout(this.#unanswered)
    this.#unanswered = undefined
  }
}
