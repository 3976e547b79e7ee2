// Table `account`: who may sign in.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('account')
export class Account {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ type: 'varchar', length: 190 })
  email!: string

  @Column({ type: 'varchar', length: 160 })
  name!: string

  /** argon2id */
  @Column({ name: 'password_hash', type: 'varchar', length: 255, select: false })
  passwordHash!: string

  @Column({ type: 'enum', enum: ['admin', 'developer', 'marketer', 'viewer'] })
  role!: 'admin' | 'developer' | 'marketer' | 'viewer'

  /** Sees personal data unmasked, whatever the role. */
  @Column({ name: 'personal_data', type: 'boolean' })
  personalData!: boolean

  @Column({ type: 'boolean' })
  enabled!: boolean

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  @Column({ name: 'last_login_at', type: 'datetime', precision: 3, nullable: true })
  lastLoginAt!: Date | null

  /** Raised by each change: a stale save is refused. */
  @Column({ type: 'int', unsigned: true })
  version!: number
}
