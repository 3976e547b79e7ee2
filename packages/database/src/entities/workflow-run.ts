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

  /** Null: no event started it. */
  @Column({ name: 'event_id', ...binaryId, nullable: true })
  eventId!: string | null

  /** The run whose sub-workflow it is. */
  @Column({ name: 'parent_run_id', ...binaryId, nullable: true })
  parentRunId!: string | null

  @Column({ type: 'enum', enum: ['completed', 'failed', 'waiting', 'cancelled'] })
  state!: 'completed' | 'failed' | 'waiting' | 'cancelled'

  @Column({ name: 'started_at', type: 'datetime', precision: 3 })
  startedAt!: Date

  @Column({ name: 'ended_at', type: 'datetime', precision: 3, nullable: true })
  endedAt!: Date | null

  @Column({ type: 'json' })
  steps!: JsonValue

  @Column({ type: 'json', nullable: true })
  error!: JsonObject | null

  /** How it ended, when not by its nodes: an exit rule, a goal, a person's cancelling. */
  @Column({ type: 'json', nullable: true })
  outcome!: JsonObject | null

  @Column({ type: 'json', nullable: true })
  log!: JsonValue | null
}
