// Table `invitation`: who may make an account, and which one.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('invitation')
export class Invitation {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ type: 'varchar', length: 190 })
  email!: string

  @Column({ type: 'varchar', length: 160 })
  name!: string

  @Column({ type: 'enum', enum: ['admin', 'developer', 'marketer', 'viewer'] })
  role!: 'admin' | 'developer' | 'marketer' | 'viewer'

  @Column({ name: 'personal_data', type: 'boolean' })
  personalData!: boolean

  /** SHA-256 of the token. */
  @Column({ name: 'token_hash', type: 'binary', length: 32, select: false })
  tokenHash!: Buffer

  @Column({ name: 'created_by', ...binaryId })
  createdBy!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'expires_at', type: 'datetime', precision: 3 })
  expiresAt!: Date
}
