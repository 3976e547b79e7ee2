// Table `event`: what happened; partitioned by the time in its id.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'
import type { JsonObject, JsonValue } from './json.js'

@Entity('event')
export class Event {
  @PrimaryColumn({ ...binaryId })
  id!: string

  /** Canonical at the time of writing; may be an alias until a merge has moved it. */
  @Column({ name: 'profile_id', ...binaryId, nullable: true })
  profileId!: string | null

  @Column({ name: 'original_profile_id', ...binaryId, nullable: true })
  originalProfileId!: string | null

  @Column({ name: 'session_id', ...binaryId, nullable: true })
  sessionId!: string | null

  @Column({ name: 'source_id', type: 'varchar', length: 64 })
  sourceId!: string

  @Column({ type: 'varchar', length: 128 })
  type!: string

  @Column({ name: 'occurred_at', type: 'datetime', precision: 3 })
  occurredAt!: Date

  @Column({ type: 'boolean' })
  valid!: boolean

  @Column({ type: 'json' })
  properties!: JsonObject

  @Column({ type: 'json', nullable: true })
  data!: JsonObject | null

  @Column({ type: 'json' })
  context!: JsonObject

  @Column({ type: 'json', nullable: true })
  tags!: string[] | null

  @Column({ type: 'json', nullable: true })
  problems!: JsonValue | null

  @Column({ name: 'number_1', type: 'double', nullable: true })
  number1!: number | null

  @Column({ name: 'number_2', type: 'double', nullable: true })
  number2!: number | null

  @Column({ name: 'number_3', type: 'double', nullable: true })
  number3!: number | null

  @Column({ name: 'text_1', type: 'varchar', length: 120, nullable: true })
  text1!: string | null

  @Column({ name: 'text_2', type: 'varchar', length: 120, nullable: true })
  text2!: string | null
}
