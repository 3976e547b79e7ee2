// Table `delayed_event`: one wait of one run, or something that is to be done for it.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'
import type { JsonObject } from './json.js'

/** What a delayed event is about. `start` begins a run, `retry` repeats a failed one; the others are what a run waits for. */
export const DELAYED_EVENT_KINDS = ['time', 'event', 'segment', 'delivery', 'run', 'slot', 'start', 'retry'] as const
export type DelayedEventKind = (typeof DELAYED_EVENT_KINDS)[number]

@Entity('delayed_event')
export class DelayedEvent {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ name: 'run_id', ...binaryId })
  runId!: string

  @Column({ name: 'workflow_id', ...binaryId })
  workflowId!: string

  @Column({ name: 'node_id', type: 'varchar', length: 100 })
  nodeId!: string

  @Column({ type: 'enum', enum: DELAYED_EVENT_KINDS })
  kind!: DelayedEventKind

  /** Null while only something else than time can end the wait, and when it is dead. */
  @Column({ name: 'due_at', type: 'datetime', precision: 3, nullable: true })
  dueAt!: Date | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  /** What ended the wait, put there with `dueAt` = now by who ended it; null: its time came. */
  @Column({ type: 'json', nullable: true })
  outcome!: JsonObject | null

  @Column({ type: 'tinyint', unsigned: true })
  attempts!: number

  /** Of the last attempt. */
  @Column({ type: 'json', nullable: true })
  error!: JsonObject | null

  /** Given up after too many attempts; stays until somebody decides. */
  @Column({ type: 'boolean' })
  dead!: boolean
}
