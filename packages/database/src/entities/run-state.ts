// Table `run_state`: what a run needs to go on, of those that wait and of those that failed and may be tried again.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('run_state')
export class RunStateRow {
  @PrimaryColumn({ name: 'run_id', ...binaryId })
  runId!: string

  @Column({ name: 'workflow_id', ...binaryId })
  workflowId!: string

  @Column({ type: 'int', unsigned: true })
  version!: number

  @Column({ name: 'profile_id', ...binaryId, nullable: true })
  profileId!: string | null

  @Column({ name: 'original_profile_id', ...binaryId, nullable: true })
  originalProfileId!: string | null

  @Column({ type: 'enum', enum: ['waiting', 'failed'] })
  state!: 'waiting' | 'failed'

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  /** The workflow engine's `RunState` as UTF-8 JSON. */
  @Column({ type: 'mediumblob' })
  body!: Buffer
}
