// Sessions that ended before their tokens did. The gateway has no database: it asks the platform subgraph once a second, while anybody is connected.
import type { GraphQLDataSource } from '@apollo/gateway'
import { describeError, type SignedInAccount } from '@segue/graphql'
import type { Logger } from '@segue/service'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { GatewayContext } from '../context.js'

/** How long an ended session is told things, at most. */
const ASK_MS = 1000
/** Whoever connects does not wait longer to be known as ended: it is found out soon after. */
const FIRST_MS = 1000

const ENDED = '{ endedSessions { sessionId until } }'

interface Answer {
  endedSessions?: { sessionId: string; until: string }[] | null
}

export class EndedSessions {
  #untilBySession = new Map<string, number>()
  #asking: { controller: AbortController; first: Promise<void> } | undefined
  #failing = false

  constructor(
    private readonly platform: GraphQLDataSource<GatewayContext>,
    private readonly logger: Logger,
  ) {}

  /** Asks from now on, until `rest`. Resolves when the first answer is there, or does not come in time. */
  async watch(): Promise<void> {
    if (!this.#asking) {
      const controller = new AbortController()
      const first = this.#ask()
      this.#asking = { controller, first }
      void first.then(() => this.#goOn(controller.signal))
    }
    await Promise.race([this.#asking.first, pause(FIRST_MS, undefined, { ref: false })])
  }

  rest(): void {
    this.#asking?.controller.abort()
    this.#asking = undefined
  }

  /** Whether the token that `account` came from was ended before its time. A platform subgraph that is away leaves what is known in force. */
  has({ sessionId, expiresAt }: SignedInAccount): boolean {
    // Tokens that a session got after its rights changed end later than `until`, and count.
    return expiresAt <= (this.#untilBySession.get(sessionId) ?? 0)
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(ASK_MS, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) return
      await this.#ask()
    }
  }

  async #ask(): Promise<void> {
    try {
      const context = { account: undefined, authorization: undefined, requestId: randomUUID(), clientAddress: '' }
      const { data, errors } = await this.platform.process({ request: { query: ENDED }, context } as never)
      const ended = (data as Answer | null | undefined)?.endedSessions
      if (!ended) throw new Error(errors?.[0]?.message ?? 'The platform subgraph did not say which sessions ended.')
      this.#untilBySession = new Map(ended.map(({ sessionId, until }) => [sessionId, Date.parse(until)]))
      if (this.#failing) this.logger.info('Ended sessions are known again')
      this.#failing = false
    } catch (error) {
      if (!this.#failing)
        this.logger.error({ error: describeError(error) }, 'Ended sessions are not known; what was known counts')
      this.#failing = true
    }
  }
}
