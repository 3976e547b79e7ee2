// Table `password_reset`: whose password may be chosen anew.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('password_reset')
export class PasswordReset {
  @PrimaryColumn({ name: 'account_id', ...binaryId })
  accountId!: string

  /** SHA-256 of the token. */
  @Column({ name: 'token_hash', type: 'binary', length: 32 })
  tokenHash!: Buffer

  @Column({ name: 'created_by', ...binaryId })
  createdBy!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'expires_at', type: 'datetime', precision: 3 })
  expiresAt!: Date
}
