// Table `profile_identity`: a value by which a person is known.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('profile_identity')
export class ProfileIdentity {
  @PrimaryColumn({ type: 'varchar', length: 32 })
  kind!: string

  /** SHA-256 of the normalized value. */
  @PrimaryColumn({ name: 'value_hash', type: 'binary', length: 32 })
  valueHash!: Buffer

  @Column({ type: 'varchar', length: 255 })
  value!: string

  @Column({ name: 'profile_id', ...binaryId })
  profileId!: string

  @Column({ name: 'original_profile_id', ...binaryId })
  originalProfileId!: string

  @Column({ name: 'source_id', type: 'varchar', length: 64 })
  sourceId!: string

  @Column({ name: 'first_seen_at', type: 'datetime', precision: 3 })
  firstSeenAt!: Date

  @Column({ name: 'claimed_at', type: 'datetime', precision: 3 })
  claimedAt!: Date

  @Column({ type: 'int', unsigned: true })
  joins!: number
}
