// One client's WebSocket: the protocol graphql-transport-ws, https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md.
// Written by hand because a message that goes to many is written down once, and because nothing may pile up for a client that does not read.
import { SessionEnded, SubscriptionsOnly, TokenExpired, UserError, type SignedInAccount } from '@segue/graphql'
import type { Logger } from '@segue/service'
import { OperationTypeNode, type GraphQLFormattedError } from 'graphql'
import { CloseCode, MessageType, validateMessage, type ConnectionInitMessage } from 'graphql-ws'
import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'
import { parseBody, readGraphqlPayload } from '../body.js'
import type { GatewayContext } from '../context.js'
import { describeErrors } from '../describe-errors.js'
import { InvalidDocument } from '../operation.js'
import type { Operations } from '../operations.js'
import type { RegisteredOperations } from '../registered-operations.js'
import type { ReadSignIn, SignIn } from '../sign-in.js'
import type { EndedSessions } from './ended-sessions.js'
import type { LiveHub, LiveSubscription } from './live-hub.js'
import type { LiveLimits } from './live-limits.js'
import type { LiveMetrics } from './live-metrics.js'
import type { LiveMember } from './live-stream.js'

/** A page signs in as soon as its socket is open. */
const INIT_MS = 5000
/** Bytes that may wait to be sent before a client is spared messages. Beyond what its connection holds itself. */
const WAITING = 64 * 1024
/** Answers to a client's own messages, which it does not read: no client of good will. */
const UNREAD = 1024 * 1024
/** A key's token is exchanged for another before it ends; what is asked with it must still arrive. */
const RENEW_MS = 20_000
const TRY_LATER = 1013

/** From whom it came. */
export interface ClientOrigin {
  clientAddress: string
  userAgent?: string
}

export interface ClientSocketOptions {
  operations: Operations
  registered: RegisteredOperations
  signIn: ReadSignIn
  endedSessions: EndedSessions
  hub: LiveHub
  limits: LiveLimits
  logger: Logger
  metrics: LiveMetrics
}

type SignedIn = SignIn & { account: SignedInAccount }

interface Subscription {
  subscription: LiveSubscription | undefined
  member: LiveMember
}

export class ClientSocket {
  #signedIn: SignedIn | undefined
  /** As it came: an API key is exchanged again. */
  #given: string | undefined
  #renewing = false
  #isInitialised = false
  readonly #initTimer: NodeJS.Timeout
  readonly #subscriptions = new Map<string, Subscription>()
  /** Of those, the ones that did not take a message. */
  readonly #slow = new Set<Subscription>()

  constructor(
    private readonly socket: WebSocket,
    private readonly origin: ClientOrigin,
    private readonly options: ClientSocketOptions,
  ) {
    this.#initTimer = setTimeout(
      () => this.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
      INIT_MS,
    )
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.close(CloseCode.BadRequest, 'Messages are text')
      else this.#receive(String(data))
    })
    // Answered by the socket itself.
    socket.on('ping', () => this.#refuseUnread())
    socket.on('error', () => socket.terminate())
    socket.on('close', () => this.#gone())
  }

  /** Undefined until it has signed in. */
  get account(): SignedInAccount | undefined {
    return this.#signedIn?.account
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason)
  }

  /** Looks at the sign-in: ends everything when it counts no more. */
  check(): void {
    const refusal = this.#refusal()
    if (!refusal) {
      this.#renewKey()
      return
    }
    const errors = describeErrors([refusal], '', this.options.logger)
    for (const { member } of [...this.#subscriptions.values()]) member.end(errors)
    this.close(CloseCode.Forbidden, refusal.code)
  }

  #refusal(): UserError | undefined {
    const account = this.#signedIn?.account
    if (!account) return undefined
    if (this.options.endedSessions.has(account)) return SessionEnded()
    return account.expiresAt <= Date.now() ? TokenExpired() : undefined
  }

  #receive(text: string): void {
    let message: ReturnType<typeof validateMessage>
    try {
      message = validateMessage(parseBody(text))
    } catch {
      this.close(CloseCode.BadRequest, 'Invalid message')
      return
    }
    switch (message.type) {
      case MessageType.ConnectionInit:
        void this.#init(message)
        return
      case MessageType.Subscribe:
        if (!this.#signedIn) this.close(CloseCode.Unauthorized, 'Unauthorized')
        else if (this.#subscriptions.has(message.id))
          this.close(CloseCode.SubscriberAlreadyExists, `Subscriber for this id already exists`)
        else this.#subscribe(message.id, message.payload, this.#signedIn)
        return
      case MessageType.Complete:
        this.#end(message.id)
        return
      case MessageType.Ping:
        this.#send(JSON.stringify({ type: MessageType.Pong, ...(message.payload ? { payload: message.payload } : {}) }))
        return
      case MessageType.Pong:
        return
      default:
        this.close(CloseCode.BadRequest, `Unexpected message of type ${message.type}`)
    }
  }

  async #init({ payload }: ConnectionInitMessage): Promise<void> {
    if (this.#isInitialised) {
      this.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
      return
    }
    this.#isInitialised = true
    clearTimeout(this.#initTimer)
    const { authorization } = payload ?? {}
    this.#given = typeof authorization === 'string' ? authorization : undefined
    try {
      const [signedIn] = await Promise.all([this.#signIn(), this.options.endedSessions.watch()])
      if (this.socket.readyState !== this.socket.OPEN) return
      this.#signedIn = signedIn
      const refusal = this.#refusal() ?? this.options.limits.refuseSocket(signedIn.account)
      if (refusal) throw refusal
      this.#send(JSON.stringify({ type: MessageType.ConnectionAck }))
    } catch (error) {
      this.#signedIn = undefined
      this.#refuse(error)
    }
  }

  async #signIn(): Promise<SignedIn> {
    const context = { requestId: randomUUID(), clientAddress: this.origin.clientAddress }
    const { account, ...rest } = await this.options.signIn(this.#given, context)
    if (!account) throw new UserError('UNAUTHENTICATED', 'Sign in with connectionParams.authorization.')
    return { ...rest, account }
  }

  /** By the code, a client knows whether coming again with another token helps (4403), or nothing does (4401). */
  #refuse(error: unknown): void {
    const code = error instanceof UserError ? error.code : 'INTERNAL'
    if (code === 'INTERNAL') describeErrors([error], '', this.options.logger)
    if (code === 'UNAUTHENTICATED' || code === 'WRONG_ENVIRONMENT') this.close(CloseCode.Unauthorized, code)
    else if (code === 'TOKEN_EXPIRED' || code === 'SESSION_ENDED') this.close(CloseCode.Forbidden, code)
    else this.close(TRY_LATER, code)
  }

  #renewKey(): void {
    const { apiKey, account } = this.#signedIn ?? {}
    if (apiKey === undefined || !account || this.#renewing || account.expiresAt - RENEW_MS > Date.now()) return
    this.#renewing = true
    this.#signIn()
      .then((signedIn) => {
        this.#signedIn = signedIn
      })
      // It is tried again until the token ends.
      .catch(() => undefined)
      .finally(() => {
        this.#renewing = false
      })
  }

  #subscribe(id: string, payload: unknown, { account, apiKey }: SignedIn): void {
    const { operations, registered, hub, limits, logger, metrics } = this.options
    const requestId = randomUUID()
    try {
      const refused = this.#refusal() ?? limits.refuseSubscription(account)
      if (refused) throw refused
      const asked = readGraphqlPayload(payload)
      const document = registered.documentOf(asked, apiKey !== undefined)
      const entry: Subscription = { subscription: undefined, member: this.#member(id, requestId, account) }
      const operation = operations.prepare(document, asked.operationName, entry.member.context)
      if (operation.kind !== OperationTypeNode.SUBSCRIPTION) throw SubscriptionsOnly()
      this.#subscriptions.set(id, entry)
      limits.subscribed(account)
      metrics.subscriptions.inc()
      try {
        entry.subscription = hub.subscribe(operation, document, asked.variables, entry.member)
      } catch (error) {
        this.#end(id)
        throw error
      }
    } catch (error) {
      const errors = error instanceof InvalidDocument ? error.errors : [error]
      this.#sendError(id, describeErrors(errors, requestId, logger))
    }
  }

  #member(id: string, requestId: string, account: SignedInAccount): LiveMember {
    const head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`)
    const signedIn = (): { account: SignedInAccount; authorization: string | undefined } =>
      this.#signedIn ?? { account, authorization: undefined }
    const { origin } = this
    return {
      get context(): GatewayContext & { account: SignedInAccount } {
        const { account: now, authorization } = signedIn()
        return { account: now, authorization, requestId, ...origin }
      },
      refusal: () => this.#refusal(),
      take: (payload) => {
        const { socket } = this
        // The end of its socket will end it.
        if (socket.readyState !== socket.OPEN) return true
        const entry = this.#subscriptions.get(id)
        if (entry && socket.bufferedAmount > WAITING) {
          this.#slow.add(entry)
          return false
        }
        socket.send(Buffer.concat([head, payload, TAIL]), { binary: false }, this.#sent)
        return true
      },
      end: (errors) => {
        if (!this.#end(id)) return
        this.#sendError(id, errors)
      },
    }
  }

  /** Says whether there was one. */
  #end(id: string): boolean {
    const entry = this.#subscriptions.get(id)
    if (!entry) return false
    this.#subscriptions.delete(id)
    this.#slow.delete(entry)
    this.options.metrics.subscriptions.dec()
    this.options.limits.ended(entry.member.context.account)
    entry.subscription?.leave()
    return true
  }

  #gone(): void {
    clearTimeout(this.#initTimer)
    for (const id of [...this.#subscriptions.keys()]) this.#end(id)
  }

  /** Whoever was slow goes on when all of what it was sent has left. */
  readonly #sent = (): void => {
    if (this.#slow.size === 0 || this.socket.bufferedAmount > 0) return
    const resumed = [...this.#slow]
    this.#slow.clear()
    for (const { subscription } of resumed) subscription?.resume()
  }

  #sendError(id: string, errors: readonly GraphQLFormattedError[]): void {
    this.#send(JSON.stringify({ id, type: MessageType.Error, payload: errors }))
  }

  #send(text: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return
    this.#refuseUnread()
    this.socket.send(text, this.#sent)
  }

  #refuseUnread(): void {
    if (this.socket.bufferedAmount > UNREAD) this.socket.terminate()
  }
}

const TAIL = Buffer.from('}')
