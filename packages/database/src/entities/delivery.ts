// Table `delivery`: something that leaves the house. Its id is the idempotency key of all its attempts.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'
import type { JsonObject, JsonValue } from './json.js'

@Entity('delivery')
export class Delivery {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ type: 'varchar', length: 32 })
  transport!: string

  /** What has one circuit breaker and one limit of concurrency: `http:` and the host, or the resource's id. */
  @Column({ type: 'varchar', length: 190 })
  destination!: string

  @Column({ name: 'run_id', ...binaryId, nullable: true })
  runId!: string | null

  /** The wait that its answer ends. */
  @Column({ name: 'delayed_event_id', ...binaryId, nullable: true })
  delayedEventId!: string | null

  @Column({ name: 'workflow_id', ...binaryId, nullable: true })
  workflowId!: string | null

  @Column({ name: 'node_id', type: 'varchar', length: 100, nullable: true })
  nodeId!: string | null

  @Column({ name: 'profile_id', ...binaryId, nullable: true })
  profileId!: string | null

  @Column({ type: 'json' })
  request!: JsonObject

  /** Consents that the profile must still have when it is sent. */
  @Column({ name: 'required_consents', type: 'json', nullable: true })
  requiredConsents!: JsonValue | null

  @Column({ type: 'enum', enum: ['queued', 'delivered', 'rejected', 'cancelled'] })
  state!: 'queued' | 'delivered' | 'rejected' | 'cancelled'

  @Column({ type: 'smallint', unsigned: true })
  attempts!: number

  /** Null once it is finished. */
  @Column({ name: 'next_at', type: 'datetime', precision: 3, nullable: true })
  nextAt!: Date | null

  /** From then on a failed attempt is the last one; null until it is claimed for the first time, and once it is finished. */
  @Column({ name: 'give_up_at', type: 'datetime', precision: 3, nullable: true })
  giveUpAt!: Date | null

  @Column({ name: 'lease_owner', type: 'varchar', length: 64, nullable: true })
  leaseOwner!: string | null

  @Column({ name: 'lease_until', type: 'datetime', precision: 3, nullable: true })
  leaseUntil!: Date | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'finished_at', type: 'datetime', precision: 3, nullable: true })
  finishedAt!: Date | null

  /** What the other side answered to the last attempt. */
  @Column({ type: 'json', nullable: true })
  response!: JsonObject | null

  /** Why the last attempt failed. */
  @Column({ type: 'json', nullable: true })
  error!: JsonObject | null
}
