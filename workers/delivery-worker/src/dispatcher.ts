// Looks for deliveries that are due, claims as many as their destinations may get, and hands them to the sender.
import { setTimeout as pause } from 'node:timers/promises'
import type { SecretBox } from '@segue/secrets'
import type { Logger } from '@segue/service'
import type { Pool } from 'mysql2/promise'
import type { Held } from './held.js'
import { judge, type Verdict } from './judge.js'
import { failedResult, givenUp, type Sender } from './sender.js'
import {
  claim,
  putOff,
  renew,
  selectDue,
  selectDueDestinations,
  selectDueOf,
  type ClaimedDelivery,
  type DueDelivery,
} from './sql/claim.js'
import type { Timings } from './timings.js'

/** Rows that one look at the queue sees. */
const HEAD = 500
/** Rows that are put off at once: some milliseconds of locks. */
const PUT_OFF = 2000
/** Between two looks past a head that is full of what cannot be sent. */
const PAST_HEAD_MS = 250
/** How long rows of a destination that is being tried are put off. */
const PROBING_MS = 1000
/** Pauses after a failed turn, growing to the last while the database is away. */
const RETRY_MS = [50, 200, 1000, 2000]
/** Ids a statement. */
const RENEWED_AT_ONCE = 500

export interface DispatcherOptions {
  pool: Pool
  sender: Sender
  secrets: SecretBox | null
  timings: Timings
  /** Most deliveries held at once. */
  concurrency: number
  giveUpMs: number
  /** Of this process. */
  worker: string
  log: Logger
}

export class Dispatcher {
  readonly #stopping = new AbortController()
  #running: Promise<unknown> = Promise.resolve()
  #claims = 0
  #pastHeadAt = -Infinity
  #wake: (() => void) | undefined
  /** Set while the database cannot work, for readiness. */
  outage: string | undefined

  constructor(private readonly options: DispatcherOptions) {}

  start(): void {
    this.#running = Promise.all([this.#run(), this.#renewals()])
  }

  /** Something ended: there may be room. */
  wake(): void {
    this.#wake?.()
  }

  /** Claims nothing any more. */
  async stopClaiming(): Promise<void> {
    this.#stopping.abort()
    this.#wake?.()
    await this.#running
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      try {
        const claimed = await this.#turn()
        failures = 0
        this.outage = undefined
        if (claimed === 0) await this.#idle()
      } catch (error) {
        this.outage = error instanceof Error ? error.message : String(error)
        if (failures % 10 === 0) this.options.log.warn({ err: error }, 'No deliveries can be claimed now; trying again')
        await this.#pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 0)
      }
    }
  }

  /** One look at the queue; returns how many were claimed. */
  async #turn(): Promise<number> {
    const { pool, sender, concurrency, giveUpMs } = this.options
    const room = concurrency - sender.held.size
    if (room <= 0) return 0
    const head = await selectDue(pool, HEAD)
    const chosen = new Choice(sender, room)
    for (const due of head) chosen.add(due)
    if (head.length === HEAD && chosen.ids.length < room) await this.#lookPastHead(chosen)
    const held = chosen.ids.length > 0 ? await this.#claim(chosen.ids) : []
    await this.#dispatch(held)
    // After the claim: it would move the one that is to try the destination.
    await putOff(pool, chosen.toPutOff, { giveUpMs, limit: PUT_OFF })
    return held.length
  }

  /** The head is full of what cannot be sent now: others must not wait for it. */
  async #lookPastHead(chosen: Choice): Promise<void> {
    const now = performance.now()
    if (now - this.#pastHeadAt < PAST_HEAD_MS) return
    this.#pastHeadAt = now
    const { pool } = this.options
    const wanted = (await selectDueDestinations(pool)).flatMap((destination) => {
      const limit = chosen.roomOf(destination)
      return limit > 0 ? [{ destination, limit }] : []
    })
    for (const due of await selectDueOf(pool, wanted.slice(0, HEAD))) chosen.add(due)
  }

  async #claim(ids: Buffer[]): Promise<Held[]> {
    const { pool, timings, giveUpMs, worker, sender } = this.options
    const owner = `${worker}:${(this.#claims++).toString(36)}`
    const now = performance.now()
    const connection = await pool.getConnection()
    let rows: ClaimedDelivery[]
    try {
      await connection.beginTransaction()
      rows = await claim(connection, ids, { owner, leaseMs: timings.leaseMs, giveUpMs })
      await connection.commit()
      connection.release()
    } catch (error) {
      connection.destroy()
      throw error
    }
    const held = rows.map((row): Held => ({
      ...row,
      owner,
      leaseEndsAt: now + timings.leaseMs,
      giveUpAt: now + row.giveUpInMs,
      resource: null,
    }))
    for (const one of held) sender.held.add(one)
    return held
  }

  async #dispatch(batch: Held[]): Promise<void> {
    const { pool, sender, secrets } = this.options
    if (batch.length === 0) return
    if (this.#stopping.signal.aborted) {
      for (const held of batch) sender.finish(held, { kind: 'released', inMs: 0 })
      return
    }
    try {
      const verdicts = await judge(pool, secrets, batch)
      for (const [at, held] of batch.entries()) this.#hand(held, verdicts[at])
    } catch (error) {
      for (const held of batch) sender.finish(held, { kind: 'released', inMs: RETRY_MS[2] ?? 0 })
      throw error
    }
  }

  #hand(held: Held, verdict: Verdict | undefined): void {
    const { sender, timings } = this.options
    if (!verdict) return
    if (verdict.kind === 'send') {
      held.resource = verdict.resource
      if (held.expired && sender.destination(held.destination).breaker.isOpen)
        sender.finish(held, { kind: 'rejected', reason: givenUp(lastReason(held)), response: null, attempted: false })
      else sender.send(held)
      return
    }
    const reason = { code: verdict.code, message: verdict.message }
    if (verdict.kind === 'cancelled') sender.finish(held, { kind: 'cancelled', reason })
    else sender.finish(held, failedResult(held, { reason, response: null, after: null }, performance.now(), timings))
  }

  /** An end waits for less than what a renewed lease has left. */
  async #renewals(): Promise<void> {
    const { pool, sender, timings, log } = this.options
    while (!this.#stopping.signal.aborted) {
      await this.#pause(timings.leaseMs / 3)
      const now = performance.now()
      const mine = [...sender.held].filter(({ leaseEndsAt }) => leaseEndsAt > now)
      for (let from = 0; from < mine.length; from += RENEWED_AT_ONCE) {
        const part = mine.slice(from, from + RENEWED_AT_ONCE)
        try {
          await renew(pool, part, timings.leaseMs)
          for (const held of part) held.leaseEndsAt = now + timings.leaseMs
        } catch (error) {
          log.warn({ err: error }, 'Leases were not renewed')
        }
      }
    }
  }

  /** Until it is time to look again: something may have been queued, or there is room. */
  async #idle(): Promise<void> {
    if (this.#stopping.signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.options.timings.idleMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
  }
}

/** What of the due deliveries is claimed, and what is put off. */
class Choice {
  readonly ids: Buffer[] = []
  readonly #seen = new Set<string>()
  readonly #taken = new Map<string, number>()
  readonly #off = new Map<string, number>()
  readonly #now = performance.now()

  constructor(
    private readonly sender: Sender,
    private readonly most: number,
  ) {}

  add({ id, destination, expired }: DueDelivery): void {
    const key = id.toString('hex')
    if (this.#seen.has(key) || this.ids.length >= this.most) return
    this.#seen.add(key)
    const { breaker } = this.sender.destination(destination)
    // Beyond its time and its destination away: claimed to be given up.
    if (this.roomOf(destination) > 0 || (expired && breaker.isOpen)) {
      this.ids.push(id)
      this.#taken.set(destination, (this.#taken.get(destination) ?? 0) + 1)
    } else if (breaker.isOpen) this.#off.set(destination, Math.max(breaker.untilProbe(this.#now), PROBING_MS))
  }

  roomOf(destination: string): number {
    return this.sender.destination(destination).room(this.#now) - (this.#taken.get(destination) ?? 0)
  }

  get toPutOff(): { destination: string; ms: number }[] {
    return [...this.#off].map(([destination, ms]) => ({ destination, ms }))
  }
}

function lastReason({ error, destination }: Held): { code: string; message: string } {
  const { code, message } = error ?? {}
  return typeof code === 'string' && typeof message === 'string'
    ? { code, message }
    : { code: 'DESTINATION_AWAY', message: `${destination} did not work all this time.` }
}
