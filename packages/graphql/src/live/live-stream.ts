// All who watch the same with the same rights: each message is made once, and sent to all of them. Who is slow, new or comes again has a lane of its own for a while.
import type { ExecutionResult } from 'graphql'
import { randomUUID } from 'node:crypto'
import type { FeedPosition } from './feed-position.js'
import type { FeedEntry } from './feed-tail.js'
import type { Collector, LiveRoot, LiveTopic } from './live-topic.js'
import type { Subscriber } from './subscriber.js'

/** A place grows too old to come back to when nothing happens; a message without news carries a younger one. The feed keeps fifteen minutes. */
const QUIET_MS = 5 * 60_000

/**
 * For gateways, in the `extensions` of a message. `level`: equal ones were sent the same so far, so one of them is enough to go on with. `greets`: it is the first
 * one of a subscription and has no news.
 */
interface LiveMarks {
  level?: string
  greets?: true
}

/** Makes a message. Resolves in any case. */
export type MakeMessage = (root: LiveRoot<object>) => Promise<ExecutionResult>

/** Those who have been sent the same so far. */
interface Lane {
  collector: Collector<object>
  members: Set<Subscriber>
  /** They have been sent nothing yet: the first message comes whether there is news or not. */
  isNew: boolean
  missed: boolean
  /** What they had before they came; rows of it are not news to them. */
  from?: FeedPosition
  /** What lies between that and now is being read; aborted when nobody waits for it any more. */
  catchingUp?: AbortController | undefined
}

export class LiveStream {
  /** Those who keep up. */
  #main: Lane
  /** New ones, those who come again, and slow ones. */
  readonly #aside = new Set<Lane>()
  readonly #arrivals = new Map<string, Lane>()
  #inFlight = 0
  readonly #id = randomUUID()
  /** Messages to those who keep up. */
  #count = 0
  #lastMessageAt = Date.now()

  constructor(
    private readonly topic: LiveTopic,
    private readonly make: MakeMessage,
  ) {
    this.#main = this.#lane()
  }

  get isEmpty(): boolean {
    return this.#main.members.size === 0 && this.#aside.size === 0
  }

  /** Who comes with the same place at the same time is served together. Returns the lane that has to catch up, if this one is the first in it. */
  add(subscriber: Subscriber, after: string | undefined, from: FeedPosition | undefined): CatchingUp | undefined {
    const key = after ?? ''
    let lane = this.#arrivals.get(key)
    const isFirst = !lane
    if (!lane) {
      lane = { ...this.#lane(), isNew: true, ...(from ? { from, catchingUp: new AbortController() } : {}) }
      this.#arrivals.set(key, lane)
      this.#aside.add(lane)
    }
    lane.members.add(subscriber)
    const signal = lane.catchingUp?.signal
    if (!isFirst || !signal) return undefined
    const catching = lane
    return {
      signal,
      take: ({ changes }) => catching.collector.add(changes),
      done: (isWhole) => {
        catching.missed = !isWhole
        catching.catchingUp = undefined
        // What they had says nothing any more of what they lack.
        if (!isWhole) delete catching.from
      },
    }
  }

  remove(subscriber: Subscriber): void {
    this.#main.members.delete(subscriber)
    for (const lane of this.#aside) {
      lane.members.delete(subscriber)
      if (lane.members.size === 0) this.#drop(lane)
    }
  }

  /** New rows of the feed. */
  take(entries: readonly FeedEntry[]): void {
    for (const { seq, changes } of entries) {
      this.#main.collector.add(changes)
      for (const lane of this.#aside) if (!lane.from?.covers(seq)) lane.collector.add(changes)
    }
  }

  /** Sends what there is to send. `position`: all rows up to there were taken. */
  tick(position: FeedPosition, now = Date.now()): void {
    if (this.#inFlight > 0) return
    const { cursor } = position
    // Whoever is new does not wait for the pace of the others.
    for (const lane of this.#aside) if (lane.isNew) this.#serve(lane, position, cursor)
    if (now - this.#lastMessageAt < (this.topic.everyMs ?? 0)) return
    const before = [...this.#aside]
    if (!this.#main.collector.isEmpty || now - this.#lastMessageAt > QUIET_MS) {
      this.#lastMessageAt = now
      this.#serveMain(cursor)
    }
    for (const lane of before) this.#serve(lane, position, cursor)
  }

  #serveMain(cursor: string): void {
    const { collector, members } = this.#main
    this.#main = this.#lane()
    const slow = this.#lane()
    slow.collector = collector
    for (const member of members) (member.isWaiting ? this.#main : slow).members.add(member)
    if (slow.members.size > 0) this.#aside.add(slow)
    this.#count += 1
    this.#send([...this.#main.members], collector, { cursor, missed: false }, { level: this.#level })
  }

  /** Serves those of a lane who wait. They have then been sent everything, and join the others where those have, too. */
  #serve(lane: Lane, position: FeedPosition, cursor: string): void {
    if (lane.catchingUp || !this.#aside.has(lane)) return
    const ready = [...lane.members].filter(({ isWaiting }) => isWaiting)
    if (ready.length === 0) return
    const place = lane.from && lane.from.max > position.max ? lane.from.cursor : cursor
    const isLevel = this.#main.collector.isEmpty && (!lane.from || lane.from.max <= position.max)
    if (lane.isNew || !lane.collector.isEmpty) {
      const greets = lane.isNew && lane.collector.isEmpty && !lane.missed
      const marks: LiveMarks = { ...(isLevel ? { level: this.#level } : {}), ...(greets ? { greets } : {}) }
      this.#send(ready, lane.collector, { cursor: place, missed: lane.missed }, marks)
    }
    for (const member of ready) lane.members.delete(member)
    if (lane.members.size === 0) this.#drop(lane)
    if (isLevel) {
      for (const member of ready) this.#main.members.add(member)
      return
    }
    const next = { ...this.#lane(), members: new Set(ready), ...(lane.from ? { from: lane.from } : {}) }
    this.#aside.add(next)
  }

  #send(
    receivers: readonly Subscriber[],
    collector: Collector<object>,
    place: { cursor: string; missed: boolean },
    marks: LiveMarks,
  ): void {
    if (receivers.length === 0) return
    this.#inFlight += 1
    void this.make({ ...collector.payload(), ...place }).then((message) => {
      this.#inFlight -= 1
      const marked = { ...message, extensions: { live: marks } }
      for (const receiver of receivers) receiver.send(marked)
    })
  }

  get #level(): string {
    return `${this.#id}:${this.#count}`
  }

  #lane(): Lane {
    return {
      collector: this.topic.collect(),
      members: new Set(),
      isNew: false,
      missed: false,
    }
  }

  #drop(lane: Lane): void {
    this.#aside.delete(lane)
    lane.catchingUp?.abort()
    for (const [key, arrival] of this.#arrivals) if (arrival === lane) this.#arrivals.delete(key)
  }
}

/** A lane that what it has not seen is read for. */
export interface CatchingUp {
  signal: AbortSignal
  take: (entry: FeedEntry) => void
  /** Whether all of it was there. */
  done: (isWhole: boolean) => void
}
