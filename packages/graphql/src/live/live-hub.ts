// All subscriptions of a subgraph: one tail of the feed, one stream for each thing that is watched, one execution for each message of it.
import type { Logger } from '@segue/service'
import { createSourceEventStream, execute, GraphQLError, type ExecutionResult, type GraphQLSchema } from 'graphql'
import { setTimeout as pause } from 'node:timers/promises'
import type { SubgraphContext } from '../context.js'
import { describeError } from '../describe-error.js'
import { TooManySubscriptions } from '../errors.js'
import type { SignedInAccount } from '../rights.js'
import { FeedPosition } from './feed-position.js'
import { createFeedTail, type FeedTail } from './feed-tail.js'
import { isDatabaseAway, type PresentError } from './live-errors.js'
import type { LiveOperation } from './live-operation.js'
import { LiveStream, type CatchingUp } from './live-stream.js'
import { topicOf, type LiveRoot, type LiveTopic } from './live-topic.js'
import { Subscriber } from './subscriber.js'

/** Of one account at one subgraph, over all gateways: what it can hold of memory. */
const MOST_OF_AN_ACCOUNT = 2000
/** How often accounts are looked at whose subscriptions are silent. */
const SWEEP_MS = 250
/** A message that needs the database waits for it so long, then says that it failed. */
const RETRY_MS = 500
const RETRIES = 60

export interface LiveHubOptions {
  schema: GraphQLSchema
  databaseUrl: string
  logger: Logger
  /** A context for one message, as a request has one. */
  contextOf: (account: SignedInAccount, requestId: string) => Promise<SubgraphContext<unknown>>
  /** Why an account that was let in may not be told anything any more. */
  refusalOf: (account: SignedInAccount) => GraphQLError | undefined
  present: PresentError
}

/** Who wants to watch what. */
export interface LiveRequest {
  operation: LiveOperation
  /** As they were sent; checked. */
  variables: Readonly<Record<string, unknown>>
  /** Where to go on. */
  after: string | undefined
  account: SignedInAccount
  requestId: string
}

export class LiveHub {
  readonly #tail: FeedTail
  readonly #streams = new Map<string, LiveStream>()
  readonly #subscribers = new Map<Subscriber, string>()
  readonly #ofAccount = new Map<string, number>()
  readonly #closing = new AbortController()
  readonly #sweep: NodeJS.Timeout
  /** Those who watch, and those who are about to. */
  #watchers = 0

  constructor(private readonly options: LiveHubOptions) {
    this.#tail = createFeedTail({
      databaseUrl: options.databaseUrl,
      logger: options.logger,
      take: (entries) => {
        for (const stream of this.#streams.values()) stream.take(entries)
      },
      tick: () => {
        const { position } = this.#tail
        if (position) for (const stream of this.#streams.values()) stream.tick(position)
      },
    })
    this.#sweep = setInterval(() => {
      for (const subscriber of this.#subscribers.keys()) subscriber.check()
    }, SWEEP_MS)
  }

  /** How many subscriptions there are, and how many different things they watch. */
  get size(): { subscribers: number; streams: number } {
    return { subscribers: this.#subscribers.size, streams: this.#streams.size }
  }

  /** Begins a subscription. Rejects with user errors of its arguments; waits for a database that is away. */
  async subscribe(request: LiveRequest): Promise<Subscriber> {
    const { account, after } = request
    const open = this.#ofAccount.get(account.id) ?? 0
    if (open >= MOST_OF_AN_ACCOUNT) throw TooManySubscriptions({ limit: MOST_OF_AN_ACCOUNT })
    this.#ofAccount.set(account.id, open + 1)
    this.#watchers += 1
    try {
      const from = after === undefined ? undefined : FeedPosition.at(after)
      const key = keyOf(request)
      const position = await this.#tail.follow()
      let stream = this.#streams.get(key)
      if (!stream) {
        const topic = await this.#topic(request)
        stream = this.#streams.get(key) ?? this.#stream(key, topic, request)
      }
      // From here on nothing is awaited: what comes after `position` is the stream's, what was before it is read.
      const subscriber = new Subscriber(account, this.options.refusalOf, (ended) => this.#end(ended))
      this.#subscribers.set(subscriber, key)
      const catching = stream.add(subscriber, after, from)
      if (catching && from) void this.#catchUp(catching, from, position.copy())
      return subscriber
    } catch (error) {
      this.#leave(account)
      throw error
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep)
    this.#closing.abort()
    for (const subscriber of [...this.#subscribers.keys()]) subscriber.end()
    await this.#tail.close()
  }

  #end(subscriber: Subscriber): void {
    const key = this.#subscribers.get(subscriber)
    if (key === undefined) return
    this.#subscribers.delete(subscriber)
    const stream = this.#streams.get(key)
    stream?.remove(subscriber)
    if (stream?.isEmpty) this.#streams.delete(key)
    this.#leave(subscriber.account)
  }

  #leave({ id }: SignedInAccount): void {
    const left = (this.#ofAccount.get(id) ?? 1) - 1
    if (left > 0) this.#ofAccount.set(id, left)
    else this.#ofAccount.delete(id)
    this.#watchers -= 1
    if (this.#watchers === 0) this.#tail.rest()
  }

  async #catchUp(catching: CatchingUp, from: FeedPosition, until: FeedPosition): Promise<void> {
    const { signal, take, done } = catching
    try {
      done(await this.#tail.replay(from, until, take, signal))
    } catch (error) {
      if (signal.aborted) return
      this.options.logger.error({ error: describeError(error) }, 'A watcher who came again could not be caught up')
      done(false)
    }
  }

  async #topic({ operation, variables, account, requestId }: LiveRequest): Promise<LiveTopic> {
    const { schema, contextOf } = this.options
    const source = await createSourceEventStream({
      schema,
      document: operation.document,
      operationName: operation.operationName,
      variableValues: variables,
      contextValue: await contextOf(shared(account), requestId),
    })
    if (!(Symbol.asyncIterator in source))
      throw source.errors?.[0] ?? new Error('A subscription gave neither a topic nor an error.')
    return topicOf(source)
  }

  #stream(key: string, topic: LiveTopic, request: LiveRequest): LiveStream {
    const stream = new LiveStream(topic, (root) => this.#message(root, request))
    this.#streams.set(key, stream)
    return stream
  }

  /** Makes a message. What it says is not lost while the database is away: it is made again. */
  async #message(
    root: LiveRoot<object>,
    { operation, variables, account, requestId }: LiveRequest,
  ): Promise<ExecutionResult> {
    const { schema, contextOf, present } = this.options
    for (let attempt = 1; ; attempt++) {
      let result: ExecutionResult
      try {
        result = await execute({
          schema,
          document: operation.document,
          operationName: operation.operationName,
          variableValues: variables,
          rootValue: root,
          contextValue: await contextOf(shared(account), requestId),
        })
      } catch (error) {
        // Its context could not be made: what is personal must be known.
        const originalError = error instanceof Error ? error : new Error(String(error))
        result = { data: null, errors: [new GraphQLError(originalError.message, { originalError })] }
      }
      const { errors } = result
      if (!errors) return result
      if (attempt > RETRIES || this.#closing.signal.aborted || !errors.some(isDatabaseAway)) {
        return { ...result, errors: errors.map((error) => present(error, requestId)) }
      }
      await pause(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }
}

/** All who have the same key are sent the same. What an account is called is not in it: see `shared`. */
function keyOf({ operation, variables, account }: LiveRequest): string {
  const { text, operationName, afterVariable } = operation
  const others = Object.entries(variables).filter(([name]) => name !== afterVariable)
  const scopes = account.scopes ? [...account.scopes].sort() : null
  return JSON.stringify([text, operationName, others, account.role, account.personalData, scopes])
}

/** The account as the makers of a message see it: what it may, not who it is, for the message goes to all who may the same. */
function shared(account: SignedInAccount): SignedInAccount {
  return { ...account, id: '', sessionId: '' }
}
