// Table `activity`: the order of what happened to a profile.
import { Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('activity')
export class Activity {
  @PrimaryColumn({ name: 'profile_id', ...binaryId })
  profileId!: string

  @PrimaryColumn({ type: 'datetime', precision: 3 })
  at!: Date

  @PrimaryColumn({ type: 'enum', enum: ['event', 'run'] })
  kind!: 'event' | 'run'

  /** An event's or a run's id. */
  @PrimaryColumn({ ...binaryId })
  ref!: string
}
