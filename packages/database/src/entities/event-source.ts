// Table `event_source`: where events come from.
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity('event_source')
export class EventSource {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  id!: string

  @Column({ type: 'varchar', length: 120 })
  name!: string

  @Column({ type: 'varchar', length: 1000 })
  description!: string

  /** The protocol it may use; another is refused. */
  @Column({ type: 'enum', enum: ['tracker', 'segment', 'webhook', 'pixel', 'bridge'] })
  channel!: 'tracker' | 'segment' | 'webhook' | 'pixel' | 'bridge'

  @Column({ type: 'boolean' })
  enabled!: boolean

  /** Server-side: its profile ids and identities are believed. */
  @Column({ type: 'boolean' })
  trusted!: boolean

  /** SHA-256 of the Segment write key. */
  @Column({ name: 'write_key_hash', type: 'binary', length: 32, nullable: true, select: false })
  writeKeyHash!: Buffer | null

  /** Allowed browser origins; empty: any. */
  @Column({ type: 'json' })
  origins!: string[]

  /** Waits for the workflows and answers what they say. */
  @Column({ type: 'boolean' })
  synchronous!: boolean

  /** How long a synchronous answer is waited for. */
  @Column({ name: 'answer_within_ms', type: 'int', unsigned: true })
  answerWithinMs!: number

  /** Whether the tracker option `debugger` is honoured. */
  @Column({ type: 'boolean' })
  debuggable!: boolean

  /** Rate limit; null: the collector’s own. */
  @Column({ name: 'events_per_second', type: 'int', unsigned: true, nullable: true })
  eventsPerSecond!: number | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  /** Raised by each change: a stale save is refused. */
  @Column({ type: 'int', unsigned: true })
  version!: number
}
