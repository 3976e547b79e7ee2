// Table `job`: maintenance work that is under way or was done.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('job')
export class Job {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ type: 'varchar', length: 40 })
  kind!: string

  @Column({ type: 'enum', enum: ['running', 'done', 'failed'] })
  state!: 'running' | 'done' | 'failed'

  /** A number as text beyond 2^53, which no job counts to. */
  @Column({ type: 'bigint', unsigned: true })
  done!: string | number

  @Column({ type: 'bigint', unsigned: true, nullable: true })
  total!: string | number | null

  @Column({ name: 'started_at', type: 'datetime', precision: 3 })
  startedAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  @Column({ name: 'ended_at', type: 'datetime', precision: 3, nullable: true })
  endedAt!: Date | null

  @Column({ type: 'varchar', length: 500, nullable: true })
  error!: string | null
}
