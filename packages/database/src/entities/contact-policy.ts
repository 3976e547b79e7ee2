// Table `contact_policy`: when and how often people may be written to by a channel, over all workflows.
import { Column, Entity, PrimaryColumn } from 'typeorm'

@Entity('contact_policy')
export class ContactPolicy {
  /** `mail` and such. */
  @PrimaryColumn({ type: 'varchar', length: 32 })
  channel!: string

  /** `HH:MM:SS` in the profile's time zone; null with `quietUntil`: no quiet hours. */
  @Column({ name: 'quiet_from', type: 'time', nullable: true })
  quietFrom!: string | null

  @Column({ name: 'quiet_until', type: 'time', nullable: true })
  quietUntil!: string | null

  /** Of profiles whose own is not known. */
  @Column({ name: 'time_zone', type: 'varchar', length: 64 })
  timeZone!: string

  /** All of them hold. */
  @Column({ type: 'json' })
  caps!: { most: number; seconds: number }[]

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  @Column({ type: 'int', unsigned: true })
  version!: number
}
