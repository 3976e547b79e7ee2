// Table `segment`: a named group of profiles.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('segment')
export class Segment {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ type: 'varchar', length: 160 })
  name!: string

  @Column({ type: 'varchar', length: 2000 })
  description!: string

  @Column({ type: 'enum', enum: ['static'] })
  kind!: 'static'

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  /** Raised by each change: a stale save is refused. */
  @Column({ type: 'int', unsigned: true })
  version!: number
}
