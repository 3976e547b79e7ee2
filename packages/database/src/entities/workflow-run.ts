// Table `workflow_run`: one execution of a workflow version.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'
import type { JsonObject, JsonValue } from './json.js'

@Entity('workflow_run')
export class WorkflowRun {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ name: 'workflow_id', ...binaryId })
  workflowId!: string

  @Column({ type: 'int', unsigned: true })
  version!: number

  @Column({ name: 'trigger_id', ...binaryId, nullable: true })
  triggerId!: string | null

  @Column({ name: 'profile_id', ...binaryId, nullable: true })
  profileId!: string | null

  @Column({ name: 'original_profile_id', ...binaryId, nullable: true })
  originalProfileId!: string | null

  @Column({ name: 'event_id', ...binaryId })
  eventId!: string

  @Column({ type: 'enum', enum: ['completed', 'failed'] })
  state!: 'completed' | 'failed'

  @Column({ name: 'started_at', type: 'datetime', precision: 3 })
  startedAt!: Date

  @Column({ name: 'ended_at', type: 'datetime', precision: 3, nullable: true })
  endedAt!: Date | null

  @Column({ type: 'json' })
  steps!: JsonValue

  @Column({ type: 'json', nullable: true })
  error!: JsonObject | null

  @Column({ type: 'json', nullable: true })
  log!: JsonValue | null
}
