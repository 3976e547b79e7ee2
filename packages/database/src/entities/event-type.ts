// Table `event_type`: what is known of an event type (shapes: @segue/event-model).
import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { JsonObject } from './json.js'

@Entity('event_type')
export class EventType {
  @PrimaryColumn({ type: 'varchar', length: 128 })
  id!: string

  @Column({ type: 'varchar', length: 160 })
  name!: string

  @Column({ name: 'group_name', type: 'varchar', length: 64 })
  group!: string

  @Column({ type: 'varchar', length: 1000 })
  description!: string

  @Column({ type: 'json' })
  tags!: string[]

  @Column({ name: 'journey_stage', type: 'varchar', length: 64, nullable: true })
  journeyStage!: string | null

  @Column({ type: 'json' })
  sample!: JsonObject

  @Column({ name: 'event_mappings', type: 'json' })
  eventMappings!: JsonObject[]

  @Column({ name: 'profile_mappings', type: 'json' })
  profileMappings!: JsonObject[]

  @Column({ type: 'json' })
  identities!: JsonObject[]

  @Column({ type: 'json' })
  slots!: JsonObject

  @Column({ name: 'built_in', type: 'boolean' })
  builtIn!: boolean

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  /** Raised by each change: a stale save is refused. */
  @Column({ type: 'int', unsigned: true })
  version!: number
}
