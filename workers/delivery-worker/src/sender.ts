// Makes attempts, as many to each destination as it may get, and decides what follows from how they went.
import { setMaxListeners } from 'node:events'
import { concurrencyOf, type Outcome, type Transport } from '@segue/outgoing'
import { toId } from '@segue/database'
import type { Logger } from '@segue/service'
import { Destination } from './destination.js'
import type { Finisher } from './finisher.js'
import type { Held, Result } from './held.js'
import type { DeliveryMetrics } from './metrics.js'
import { backOffMs, type Timings } from './timings.js'

/** Destinations of which nothing is to be remembered are forgotten when there are so many. */
const MOST_REMEMBERED = 10_000

export interface SenderOptions {
  transports: ReadonlyMap<string, Transport>
  finisher: Finisher
  metrics: DeliveryMetrics
  timings: Timings
  /** Most deliveries held at once. */
  concurrency: number
  log: Logger
  /** Called when there is room again. */
  onRoom: () => void
}

export class Sender {
  /** All that this worker holds, until it is written what became of it. */
  readonly held = new Set<Held>()
  readonly #destinations = new Map<string, Destination<Held>>()
  readonly #aborting = new AbortController()
  #underWay = 0
  #onIdle: (() => void) | undefined
  #ending = false

  constructor(private readonly options: SenderOptions) {
    // One listener for each delivery under way.
    setMaxListeners(0, this.#aborting.signal)
  }

  destination(name: string): Destination<Held> {
    let found = this.#destinations.get(name)
    if (!found) {
      if (this.#destinations.size >= MOST_REMEMBERED) this.#forget()
      found = new Destination(this.options.timings)
      this.#destinations.set(name, found)
    }
    return found
  }

  get openBreakers(): number {
    return [...this.#destinations.values()].filter(({ breaker }) => breaker.isOpen).length
  }

  get underWay(): number {
    return this.#underWay
  }

  /** Takes a delivery that may leave. */
  send(held: Held): void {
    const destination = this.destination(held.destination)
    if (held.resource) destination.limit = concurrencyOf(held.resource.settings)
    destination.waiting.push(held)
    this.#start(destination)
  }

  /** Writes what became of a delivery; until then it counts as held. */
  finish(held: Held, result: Result): void {
    this.options.finisher.finish(held, result).then(
      (written) => {
        const wasFull = this.held.size >= this.options.concurrency
        this.held.delete(held)
        if (written) this.options.metrics.finished(held.transport, result)
        if (wasFull) this.options.onRoom()
      },
      (error: unknown) => this.options.log.error({ err: error }, 'What became of a delivery was not written'),
    )
  }

  /** Gives back what has not left yet, waits for what is under way, and aborts it when that takes too long. */
  async close(): Promise<void> {
    this.#ending = true
    for (const destination of this.#destinations.values()) {
      for (const held of destination.waiting.splice(0)) this.finish(held, { kind: 'released', inMs: 0 })
    }
    const timer = setTimeout(() => this.#aborting.abort(), this.options.timings.graceMs)
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    clearTimeout(timer)
  }

  #start(destination: Destination<Held>): void {
    while (!this.#ending && destination.mayStart(performance.now())) {
      const held = destination.waiting.shift()
      if (held) void this.#attempt(held, destination)
    }
    if (destination.breaker.isOpen) this.#giveBack(destination)
  }

  /** Nothing waits here for a destination that does not work. */
  #giveBack(destination: Destination<Held>): void {
    const inMs = destination.breaker.untilProbe(performance.now())
    for (const held of destination.waiting.splice(0)) this.finish(held, { kind: 'released', inMs })
  }

  async #attempt(held: Held, destination: Destination<Held>): Promise<void> {
    const startedAt = performance.now()
    // The process was frozen, or the database away for long: whoever has it now sends it.
    if (startedAt >= held.leaseEndsAt) {
      this.held.delete(held)
      return
    }
    destination.underWay++
    this.#underWay++
    const outcome = await this.#send(held)
    const now = performance.now()
    destination.done(now)
    this.#underWay--
    this.options.metrics.attempted(held.transport, (now - startedAt) / 1000)
    if (this.#aborting.signal.aborted && outcome.kind === 'retry') this.finish(held, { kind: 'released', inMs: 0 })
    else {
      if (outcome.kind !== 'retry' || !outcome.unreachable) destination.breaker.succeeded()
      else destination.breaker.failed(startedAt, now)
      this.finish(held, this.#resultOf(held, outcome, now))
    }
    this.#start(destination)
    if (this.#underWay === 0) this.#onIdle?.()
    if (destination.room(now) > 0) this.options.onRoom()
  }

  async #send(held: Held): Promise<Outcome> {
    const transport = this.options.transports.get(held.transport)
    if (!transport) {
      const reason = {
        code: 'UNKNOWN_TRANSPORT',
        message: `This worker knows no transport ${held.transport}. Update it and send again.`,
      }
      return { kind: 'rejected', reason, response: null }
    }
    try {
      return await transport.send(held.request, held.resource, {
        idempotencyKey: toId(held.id),
        signal: this.#aborting.signal,
      })
    } catch (error) {
      this.options.log.error({ err: error, delivery: toId(held.id) }, 'A transport broke')
      const reason = { code: 'TRANSPORT_BROKE', message: 'Sending failed inside Segue; its log says why.' }
      return { kind: 'retry', reason, after: null, unreachable: false, response: null }
    }
  }

  #resultOf(held: Held, outcome: Outcome, now: number): Result {
    if (outcome.kind === 'delivered') return outcome
    if (outcome.kind === 'rejected') return { ...outcome, attempted: true }
    const { reason, response, after } = outcome
    return failedResult(held, { reason, response, after }, now, this.options.timings)
  }

  #forget(): void {
    for (const [name, destination] of this.#destinations) if (destination.isIdle) this.#destinations.delete(name)
  }
}

/** A failure that may pass: tried again later, unless its time is over. */
export function failedResult(
  held: Held,
  { reason, response, after }: Pick<Extract<Outcome, { kind: 'retry' }>, 'reason' | 'response' | 'after'>,
  now: number,
  timings: Timings,
): Result {
  if (now >= held.giveUpAt) return { kind: 'rejected', reason: givenUp(reason), response, attempted: true }
  const backOff = backOffMs(held.attempts, timings)
  // Not all of those that were told the same time come back at once.
  const inMs = after === null ? backOff : after + Math.random() * timings.backOffBaseMs
  return { kind: 'failed', reason, response, inMs }
}

/** The reason stays the one of the last attempt: it is what somebody has to mend. */
export function givenUp({ code, message }: { code: string; message: string }): { code: string; message: string } {
  return { code, message: `Given up after the longest time. ${message}` }
}
