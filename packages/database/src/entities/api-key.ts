// Table `api_key`: how a machine signs in as an account, with no more rights than the key names.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('api_key')
export class ApiKey {
  @PrimaryColumn({ ...binaryId })
  id!: string

  /** Whom it speaks for. */
  @Column({ name: 'account_id', ...binaryId })
  accountId!: string

  @Column({ type: 'varchar', length: 160 })
  name!: string

  /** SHA-256 of its secret part. */
  @Column({ name: 'secret_hash', type: 'binary', length: 32, select: false })
  secretHash!: Buffer

  /** Names of rights. */
  @Column({ type: 'json' })
  scopes!: string[]

  @Column({ name: 'created_by', ...binaryId })
  createdBy!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'expires_at', type: 'datetime', precision: 3 })
  expiresAt!: Date

  /** Written at most once a minute. */
  @Column({ name: 'last_used_at', type: 'datetime', precision: 3, nullable: true })
  lastUsedAt!: Date | null

  @Column({ name: 'revoked_at', type: 'datetime', precision: 3, nullable: true })
  revokedAt!: Date | null
}
