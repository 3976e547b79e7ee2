// Table `event_schema`: the JSON Schema that events of a type from a source must follow.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { JsonObject } from './json.js'

@Entity('event_schema')
export class EventSchema {
  @PrimaryColumn({ name: 'event_type_id', type: 'varchar', length: 128 })
  eventTypeId!: string

  /** '' stands for every source. */
  @PrimaryColumn({ name: 'source_id', type: 'varchar', length: 64 })
  sourceId!: string

  @Column({ type: 'json' })
  schema!: JsonObject

  @Column({ name: 'on_invalid', type: 'enum', enum: ['flag', 'refuse'] })
  onInvalid!: 'flag' | 'refuse'

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date
}
