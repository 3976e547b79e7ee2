// Table `session`: a stay on a site or in an app.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'
import type { JsonObject } from './json.js'

@Entity('session')
export class Session {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ name: 'profile_id', ...binaryId, nullable: true })
  profileId!: string | null

  @Column({ name: 'original_profile_id', ...binaryId, nullable: true })
  originalProfileId!: string | null

  @Column({ name: 'source_id', type: 'varchar', length: 64 })
  sourceId!: string

  @Column({ name: 'started_at', type: 'datetime', precision: 3 })
  startedAt!: Date

  @Column({ name: 'last_event_at', type: 'datetime', precision: 3 })
  lastEventAt!: Date

  @Column({ type: 'int', unsigned: true })
  events!: number

  @Column({ name: 'device_type', type: 'varchar', length: 32, nullable: true })
  deviceType!: string | null

  @Column({ name: 'device_model', type: 'varchar', length: 120, nullable: true })
  deviceModel!: string | null

  @Column({ name: 'os_name', type: 'varchar', length: 64, nullable: true })
  osName!: string | null

  @Column({ name: 'os_version', type: 'varchar', length: 32, nullable: true })
  osVersion!: string | null

  @Column({ name: 'browser_name', type: 'varchar', length: 64, nullable: true })
  browserName!: string | null

  @Column({ name: 'browser_version', type: 'varchar', length: 32, nullable: true })
  browserVersion!: string | null

  @Column({ type: 'varchar', length: 35, nullable: true })
  locale!: string | null

  @Column({ type: 'varchar', length: 64, nullable: true })
  timezone!: string | null

  @Column({ type: 'json' })
  context!: JsonObject
}
