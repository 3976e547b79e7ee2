// Table `profile`: a person.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'
import type { JsonObject } from './json.js'

@Entity('profile')
export class Profile {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  @Column({ name: 'first_seen_at', type: 'datetime', precision: 3 })
  firstSeenAt!: Date

  @Column({ name: 'last_seen_at', type: 'datetime', precision: 3 })
  lastSeenAt!: Date

  @Column({ type: 'bigint', unsigned: true })
  version!: string

  @Column({ type: 'boolean' })
  identified!: boolean

  @Column({ name: 'display_name', type: 'varchar', length: 190, nullable: true })
  displayName!: string | null

  @Column({ type: 'varchar', length: 190, nullable: true })
  email!: string | null

  @Column({ type: 'varchar', length: 32, nullable: true })
  phone!: string | null

  /** {data, traits, interests, consents, counters, aux} */
  @Column({ type: 'json' })
  document!: JsonObject

  /** When each field of the document was written. */
  @Column({ type: 'json' })
  stamps!: JsonObject
}
