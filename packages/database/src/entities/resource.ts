// Table `resource`: an outside system that deliveries go to, with its credentials.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import type { JsonObject } from './json.js'

@Entity('resource')
export class Resource {
  /** A name that workflows use, such as `newsletter-smtp`. */
  @PrimaryColumn({ type: 'varchar', length: 64 })
  id!: string

  @Column({ type: 'varchar', length: 160 })
  name!: string

  @Column({ type: 'varchar', length: 32 })
  transport!: string

  @Column({ type: 'json' })
  settings!: JsonObject

  /** AES-256-GCM under a key that the database does not have; null: no secret. */
  @Column({ type: 'varbinary', length: 4000, nullable: true })
  secret!: Buffer | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  @Column({ type: 'int', unsigned: true })
  version!: number
}
