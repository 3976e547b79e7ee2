// One subscription at a subgraph and all clients that are told the same of it: each message is completed once, written down once, and sent to all of them.
import type { SignedInAccount, UserError } from '@segue/graphql'
import type { Logger } from '@segue/service'
import type { GraphQLFormattedError } from 'graphql'
import type { GatewayContext } from '../context.js'
import { describeErrors } from '../describe-errors.js'
import { SubgraphAway } from '../errors.js'
import type { LiveMetrics } from './live-metrics.js'
import type { LiveAnswer, LiveOperation, LiveResult } from './live-operation.js'
import type { SubgraphSocket } from './subgraph-socket.js'

/** Completions at the same time. A message beyond them is not taken: the subgraph tells what was in it again, put together with what came meanwhile. */
const IN_FLIGHT = 8
/** How long a subgraph may be away before clients are told; a restart takes seconds. */
const PATIENCE_MS = 30_000
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 2000
/** Messages in a row that a subgraph could not make until clients are told; half a minute of trying. */
const MOST_UNMADE = 18
/** Codes by which a subgraph says that it is not the subscription that is wrong but who asks for it. */
const SPONSOR_CODES: ReadonlySet<unknown> = new Set([
  'TOKEN_EXPIRED',
  'SESSION_ENDED',
  'UNAUTHENTICATED',
  'WRONG_ENVIRONMENT',
])

/** A client's subscription, as its stream sees it. */
export interface LiveMember {
  /** As its socket is signed in now. */
  readonly context: GatewayContext & { account: SignedInAccount }
  /** Why its account may not be told anything any more. */
  refusal(): UserError | undefined
  /** Takes the payload of a message, unless what it was sent before has not left yet. Says whether it did. */
  take(payload: Buffer): boolean
  /** Ends it. */
  end(errors: readonly GraphQLFormattedError[]): void
}

export interface LiveStreamOptions {
  operation: LiveOperation
  /** As they were sent; checked. */
  variables: Readonly<Record<string, unknown>>
  /** Where its clients want to go on. */
  after: string | undefined
  socket: SubgraphSocket
  logger: Logger
  metrics: LiveMetrics
  /** Somebody did not take a message, and was told everything up to `cursor`. No member any more. */
  onSlow(member: LiveMember, cursor: string | undefined): void
  /** It has been sent something. */
  onTold(stream: LiveStream): void
  /** It has no members any more. */
  onEmpty(stream: LiveStream): void
}

interface Pending {
  cursor: string | undefined
  level: string | undefined
  /** Undefined: nothing to send. */
  result: LiveResult | undefined | 'working'
}

export class LiveStream {
  readonly members = new Set<LiveMember>()
  /** Equal ones have been sent the same so far; undefined, nobody knows. */
  level: string | undefined
  /** Everything up to here has been sent. */
  #cursor: string | undefined
  #begun = false
  #pending: Pending[] = []
  /** Counts subscriptions at the subgraph: what comes of an earlier one counts no more. */
  #turn = 0
  /** For whom the subscription was opened, with what authorization. */
  #sponsor: LiveMember | undefined
  #authorization = ''
  #stop: (() => void) | undefined
  #retry: NodeJS.Timeout | undefined
  #retryMs = FIRST_RETRY_MS
  #awaySince: number | undefined
  #overflowed = false
  /** Messages in a row that could not be made. */
  #unmade = 0

  constructor(private readonly options: LiveStreamOptions) {}

  /** Nobody has been sent anything: who comes now misses nothing. */
  get isForming(): boolean {
    return !this.#begun
  }

  get after(): string | undefined {
    return this.options.after
  }

  add(member: LiveMember): void {
    this.members.add(member)
    if (!this.#sponsor) this.#open()
  }

  remove(member: LiveMember): void {
    if (!this.members.delete(member)) return
    if (this.members.size === 0) this.#end()
    else if (this.#sponsor === member) this.#reopen()
  }

  /** Hands all members to a stream that has sent the same, and ends. */
  moveTo(other: LiveStream): void {
    for (const member of this.members) other.members.add(member)
    this.members.clear()
    this.#end()
  }

  #open(): void {
    const { operation, variables, after, socket, metrics } = this.options
    const [sponsor] = this.members
    this.#sponsor = sponsor
    if (!sponsor) return
    const turn = (this.#turn += 1)
    const { authorization = '', requestId, clientAddress } = sponsor.context
    this.#authorization = authorization
    const payload = operation.upstream(variables, this.#cursor ?? after)
    metrics.upstreams.inc()
    const stop = socket.subscribe(
      payload,
      { authorization, requestId, clientAddress },
      {
        next: (answer) => {
          if (turn === this.#turn) this.#received(answer)
        },
        refused: (errors) => {
          if (turn === this.#turn) this.#refused(errors)
        },
        lost: () => {
          if (turn === this.#turn) this.#lost()
        },
      },
    )
    this.#stop = () => {
      metrics.upstreams.dec()
      stop()
    }
  }

  /** Ends what there is at the subgraph; what is being completed is let go. */
  #close(): void {
    this.#turn += 1
    clearTimeout(this.#retry)
    this.#stop?.()
    this.#stop = undefined
    this.#pending = []
    this.#overflowed = false
  }

  /** Goes on from what has been sent, for whoever is the first member now. */
  #reopen(): void {
    this.#close()
    this.#open()
  }

  #end(): void {
    this.#close()
    this.#sponsor = undefined
    this.options.onEmpty(this)
  }

  #received(answer: LiveAnswer): void {
    this.#awaySince = undefined
    this.#retryMs = FIRST_RETRY_MS
    const cursor = this.options.operation.cursorOf(answer)
    if (cursor === undefined) return this.#notMade(answer)
    if (this.#overflowed) return
    if (this.#pending.length >= IN_FLIGHT) {
      this.#overflowed = true
      this.options.metrics.overtaken.inc()
      return
    }
    const { level, greets } = marksOf(answer)
    if (!greets) this.#unmade = 0
    // Of a subscription that was only opened again.
    if (greets && this.#begun) {
      this.#pending.push({ cursor, level, result: undefined })
      this.#flush()
      return
    }
    const pending: Pending = { cursor, level, result: 'working' }
    this.#pending.push(pending)
    void this.#complete(answer, pending, this.#turn)
  }

  /** Asks again for a message that came without its place: the next one would pass over what was in it. */
  #notMade({ errors }: LiveAnswer): void {
    this.#unmade += 1
    if (this.#unmade > MOST_UNMADE) {
      // The subgraph has masked them.
      this.#endAll(
        (errors ?? []).map(({ message, path, extensions }) => ({ message, ...(path ? { path } : {}), extensions })),
      )
      return
    }
    this.#close()
    this.#retry = setTimeout(() => this.#open(), Math.min(FIRST_RETRY_MS * 2 ** this.#unmade, LONGEST_RETRY_MS))
  }

  async #complete(answer: LiveAnswer, pending: Pending, turn: number): Promise<void> {
    const { operation, variables, logger, metrics } = this.options
    const sponsor = this.#sponsor
    if (!sponsor) return
    metrics.completions.inc()
    let result: LiveResult
    try {
      result = await operation.complete(answer, variables, { ...sponsor.context })
    } catch (error) {
      if (turn === this.#turn) this.#endAll(describeErrors([error], sponsor.context.requestId, logger))
      return
    }
    if (turn !== this.#turn) return
    const refusal = result.errors?.find(({ extensions }) => SPONSOR_CODES.has(extensions['code']))
    if (refusal) {
      this.#refused([refusal.toJSON()])
      return
    }
    pending.result = result
    this.#flush()
  }

  /** Sends what is completed, in its order. */
  #flush(): void {
    for (;;) {
      const [first] = this.#pending
      if (!first || first.result === 'working') return
      this.#pending.shift()
      if (first.result) this.#tell(first.result, first.cursor)
      if (this.members.size === 0) return
      if (first.cursor !== undefined) this.#cursor = first.cursor
      this.level = first.level
      this.#begun = true
      if (this.#pending.length === 0 && this.#overflowed) this.#reopen()
      this.options.onTold(this)
    }
  }

  #tell({ data, errors }: LiveResult, cursor: string | undefined): void {
    const { logger, metrics, onSlow } = this.options
    const requestId = this.#sponsor?.context.requestId ?? ''
    const payload = Buffer.from(
      JSON.stringify({
        ...(data === undefined ? {} : { data }),
        ...(errors ? { errors: describeErrors(errors, requestId, logger) } : {}),
      }),
    )
    const before = this.#cursor ?? this.options.after
    let lostSponsor = false
    for (const member of [...this.members]) {
      const refusal = member.refusal()
      if (!refusal && member.take(payload)) {
        metrics.messages.inc()
        continue
      }
      this.members.delete(member)
      lostSponsor ||= member === this.#sponsor
      if (refusal) member.end(describeErrors([refusal], requestId, logger))
      else onSlow(member, before)
    }
    if (this.members.size === 0) return this.#end()
    if (!lostSponsor) return
    this.#cursor = cursor ?? this.#cursor
    this.#reopen()
  }

  /** The subgraph ended it: for whom it was opened, or for all. */
  #refused(errors: readonly GraphQLFormattedError[]): void {
    const sponsor = this.#sponsor
    if (sponsor && errors.some(({ extensions }) => SPONSOR_CODES.has(extensions?.['code']))) {
      // Its token was renewed meanwhile.
      if (sponsor.context.authorization !== this.#authorization && !sponsor.refusal()) return this.#reopen()
      this.members.delete(sponsor)
      sponsor.end(errors)
      if (this.members.size === 0) this.#end()
      else this.#reopen()
      return
    }
    this.#endAll(errors)
  }

  #lost(): void {
    this.#close()
    const now = Date.now()
    this.#awaySince ??= now
    if (now - this.#awaySince > PATIENCE_MS) {
      const away = SubgraphAway({ name: this.options.operation.subgraph })
      this.#endAll(describeErrors([away], '', this.options.logger))
      return
    }
    // Not all at the same moment.
    const wait = this.#retryMs * (0.5 + Math.random() / 2)
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS)
    this.#retry = setTimeout(() => this.#open(), wait)
  }

  #endAll(errors: readonly GraphQLFormattedError[]): void {
    const members = [...this.members]
    this.members.clear()
    this.#end()
    for (const member of members) member.end(errors)
  }
}

/** What a subgraph marks its messages with, for gateways. */
function marksOf({ extensions }: LiveAnswer): { level: string | undefined; greets: boolean } {
  const { level, greets } = (extensions?.['live'] ?? {}) as Record<string, unknown>
  return { level: typeof level === 'string' ? level : undefined, greets: greets === true }
}
