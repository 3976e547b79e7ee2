// Table `audit_entry`: who changed what, when and from where. Written once, never changed.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'
import type { JsonObject } from './json.js'

@Entity('audit_entry')
export class AuditEntry {
  /** UUIDv7 of `at`. */
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ type: 'datetime', precision: 3 })
  at!: Date

  /** null: nobody was signed in. */
  @Column({ name: 'account_id', ...binaryId, nullable: true })
  accountId!: string | null

  /** As it was then. */
  @Column({ name: 'account_email', type: 'varchar', length: 190, nullable: true })
  accountEmail!: string | null

  /** The API key that the account's request came with; null: a person's sign-in. */
  @Column({ name: 'api_key_id', ...binaryId, nullable: true })
  apiKeyId!: string | null

  /** `<subject>.<verb>`, as `segment.update`. */
  @Column({ type: 'varchar', length: 64 })
  action!: string

  /** Name of the subject's GraphQL type. */
  @Column({ name: 'subject_type', type: 'varchar', length: 64 })
  subjectType!: string

  @Column({ name: 'subject_id', type: 'varchar', length: 200 })
  subjectId!: string

  /** What changed, as it was; null: it is new, or nothing is told. */
  @Column({ name: 'before_values', type: 'json', nullable: true })
  before!: JsonObject | null

  /** What changed, as it became; null: it is gone, or nothing is told. */
  @Column({ name: 'after_values', type: 'json', nullable: true })
  after!: JsonObject | null

  /** Whether `before` and `after` may hold personal data. */
  @Column({ type: 'boolean' })
  personal!: boolean

  /** Of the client, as the gateway saw it. */
  @Column({ type: 'varchar', length: 45 })
  address!: string

  @Column({ name: 'user_agent', type: 'varchar', length: 255, nullable: true })
  userAgent!: string | null

  @Column({ name: 'request_id', type: 'varchar', length: 64 })
  requestId!: string
}
