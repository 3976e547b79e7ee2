// Agenda's NotificationChannel over a small table. MySQL has no LISTEN: each process reads the table's tail many times a second.
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  BaseNotificationChannel,
  toJobId,
  type JobNotification,
  type JobStateNotification,
  type NotificationChannelConfig,
} from 'agenda'
import { Database, type ConnectionSource } from './database.js'
import { AgendaMySqlError } from './errors.js'
import { GroupCommit } from './group-commit.js'
import {
  insertNotification,
  lastNotificationId,
  readNotifications,
  sweepNotifications,
  type NotificationRow,
} from './sql/notifications.js'
import { agendaSchema, tablesOf } from './sql/schema.js'

/** Settings of a channel that stands alone; MySqlBackend makes its own with `notifications: true`. */
export interface MySqlNotificationChannelOptions
  extends ConnectionSource, Pick<NotificationChannelConfig, 'channelName'> {
  /** Default: `agenda_`. */
  tablePrefix?: string
  /** Default: `true`. */
  ensureSchema?: boolean
  /** How often another process's notifications are looked for, in milliseconds. Default: 100. */
  pollIntervalMs?: number
}

type Message = { kind: 'job'; notification: JobNotification } | { kind: 'state'; notification: JobStateNotification }

/** A gap in the ids is a transaction under way, or one that was rolled back; nobody waits longer than this for it. */
const GAP_MS = 10_000
/** Enough for every process to have read it, and small enough that the table stays in memory. */
const KEEP_MS = 60_000
const PAGE = 1000

/**
 * Within the process, subscribers hear at once. Other processes hear at their next look. All that is published while a write
 * is under way shares the next row. A notification is a hint: one that is lost costs Agenda a wait for its next scan.
 */
export class MySqlNotificationChannel extends BaseNotificationChannel {
  private readonly database: Database
  private readonly ownsDatabase: boolean
  private readonly table: string
  private readonly tablePrefix: string
  private readonly ensureSchema: boolean
  private readonly pollIntervalMs: number
  private readonly sender = randomBytes(8).toString('hex')
  private readonly outbox: GroupCommit<Message, true>
  private polling: { stopped: boolean; done: Promise<void> } | undefined
  private cursor = 0
  /** Ids below the cursor that were not there yet, with the moment when they were missed. */
  private gaps = new Map<number, number>()

  constructor(
    options:
      | MySqlNotificationChannelOptions
      | (Omit<MySqlNotificationChannelOptions, keyof ConnectionSource> & { database: Database }),
  ) {
    super({ ...(options.channelName !== undefined && { channelName: options.channelName }) })
    this.ownsDatabase = !('database' in options)
    this.database = 'database' in options ? options.database : new Database(options)
    this.tablePrefix = options.tablePrefix ?? 'agenda_'
    this.ensureSchema = options.ensureSchema ?? true
    this.table = tablesOf(this.tablePrefix).notifications
    this.pollIntervalMs = options.pollIntervalMs ?? 100
    this.outbox = new GroupCommit(async (messages) => {
      await insertNotification(this.database.session, this.table, this.toRow(messages, this.sender))
      return messages.map((): true => true)
    })
  }

  async connect(): Promise<void> {
    if (this.polling) return
    this.setState('connecting')
    if (this.ownsDatabase) await this.database.open()
    const { session } = this.database
    if (this.ensureSchema) {
      for (const statement of agendaSchema(this.tablePrefix)) await session.change(statement)
    }
    this.cursor = await lastNotificationId(session, this.table)
    this.gaps.clear()
    const polling = { stopped: false, done: Promise.resolve() }
    polling.done = this.poll(polling)
    this.polling = polling
    this.setState('connected')
  }

  async disconnect(): Promise<void> {
    if (this.polling) {
      this.polling.stopped = true
      const { done } = this.polling
      this.polling = undefined
      await Promise.all([done, this.outbox.idle()])
      if (this.ownsDatabase) await this.database.close()
    }
    this.handlers.clear()
    this.stateHandlers.clear()
    this.setState('disconnected')
  }

  /** @throws AgendaMySqlError CHANNEL_NOT_CONNECTED */
  publish(notification: JobNotification): Promise<void> {
    return this.send({ kind: 'job', notification })
  }

  /** @throws AgendaMySqlError CHANNEL_NOT_CONNECTED */
  publishState(notification: JobStateNotification): Promise<void> {
    return this.send({ kind: 'state', notification })
  }

  /** Deletes what is older than a minute; each connected channel does so from time to time. */
  sweep(): Promise<void> {
    return sweepNotifications(this.database.session, this.table, KEEP_MS)
  }

  private async send(message: Message): Promise<void> {
    if (this._state !== 'connected') throw new AgendaMySqlError('CHANNEL_NOT_CONNECTED')
    const transaction = this.database.callersTransaction
    if (transaction) {
      // Nobody may hear of it before the commit, this process as little as others.
      return insertNotification(transaction, this.table, this.toRow([message], ''))
    }
    this.outbox.submit(message).catch((error: unknown) => this.report(error))
    void this.deliver(message)
  }

  private toRow(messages: Message[], sender: string): Omit<NotificationRow, 'id'> {
    return { channel: this.config.channelName, sender, body: JSON.stringify(messages) }
  }

  private deliver(message: Message): Promise<void> {
    return message.kind === 'job'
      ? this.notifyHandlers(message.notification)
      : this.notifyStateHandlers(message.notification)
  }

  private async poll(polling: { stopped: boolean }): Promise<void> {
    let sweepAt = Date.now() + KEEP_MS / 2
    while (!polling.stopped) {
      try {
        const isMore = await this.readOnce()
        if (!polling.stopped) this.setState('connected')
        if (Date.now() >= sweepAt) {
          await this.sweep()
          // Spread, so that many processes do not sweep at once.
          sweepAt = Date.now() + KEEP_MS / 2 + Math.random() * KEEP_MS
        }
        if (isMore) continue
      } catch (error) {
        if (polling.stopped) return
        this.setState('reconnecting')
        this.report(error)
      }
      await delay(this.pollIntervalMs, undefined, { ref: false })
    }
  }

  /** Delivers what others have sent since; whether there may be more. */
  private async readOnce(): Promise<boolean> {
    const now = Date.now()
    for (const [id, missedAt] of this.gaps) if (now - missedAt > GAP_MS) this.gaps.delete(id)
    const rows = await readNotifications(this.database.session, this.table, this.cursor, [...this.gaps.keys()], PAGE)
    for (const row of rows) {
      const id = Number(row.id)
      // Ids are given at the INSERT and become visible at the COMMIT, so a lower one may come later.
      for (let missed = this.cursor + 1; missed < id && this.gaps.size < PAGE; missed++) this.gaps.set(missed, now)
      this.cursor = Math.max(this.cursor, id)
      this.gaps.delete(id)
      if (row.sender === this.sender || row.channel !== this.config.channelName) continue
      for (const message of JSON.parse(row.body, revive) as Message[]) void this.deliver(message)
    }
    return rows.length === PAGE
  }

  private report(error: unknown): void {
    // An 'error' event that nobody listens to would end the process.
    if (this.listenerCount('error') > 0) this.emit('error', error)
  }
}

const DATES = new Set(['nextRunAt', 'timestamp', 'retryAt', 'lastRunAt', 'lastFinishedAt'])

function revive(key: string, value: unknown): unknown {
  if (key === 'jobId') return toJobId(String(value))
  return DATES.has(key) && typeof value === 'string' ? new Date(value) : value
}
