// Table `account_session`: a sign-in on one device, and the family of its refresh tokens.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('account_session')
export class AccountSession {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ name: 'account_id', ...binaryId })
  accountId!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'last_used_at', type: 'datetime', precision: 3 })
  lastUsedAt!: Date

  /** Ends then, unless it is refreshed before. */
  @Column({ name: 'expires_at', type: 'datetime', precision: 3 })
  expiresAt!: Date

  /** From where it was last refreshed. */
  @Column({ type: 'varchar', length: 45 })
  address!: string

  @Column({ name: 'user_agent', type: 'varchar', length: 300 })
  userAgent!: string

  /** Of the refresh tokens that count now; raised by each refresh. */
  @Column({ type: 'int', unsigned: true })
  generation!: number

  @Column({ name: 'rotated_at', type: 'datetime', precision: 3 })
  rotatedAt!: Date
}
