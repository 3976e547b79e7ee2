// Table `workflow_trigger`: what starts a workflow.
import { Column, Entity, PrimaryColumn } from 'typeorm'
import { binaryId } from './binary-id.js'

@Entity('workflow_trigger')
export class WorkflowTrigger {
  @PrimaryColumn({ ...binaryId })
  id!: string

  @Column({ name: 'workflow_id', ...binaryId })
  workflowId!: string

  @Column({ type: 'varchar', length: 160 })
  name!: string

  @Column({ type: 'boolean' })
  enabled!: boolean

  @Column({ name: 'event_type_id', type: 'varchar', length: 128 })
  eventTypeId!: string

  /** null: events of every source. */
  @Column({ name: 'source_id', type: 'varchar', length: 64, nullable: true })
  sourceId!: string | null

  /** CEL; null: always. */
  @Column({ type: 'varchar', length: 4000, nullable: true })
  condition!: string | null

  @Column({ name: 'required_consents', type: 'json' })
  requiredConsents!: string[]

  /** At which start node its runs begin; null: at all. */
  @Column({ name: 'start_node', type: 'varchar', length: 100, nullable: true })
  startNode!: string | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date

  /** Raised by each change: a stale save is refused. */
  @Column({ type: 'int', unsigned: true })
  version!: number
}
